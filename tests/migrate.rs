//! `migrate`: both sides are rehearsed, and the edit that makes the deploy work with the other builder is proven.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::{folder, host_is_missing};

fn migrate(project: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
    command.arg("migrate").args(["--backend", "host", "--offline", "--expect", "exits", "--format", "json", "-q"]);
    command.args(arguments).arg(project).output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn what_is_only_likely_to_fail_there_gets_an_edit_too() {
    if host_is_missing("what_is_only_likely_to_fail_there_gets_an_edit_too") {
        return;
    }
    // The builds of CPython before February 2025 have no attestation.
    let files =
        [("main.py", "print('ahoy')\n"), ("requirements.txt", "# nothing\n"), ("runtime.txt", "python-3.12.8\n")];
    let app = folder(&files);
    let output = migrate(app.path(), &[]);
    let report = report(&output);
    assert_eq!(report["to"]["verdict"], "cannot-tell", "{report:#}");
    assert_eq!((output.status.code(), report["standing"].as_str()), (Some(0), Some("proven")), "{report:#}");
    assert_eq!(fs::read_to_string(app.path().join("runtime.txt")).unwrap(), "python-3.12.8\n");
}

#[test]
fn an_edit_that_is_proven_is_written_when_asked() {
    if host_is_missing("an_edit_that_is_proven_is_written_when_asked") {
        return;
    }
    let start = "[start]\ncmd = \"python serve.py\"\n";
    let app = folder(&[("serve.py", "print('ahoy')\n"), ("requirements.txt", "# nothing\n"), ("nixpacks.toml", start)]);
    let output = migrate(app.path(), &["--apply", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let written = fs::read_to_string(app.path().join("railpack.json")).unwrap();
    assert!(written.contains("python serve.py"), "{written}");
    // There is nothing left to do.
    let after = report(&migrate(app.path(), &[]));
    assert_eq!((&after["from"]["verdict"], &after["to"]["verdict"]), (&"works".into(), &"works".into()), "{after:#}");
}

#[test]
fn what_fails_on_both_is_told_by_its_last_lines_and_gets_no_edit() {
    if host_is_missing("what_fails_on_both_is_told_by_its_last_lines_and_gets_no_edit") {
        return;
    }
    let start = "[start]\ncmd = \"python serve.py\"\n";
    let app = folder(&[
        ("serve.py", "print('ahoy')\nraise SystemExit('the tide is out')\n"),
        ("requirements.txt", "# nothing\n"),
        ("nixpacks.toml", start),
    ]);
    let report = report(&migrate(app.path(), &[]));
    assert_eq!(
        (&report["from"]["verdict"], &report["to"]["verdict"]),
        (&"fails".into(), &"fails".into()),
        "{report:#}"
    );
    assert_eq!(report["from"]["last_lines"], serde_json::json!(["ahoy", "the tide is out"]), "{report:#}");
    assert_eq!(report["from"]["failed_command"], "python serve.py", "{report:#}");
    assert_eq!((report["diff"].as_str(), &report["steps"]), (Some(""), &serde_json::json!([])), "{report:#}");
}

#[test]
fn a_side_that_the_other_may_have_left_without_memory_is_rehearsed_again_and_the_other_after_it() {
    if host_is_missing("a_side_that_the_other_may_have_left_without_memory_is_rehearsed_again") {
        return;
    }
    let app = folder(&[("main.py", "print(len(bytearray(4 * 10 ** 8)))\n"), ("requirements.txt", "# nothing\n")]);
    let output = migrate(app.path(), &["--memory", "100MB"]);
    let report = report(&output);
    for side in ["from", "to"] {
        assert_eq!(report[side]["diagnoses"][0]["rule"], "out-of-memory", "{report:#}");
    }
    assert_eq!(output.status.code(), Some(1));
}
