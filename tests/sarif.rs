//! SARIF of the built command against the schema of SARIF 2.1.0, and against what GitHub's code scanning asks for beyond it.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::Validator;
use serde_json::{Value, json};
use shakedown::builder::{DeployOptions, nixpacks};
use shakedown::sandbox::Backend;
use shakedown::sandbox::host::Host;

const LEVELS: &[&str] = &["error", "warning", "note"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The schema as a crate for SARIF carries it.
fn schema() -> Validator {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "host-tuple"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
    let text = fs::read_to_string(folder.join("src/schema.json")).unwrap();
    // The published schema has a bracket too many in its pattern of languages, which a strict reader refuses.
    let schema: Value = serde_json::from_str(&text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn sarif(args: &[&str], paths: &[&Path]) -> Value {
    sarif_in(root(), args, paths)
}

fn sarif_in(folder: &Path, args: &[&str], paths: &[&Path]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
    let output = command.args(args).args(["--format", "sarif"]).args(paths).current_dir(folder).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?} {paths:?}: {error}\n{stderr}"))
}

/// What is wrong with a document; nothing where all is well.
fn faults(schema: &Validator, document: &Value) -> Vec<String> {
    let mut faults: Vec<String> =
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().cloned().unwrap_or_default();
    let texts = ["/shortDescription/text", "/fullDescription/text", "/help/text"];
    for rule in &rules {
        let lacking = texts.iter().filter(|text| rule.pointer(text).and_then(Value::as_str).is_none_or(str::is_empty));
        faults.extend(lacking.map(|text| format!("rule {}: no {text}", rule["id"])));
    }
    let known: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    for result in run["results"].as_array().into_iter().flatten() {
        let id = result["ruleId"].as_str().unwrap_or_default();
        if !known.contains(id) {
            faults.push(format!("{id}: not in the table of rules"));
        }
        if result["level"].as_str().is_none_or(|level| !LEVELS.contains(&level)) {
            faults.push(format!("{id}: level {}", result["level"]));
        }
        let locations = result["locations"].as_array().cloned().unwrap_or_default();
        if locations.is_empty() {
            faults.push(format!("{id}: no location"));
        }
        for location in &locations {
            let place = &location["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap_or_default();
            let is_relative = !uri.starts_with(['/', '.']) && !uri.contains(':') && !uri.contains("..");
            if uri.is_empty() || !is_relative || place["region"]["startLine"].as_u64().is_none_or(|line| line == 0) {
                faults.push(format!("{id}: a place that a code host cannot show: {place}"));
            }
        }
    }
    faults
}

fn results(document: &Value) -> &Vec<Value> {
    document["runs"][0]["results"].as_array().unwrap()
}

fn entries(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn the_checks_of_every_scenario_are_valid() {
    let schema = schema();
    let (mut count, mut wrong) = (0, Vec::new());
    for scenario in entries("scenarios") {
        let app = scenario.join("app");
        // Unreadable input has no report, in whatever format.
        let unreadable = scenario.file_name().is_some_and(|name| name == "nixpacks-toml-does-not-parse");
        if unreadable || !app.is_dir() {
            continue;
        }
        let document = sarif(&["check"], &[&app]);
        count += results(&document).len();
        wrong.extend(faults(&schema, &document).into_iter().map(|fault| format!("{}: {fault}", app.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "only {count} results");
}

#[test]
fn what_the_logs_say_is_valid() {
    let schema = schema();
    let logs = entries("tests/logs").into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "log"));
    for log in logs {
        let log = log.strip_prefix(root()).unwrap();
        let document = sarif(&["replay"], &[log]);
        assert_eq!(faults(&schema, &document), [""; 0], "{}", log.display());
    }
}

/// Without a project there is no file but the log.
#[test]
fn a_log_alone_is_the_place_of_what_it_says() {
    let log = "Starting Container\nModuleNotFoundError: No module named 'cv2'\n";
    let folder = support::folder(&[("my logs/build.log", log), ("requirements.txt", "")]);
    let place = |name: &Path| {
        let document = sarif_in(folder.path(), &["replay"], &[name]);
        results(&document)[0]["locations"][0]["physicalLocation"].clone()
    };
    let typed = place(Path::new("my logs/build.log"));
    assert_eq!(typed, json!({ "artifactLocation": { "uri": "my%20logs/build.log" }, "region": { "startLine": 2 } }));
    let whole = place(&folder.path().join("my logs/build.log"));
    let uri = format!("file://{}/my%20logs/build.log", folder.path().display());
    assert_eq!(whole["artifactLocation"]["uri"], uri);
}

#[test]
fn a_log_that_no_rule_explains_does_not_look_clean() {
    let log = support::folder(&[(
        "build.log",
        "#9 RUN make\n#9 ERROR: process \"/bin/bash -ol pipefail -c make\" did not complete successfully: exit code: 2\n",
    )]);
    let document = sarif_in(log.path(), &["replay"], &[Path::new("build.log")]);
    assert_eq!(faults(&schema(), &document), [""; 0]);
    assert_eq!(results(&document)[0]["ruleId"], "deploy-fails");
    assert_eq!(document["runs"][0]["tool"]["driver"]["rules"][0]["helpUri"], Value::Null);
}

#[test]
fn a_run_is_valid() {
    let project = root().join("scenarios/founding-bot/app");
    let opened = shakedown::project::Project::open(&project).unwrap();
    let derived = nixpacks::derive(&opened, &DeployOptions::default(), &nixpacks::Options::default()).unwrap();
    let missing = Host::new().check(&nixpacks::lower(&derived.plan).unwrap()).err().map(|refusal| refusal.to_string());
    if support::skipped("a_run_is_valid", missing) {
        return;
    }
    let document = sarif(&["run", "--quiet", "--backend", "host"], &[&project]);
    assert_eq!(faults(&schema(), &document), [""; 0]);
    let first = &results(&document)[0];
    assert_eq!(first["ruleId"], "externally-managed");
    assert_eq!(first["level"], "error");
    let driver = &document["runs"][0]["tool"]["driver"];
    let page = driver["rules"][0]["helpUri"].as_str().unwrap();
    assert!(page.starts_with(driver["informationUri"].as_str().unwrap()), "{page}");
    assert!(root().join("docs/rules").join(page.rsplit('/').next().unwrap()).is_file(), "{page}");
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "scenarios/founding-bot/app/nixpacks.toml");
    assert_eq!(place["region"]["startLine"], 4);
}

/// A name that has to be escaped, in a project below the repository's root.
#[test]
fn a_place_counts_from_the_repository_and_is_escaped() {
    let pywin = "pywin32==306\n";
    let repository =
        support::folder(&[(".git/HEAD", ""), ("my bot #1/main.py", ""), ("my bot #1/requirements.txt", pywin)]);
    let document = sarif(&["check"], &[&repository.path().join("my bot #1")]);
    assert_eq!(faults(&schema(), &document), [""; 0]);
    let place = &results(&document)[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20bot%20%231/requirements.txt");
}

/// A check that cannot fail is worth nothing.
#[test]
fn a_spoilt_document_is_refused() {
    let schema = schema();
    let sound = sarif(&["check"], &[&root().join("scenarios/founding-bot/app")]);
    assert_eq!(faults(&schema, &sound), [""; 0]);
    let spoil = |pointer: &str, value: Value| {
        let mut document = sound.clone();
        *document.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
        faults(&schema, &document)
    };
    let place = "/runs/0/results/0/locations/0/physicalLocation";
    for (pointer, value) in [
        ("/version".to_owned(), json!("2.0.0")),
        ("/$schema".to_owned(), json!("not a uri")),
        ("/runs/0/tool".to_owned(), json!({})),
        ("/runs/0/tool/driver/rules".to_owned(), json!([])),
        ("/runs/0/results/0/level".to_owned(), json!("fatal")),
        ("/runs/0/results/0/message".to_owned(), json!({})),
        ("/runs/0/results/0/locations".to_owned(), json!([])),
        (format!("{place}/region/startLine"), json!(0)),
        (format!("{place}/artifactLocation/uri"), json!("my bot.txt")),
        (format!("{place}/artifactLocation/uri"), json!("file:///app/nixpacks.toml")),
    ] {
        assert_ne!(spoil(&pointer, value.clone()), [""; 0], "{pointer} = {value} passes");
    }
}
