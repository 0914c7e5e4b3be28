//! What the commands print as JSON is what `shakedown schema` says.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use support::{folder, host_is_missing};

fn printed(arguments: &[&str]) -> Value {
    let state = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("XDG_STATE_HOME", state.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {stderr}"))
}

/// What the schema of that name finds wrong with a report.
fn faults(name: &str, report: &Value) -> Vec<String> {
    let schema = printed(&["schema", name]);
    let id = schema["$id"].as_str().unwrap();
    assert!(
        id.starts_with("https://") && id.ends_with(&format!("/v{}/{name}.schema.json", env!("CARGO_PKG_VERSION"))),
        "{id}"
    );
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn a_check_prints_what_its_schema_says() {
    let report = printed(&["check", "--format", "json", "scenarios/founding-bot/app"]);
    assert!(!report["diagnoses"].as_array().unwrap().is_empty());
    assert_eq!(faults("check", &report), [""; 0]);
}

#[test]
fn services_print_what_their_schema_says() {
    let report = printed(&["services", "--format", "json", "scenarios/works-single-subfolder/app"]);
    assert!(!report["services"].as_array().unwrap().is_empty());
    assert_eq!(faults("services", &report), [""; 0]);
}

#[test]
fn a_replay_prints_what_its_schema_says() {
    let log = folder(&[("build.log", "ModuleNotFoundError: No module named 'cv2'\n")]);
    let report = printed(&["replay", "--format", "json", &log.path().join("build.log").to_string_lossy()]);
    assert_eq!(report["diagnoses"][0]["rule"], "missing-python-module");
    assert_eq!(faults("replay", &report), [""; 0]);
}

#[test]
fn the_doctor_prints_what_its_schema_says() {
    let report = printed(&["doctor", "--format", "json"]);
    assert_eq!(faults("doctor", &report), [""; 0]);
}

#[test]
fn a_release_hands_out_every_schema() {
    let help = Command::new(env!("CARGO_BIN_EXE_shakedown")).args(["schema", "-h"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, listed) = help.split_once("[possible values: ").unwrap();
    let known = listed.split(']').next().unwrap().replace(',', " ");
    let dist = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/dist")).unwrap();
    let line = dist.lines().find(|line| line.starts_with("for schema in ")).unwrap();
    let written: Vec<&str> = line["for schema in ".len()..].trim_end_matches("; do").split_whitespace().collect();
    assert_eq!(written, known.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn the_schemas_of_the_files_take_what_the_tool_takes_and_refuse_what_it_refuses() {
    let json = |text: &str| -> Value { toml_edit::de::from_str(text).unwrap() };
    let settings = "backend = \"host\"\nbuilder = \"railpack\"\ntimeout = \"20m\"\nmemory = \"512MB\"\nenv = { A = \"b\" }\n\
                    [smoke]\nexpect = \"answers\"\nfor = \"3s\"\n";
    assert_eq!(faults("config", &json(settings)), [""; 0]);
    for wrong in ["timout = \"5m\"\n", "backend = \"cloud\"\n", "[smoke]\nexpect = \"answer\"\n", "offline = \"yes\"\n"]
    {
        assert!(!faults("config", &json(wrong)).is_empty(), "{wrong}");
    }
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")).unwrap() {
        let file = entry.unwrap().path().join("scenario.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(faults("scenario", &json(&text)), [""; 0], "{}", file.display());
    }
    assert!(!faults("scenario", &json("about = \"x\"\n[expect]\nverdit = \"works\"\n")).is_empty());
}

#[test]
fn a_run_that_works_and_one_that_fails_print_what_their_schema_says() {
    if host_is_missing("a_run_prints_what_its_schema_says") {
        return;
    }
    for (scenario, verdict) in [("works-script-exits", "works"), ("requirements-file-misspelt", "fails")] {
        let app = format!("scenarios/{scenario}/app");
        let report = printed(&["run", "-q", "--backend", "host", "--format", "json", &app]);
        assert_eq!(report["verdict"], verdict, "{report}");
        assert_eq!(faults("run", &report), [""; 0]);
    }
}

#[test]
fn a_fix_prints_what_its_schema_says() {
    if host_is_missing("a_fix_prints_what_its_schema_says") {
        return;
    }
    let report = printed(&["fix", "-q", "--backend", "host", "--format", "json", "scenarios/no-start-command/app"]);
    assert_eq!(faults("fix", &report), [""; 0]);
}

/// What was written is said where programs do not read.
#[test]
fn a_fix_that_is_applied_prints_its_report_alone() {
    if host_is_missing("a_fix_that_is_applied_prints_its_report_alone") {
        return;
    }
    let project = tempfile::tempdir().unwrap();
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/nixpkgs-without-the-dots/app/.");
    assert!(Command::new("cp").arg("-r").arg(app).arg(project.path()).status().unwrap().success());
    let folder = project.path().to_string_lossy();
    let report = printed(&["fix", "-q", "--backend", "host", "--apply", "--format", "json", &folder]);
    assert_eq!(report["standing"], "proven");
    assert!(std::fs::read_to_string(project.path().join("nixpacks.toml")).unwrap().contains("\"...\""));
}

#[test]
fn a_suite_prints_what_its_schema_says() {
    if host_is_missing("a_suite_prints_what_its_schema_says") {
        return;
    }
    let suite = tempfile::tempdir().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/no-start-command");
    let copied = Command::new("cp").arg("-r").arg(scenario).arg(suite.path()).status().unwrap();
    assert!(copied.success());
    let report = printed(&["suite", "--format", "json", &suite.path().to_string_lossy()]);
    assert_eq!(report["counts"]["passed"], 1, "{report}");
    assert_eq!(faults("suite", &report), [""; 0]);
}

#[test]
fn a_report_with_a_field_of_the_wrong_kind_is_refused() {
    let mut report = printed(&["check", "--format", "json", "scenarios/founding-bot/app"]);
    report["diagnoses"][0]["severity"] = "dreadful".into();
    assert!(!faults("check", &report).is_empty());
}

#[test]
fn a_migration_prints_what_its_schema_says() {
    if host_is_missing("a_migration_prints_what_its_schema_says") {
        return;
    }
    let app = "scenarios/migrate-nixpacks-toml-on-nixpacks/app";
    let report =
        printed(&["migrate", "-q", "--backend", "host", "--offline", "--expect", "exits", "--format", "json", app]);
    assert_eq!((&report["from"]["verdict"], &report["to"]["verdict"]), (&"works".into(), &"fails".into()), "{report}");
    assert_eq!(report["standing"], "proven", "{report}");
    assert!(
        report["diff"].as_str().unwrap().contains("+  \"deploy\": { \"startCommand\": \"python serve.py\" }"),
        "{report}"
    );
    assert_eq!(faults("migrate", &report), [""; 0]);
}
