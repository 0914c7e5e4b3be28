//! Requirements and markers, read as the reference reads them: `packaging`, as pip carries it.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use shakedown::project::Project;
use shakedown::project::marker::{self, Platform};
use shakedown::project::requirements::Requirements;

/// How many of each are compared, unless `SHAKEDOWN_CASES` says otherwise.
const CASES: usize = 2_000;

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

fn cases() -> usize {
    asked("SHAKEDOWN_CASES").map_or(CASES, |cases| cases.try_into().unwrap())
}

/// Answers each line: whether it is well formed, and what comes of it.
const REFERENCE: &str = r#"
import json, sys
from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName, UndefinedComparison
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ENVIRONMENT = {
    "python_version": "3.12", "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
    "python_full_version": "3.12.7", "platform_machine": "x86_64", "platform_release": "6", "platform_version": "1",
    "platform_python_implementation": "CPython", "implementation_name": "cpython", "implementation_version": "3.12.7",
    "extra": "",
}

def marker(text):
    try:
        parsed = Marker(text)
    except InvalidMarker:
        return {"valid": False}
    try:
        return {"valid": True, "holds": parsed.evaluate(ENVIRONMENT)}
    except (UndefinedEnvironmentName, UndefinedComparison):
        return {"valid": True, "holds": None}

def requirement(text):
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        return {"valid": False}
    return {"valid": True, "name": canonicalize_name(parsed.name), "extras": sorted(canonicalize_name(e) for e in parsed.extras),
            "specifier": sorted(str(s) for s in parsed.specifier), "url": parsed.url, "marker": parsed.marker is not None}

for line in sys.stdin:
    kind, text = json.loads(line)
    print(json.dumps(marker(text) if kind == "marker" else requirement(text)))
"#;

/// The Python that has `packaging`: the one that the other tools of `.ci/requirements.txt` belong to.
fn python() -> Option<PathBuf> {
    let python = which::which("check-jsonschema").ok()?.parent()?.join("python3");
    let has_it = Command::new(&python).args(["-c", "import packaging"]).output().ok()?;
    has_it.status.success().then_some(python)
}

fn is_missing(test: &str) -> bool {
    let why = python().is_none().then(|| "no packaging: pip install -r .ci/requirements.txt".to_owned());
    support::skipped(test, why)
}

fn reference(kind: &str, texts: &[String]) -> Vec<Value> {
    let folder = support::folder(&[("ask.py", REFERENCE)]);
    let questions: String = texts.iter().map(|text| format!("{}\n", json!([kind, text]))).collect();
    let file = folder.path().join("questions");
    fs::write(&file, questions).unwrap();
    let output = Command::new(python().unwrap())
        .arg(folder.path().join("ask.py"))
        .stdin(fs::File::open(file).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The same texts each time, so that a difference is one of the change at hand and not of chance; others by `SHAKEDOWN_SEED`.
fn generated(strategy: impl Strategy<Value = String>) -> Vec<String> {
    let rng = match asked("SHAKEDOWN_SEED") {
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        Some(seed) => TestRng::from_seed(RngAlgorithm::ChaCha, &[seed.to_le_bytes(); 4].concat()),
    };
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..cases()).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn comparison() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "python_version",
        "sys_platform",
        "platform_system",
        "os_name",
        "platform_machine",
        "extra",
        "pyton_version",
        "implementation_name",
        "python_full_version",
        "sys.platform",
        "os.name",
        "python_implementation",
        "platform.system",
    ]);
    let sign = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">=", "~=", "in", "not in", "=", "==="]);
    let text = prop::sample::select(vec![
        "'3.12'",
        "\"3.9\"",
        "'3.8'",
        "'linux'",
        "'win32'",
        "\"Linux\"",
        "'posix'",
        "'x86_64'",
        "''",
        "'3.12.1'",
        "'linux",
        "3.9",
        "'3.*'",
    ]);
    (name.clone(), name, sign, text.clone(), text, 0..10, prop::sample::select(vec![" ", "", "  "])).prop_map(
        |(name, other_name, sign, text, other_text, order, space)| {
            let space = if sign.starts_with(char::is_alphabetic) { " " } else { space };
            let (left, right) = match order {
                0 => (name, other_name),
                1 => (text, other_text),
                2..6 => (text, name),
                _ => (name, text),
            };
            format!("{left}{space}{sign}{space}{right}")
        },
    )
}

fn marker_text() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["and", "or"]), inner.clone())
                .prop_map(|(left, word, right)| format!("{left} {word} {right}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.prop_map(|inner| format!("( {inner} )")),
        ]
    })
}

#[test]
fn markers_hold_where_the_reference_says_so() {
    if is_missing("markers_hold_where_the_reference_says_so") {
        return;
    }
    let texts = generated(marker_text());
    let platform = Platform::cloud("3.12");
    let (mut decided, mut invalid, mut wrong) = (0, 0, Vec::new());
    for (text, answer) in texts.iter().zip(reference("marker", &texts)) {
        let valid = answer["valid"].as_bool().unwrap();
        if marker::is_valid(text) != valid {
            wrong.push(format!("{text}: the reference takes it: {valid}"));
            continue;
        }
        invalid += usize::from(!valid);
        // Unknown here is no answer; an answer must be the reference's.
        if let (true, Some(here), Some(there)) = (valid, marker::holds(text, &platform), answer["holds"].as_bool()) {
            decided += 1;
            if here != there {
                wrong.push(format!("{text}: here {here}, there {there}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
    assert!(decided > texts.len() / 20 && invalid > texts.len() / 10, "{decided} decided, {invalid} invalid");
}

fn requirement_text() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "flask",
        "Flask_Login",
        "zope.interface",
        "a",
        "-x",
        "x-",
        "py--y",
        "3to2",
        "fl ask",
        "A.b-_c",
        "a-",
        "é",
    ]);
    let extras = prop::sample::select(vec!["", "", "[async]", "[a,b]", "[ a , B_c ]", "[]", "[a", "[a,]"]);
    let version = prop::sample::select(vec![
        "",
        "",
        "==1.0",
        ">=1,<2",
        "~=2.1",
        " == 1.0.*",
        "==1.0.*,!=1.0.3",
        "===whatever",
        ">= 1.0 , < 2.0",
        "=1.0",
        "==",
        "> 1.0.*",
        "==1.0rc1",
        "(>=1)",
        "<=2.0.post1",
        "==1!2.0",
        "==1.0+local",
        ">=1.0+local",
        "~=1",
        ">=1.0,",
        ",>=1",
        ">=1,,<2",
        ">=1 <2",
        "==v1.0",
        "==1.0.DEV1",
        ">=1.0.*",
        "~=1.0.*",
        "(>=1, <2)",
        "(==1.0",
        "[x]==1",
        "===1.0;",
        "!=1.*",
        "<2.0a",
        "== 1.0-1",
    ]);
    let url =
        prop::sample::select(vec!["", "", "", "", " @ https://example.com/x.whl", "@ https://example.com/x.tar.gz "]);
    let marker = prop::sample::select(vec![
        "",
        "",
        "",
        "; python_version < '3.9'",
        " ; sys_platform == \"win32\"",
        ";extra == 'x'",
        "; python_version",
        "; os_name == 'nt' and",
        ";sys.platform=='win32'",
        " ;",
        "; (python_version>='3'and os_name!='nt')",
    ]);
    (name, extras, version, url, marker).prop_map(|(name, extras, version, url, marker)| {
        // A URL takes the place of a version. What follows one directly belongs to it, but pip cuts at `;` before the
        // reference sees it.
        let (version, url) = if url.is_empty() { (version, String::new()) } else { ("", format!("{url} ")) };
        format!("{name}{extras}{version}{url}{marker}")
    })
}

#[test]
fn requirements_are_what_the_reference_reads() {
    if is_missing("requirements_are_what_the_reference_reads") {
        return;
    }
    let texts = generated(requirement_text());
    let (mut valid, mut wrong) = (0, Vec::new());
    for (text, answer) in texts.iter().zip(reference("requirement", &texts)) {
        let folder = support::folder(&[("requirements.txt", &format!("{text}\n"))]);
        let read = Requirements::read(&Project::open(folder.path()).unwrap(), "requirements.txt".as_ref());
        let there = answer["valid"].as_bool().unwrap();
        let here = read.invalid.is_empty() && read.packages.len() == 1;
        if here != there {
            wrong.push(format!("{text}: the reference takes it: {there}; {:?}", read.invalid));
            continue;
        }
        let Some(entry) = read.packages.first().filter(|_| there) else { continue };
        valid += 1;
        let ours = &entry.requirement;
        if ours.name.as_deref() != answer["name"].as_str()
            || ours.marker.is_some() != answer["marker"].as_bool().unwrap()
        {
            wrong.push(format!("{text}: {ours:?}, and there {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
    assert!(valid > texts.len() / 10 && valid < texts.len(), "{valid} valid");
}
