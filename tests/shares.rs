//! A suite in shares: tasks that know their number, reports that are joined, projects without scenarios, manifests.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use support::{folder, host_is_missing, skipped};

fn shakedown(folder: &Path, vars: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
    for name in ["SHAKEDOWN_SLOT", "SHAKEDOWN_SLOTS", "JOB_COMPLETION_INDEX", "CI_NODE_INDEX", "CI_NODE_TOTAL"] {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(folder).envs(vars.iter().copied());
    command.env("XDG_STATE_HOME", folder.join("state")).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A folder with these scenarios of ours as `suite`.
fn suite(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("suite")).unwrap();
    for name in names {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
        let copied = Command::new("cp").arg("-r").arg(from).arg(folder.path().join("suite")).status().unwrap();
        assert!(copied.success());
    }
    folder
}

const SCENARIOS: [&str; 4] = ["no-start-command", "no-build-plan", "start-file-missing", "works-script-exits"];

#[test]
fn shares_run_apart_and_are_one_suite_again_and_a_lost_one_is_named() {
    if host_is_missing("shares_run_apart_and_are_one_suite_again") {
        return;
    }
    let folder = suite(&SCENARIOS);
    for slot in ["0", "1", "2"] {
        let report = format!("reports/{slot}/report.json");
        fs::create_dir_all(folder.path().join(&report).parent().unwrap()).unwrap();
        let vars = [("SHAKEDOWN_SLOT", slot), ("SHAKEDOWN_SLOTS", "3")];
        let arguments =
            ["suite", "suite", "--backend", "host", "--partition", "auto", "--format", "json", "--output", &report];
        let ran = shakedown(folder.path(), &vars, &arguments);
        assert!(ran.status.success(), "{}", printed(&ran));
    }
    let merged = shakedown(folder.path(), &[], &["suite", "merge", "reports", "--format", "json"]);
    assert!(merged.status.success(), "{}", printed(&merged));
    let report: Value = serde_json::from_slice(&merged.stdout).unwrap();
    assert_eq!((&report["counts"]["passed"], &report["whole"]["scenarios"]), (&4.into(), &4.into()), "{report:#}");

    fs::remove_dir_all(folder.path().join("reports/1")).unwrap();
    let merged = shakedown(folder.path(), &[], &["suite", "merge", "reports"]);
    assert_eq!(merged.status.code(), Some(1), "{}", printed(&merged));
    assert!(printed(&merged).contains("share 2 of 3\n  it never reported"), "{}", printed(&merged));
}

#[test]
fn a_task_without_a_number_is_told_what_to_set() {
    let folder = suite(&SCENARIOS[..1]);
    let ran = shakedown(folder.path(), &[], &["suite", "suite", "--partition", "auto", "--list"]);
    assert_eq!(ran.status.code(), Some(2), "{}", printed(&ran));
    assert!(printed(&ran).contains("strategy.job-index"), "{}", printed(&ran));
}

#[test]
fn projects_without_scenarios_must_work() {
    if host_is_missing("projects_without_scenarios_must_work") {
        return;
    }
    let settings = "env = { TIDE = \"high-and-secret\" }\n";
    let folder = folder(&[
        ("apps/good/main.py", "import os\nprint(os.environ['TIDE'])\n"),
        ("apps/good/requirements.txt", ""),
        ("apps/good/shakedown.toml", settings),
        ("apps/bad/main.py", "import os\nprint(os.environ['TIDE'])\nimport brinemoon\n"),
        ("apps/bad/requirements.txt", ""),
        ("apps/bad/shakedown.toml", settings),
        ("apps/other/Dockerfile", "FROM scratch\n"),
        ("apps/slip/main.py", ""),
        ("apps/slip/shakedown.toml", "timout = \"5m\"\n"),
    ]);
    let arguments =
        ["suite", "apps/good/", "apps/bad/", "apps/other/", "apps/slip/", "--backend", "host", "--format", "json"];
    let ran = shakedown(folder.path(), &[], &arguments);
    assert_eq!(ran.status.code(), Some(1), "{}", printed(&ran));
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let result = |name: &str| {
        let results = report["results"].as_array().unwrap();
        results.iter().find(|result| result["case"]["scenario"] == name).unwrap().clone()
    };
    assert_eq!(result("apps/good")["status"], "passed", "{report:#}");
    let because = |name: &str| {
        let result = result(name);
        assert_ne!(result["status"], "passed", "{result:#}");
        result["reasons"].to_string()
    };
    let bad = because("apps/bad");
    assert!(bad.contains("it must work: fails at start") && bad.contains("brinemoon"), "{bad}");
    assert!(because("apps/other").contains("it must work: cannot-tell"), "what is not rehearsed is not passed over");
    assert!(because("apps/slip").contains("did you mean `timeout`?"), "a slip of one project is its own");
    assert!(!printed(&ran).contains("high-and-secret"), "{}", printed(&ran));
    assert!(!folder.path().join("apps/good/expected.json").exists());
}

#[test]
fn a_project_that_this_machine_cannot_run_is_no_project_that_works() {
    let folder = folder(&[("app/main.py", ""), ("app/shakedown.toml", "python = \"/nowhere/python3\"\n")]);
    let ran = shakedown(folder.path(), &[], &["suite", "app", "--backend", "host"]);
    assert_eq!(ran.status.code(), Some(1), "{}", printed(&ran));
    assert!(printed(&ran).contains("it must work: cannot-tell: "), "{}", printed(&ran));
}

#[test]
fn a_file_among_the_folders_is_named() {
    let folder = folder(&[("apps/one/main.py", ""), ("apps/README.md", "")]);
    let ran = shakedown(folder.path(), &[], &["suite", "apps/one", "apps/README.md"]);
    assert_eq!(ran.status.code(), Some(2), "{}", printed(&ran));
    assert!(printed(&ran).contains("apps/README.md is no folder"), "{}", printed(&ran));
}

fn manifest() -> String {
    let folder = suite(&SCENARIOS[..1]);
    let arguments =
        ["suite", "suite", "--tag", "python", "--engine", "kubernetes", "--image", "registry.example.com/shakedown:1"];
    let without = shakedown(folder.path(), &[], &arguments);
    assert_eq!(without.status.code(), Some(2), "{}", printed(&without));
    assert!(printed(&without).contains("--print"), "{}", printed(&without));
    let manifest = shakedown(folder.path(), &[], &[&arguments[..], &["--tasks", "8", "--print"]].concat());
    assert!(manifest.status.success(), "{}", printed(&manifest));
    String::from_utf8(manifest.stdout).unwrap()
}

#[test]
fn the_manifest_is_one_that_kubernetes_takes() {
    let test = "the_manifest_is_one_that_kubernetes_takes";
    let validator = which::which("kubernetes-validate").ok();
    let missing = validator.is_none().then(|| "no kubernetes-validate: pip install -r .ci/requirements.txt".to_owned());
    if skipped(test, missing) {
        return;
    }
    let valid = |text: &str| {
        let file = folder(&[("job.yaml", text)]);
        let mut command = Command::new(validator.as_ref().unwrap());
        command.args(["--strict"]).arg(file.path().join("job.yaml")).output().unwrap()
    };
    let text = manifest();
    let taken = valid(&text);
    assert!(taken.status.success(), "{}\n{text}", printed(&taken));
    let job: Value = serde_yaml_ng::from_str(&text).unwrap();
    assert_eq!((&job["spec"]["completions"], &job["spec"]["completionMode"]), (&8.into(), &"Indexed".into()));
    assert!(text.contains("subPathExpr: results/$(SHAKEDOWN_JOB)"), "an earlier job's reports are none of this one's");
    let arguments = job["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
    assert!(
        arguments.contains("\"--tag\",\"python\"") && arguments.contains("\"--partition\",\"auto\""),
        "{arguments}"
    );
    assert!(!valid(&text.replace("backoffLimitPerIndex", "backoffLimitPerindex")).status.success());
}

#[test]
fn an_engine_takes_scenarios_and_no_projects() {
    let apps = folder(&[("apps/one/main.py", ""), ("apps/two/main.py", "")]);
    let engine = ["--engine", "kubernetes", "--print", "--image", "x"];
    let ran = shakedown(apps.path(), &[], &[&["suite", "apps/one", "apps/two"], &engine[..]].concat());
    assert_eq!(ran.status.code(), Some(2), "{}", printed(&ran));
    assert!(printed(&ran).contains("one folder of scenarios"), "{}", printed(&ran));
}
