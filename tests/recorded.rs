//! What is recorded of a run is what its report says.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::process::Command;

use serde_json::Value;

use support::{host_is_missing, project};

#[test]
fn a_cause_that_only_check_knows_is_in_the_record_too() {
    if host_is_missing("a_cause_that_only_check_knows_is_in_the_record_too") {
        return;
    }
    // The log names a missing module; check knows that the file which requires it has a name that nobody reads.
    let app = project(&[("requirement.txt", "brinemoon==1\n"), ("main.py", "import brinemoon\n")]);
    let home = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(["run", "--quiet", "--backend", "host", "--format", "json"])
        .arg(app.path())
        .env("XDG_STATE_HOME", home.path())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    let told = report["diagnoses"][0]["rule"].as_str().unwrap();
    assert_eq!(told, "requirements-file-misspelt");
    let record = fs::read_to_string(home.path().join("shakedown/last-run.ndjson")).unwrap();
    let ending: Value = serde_json::from_str(record.lines().last().unwrap()).unwrap();
    assert!(ending.to_string().contains(&format!("\"{told}\"")), "{ending}");
}
