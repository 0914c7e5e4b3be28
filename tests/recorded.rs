//! What is recorded of a run is what its report says.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use support::{folder, host_is_missing};

fn shakedown(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shakedown")).args(arguments).env("XDG_STATE_HOME", home).output().unwrap()
}

fn stderr(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn what_is_recorded_passes_its_own_suite_whatever_the_options_were() {
    if host_is_missing("what_is_recorded_passes_its_own_suite_whatever_the_options_were") {
        return;
    }
    let app = folder(&[
        ("requirements.txt", "# nothing\n"),
        ("main.py", "import os\nprint(os.environ['WANTED'])\n"),
        ("other.py", "import os, sys\nsys.exit(int(os.environ.get('CODE', '0')))\n"),
        ("web.py", WEB),
    ]);
    let (home, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = beside.path().join("cfg.toml");
    fs::write(&config, "[start]\ncmd = \"python other.py\"\n").unwrap();
    let config = config.to_string_lossy().into_owned();
    let path = app.path().to_string_lossy().into_owned();
    let plan = shakedown(home.path(), &["plan", "--format", "json", "-s", "python other.py", &path]);
    let saved = beside.path().join("saved.json");
    fs::write(&saved, plan.stdout).unwrap();
    let saved = saved.to_string_lossy().into_owned();
    // Each with the line of scenario.toml that keeps it.
    let runs: &[(&str, i32, &[&str], &str)] = &[
        ("fails", 1, &[], "rule = \"missing-env-var\""),
        ("start", 0, &["-s", "python other.py", "--expect", "exits"], "start-cmd = \"python other.py\""),
        ("env", 1, &["-s", "python other.py", "--env", "CODE=3"], "CODE = \"3\""),
        ("phases", 0, &["-i", "echo installed", "-b", "echo built", "--until", "build"], "until = \"build\""),
        ("offline", 0, &["--offline", "--config", &config, "--expect", "exits"], "offline = true"),
        ("plan", 0, &["--plan", &saved, "--expect", "exits"], "plan = \"plan.json\""),
        ("web", 0, &["-s", "python web.py", "--health", "/up"], "within = \"platform\""),
        (
            "railpack",
            0,
            &["--builder", "railpack", "-s", "python other.py", "--expect", "exits"],
            "builder = \"railpack\"",
        ),
    ];
    let dir = app.path().join("scenarios").to_string_lossy().into_owned();
    for (name, code, options, kept) in runs {
        let run = shakedown(home.path(), &[&["run", "-q", "--backend", "host", &path], *options].concat());
        assert_eq!(run.status.code(), Some(*code), "{name}: {}", stderr(&run));
        let recorded = shakedown(home.path(), &["record", "-q", name, "--dir", &dir, "--project", &path]);
        let file = app.path().join("scenarios").join(name).join("scenario.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.lines().any(|line| line == *kept), "{name}: {text}");
        assert!(text.lines().any(|line| line == "backends = [\"host\"]"), "{name}: {text}");
        assert_eq!(recorded.status.code(), Some(0), "{name}: {}{text}", stderr(&recorded));
        assert!(!app.path().join("scenarios").join(name).join("app/scenarios").exists());
    }
    let suite = shakedown(home.path(), &["suite", "-q", &dir]);
    assert_eq!(suite.status.code(), Some(0), "{}", stderr(&suite));
}

const WEB: &str = "\
import http.server, os
class Up(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(('0.0.0.0', int(os.environ['PORT'])), Up).serve_forever()
";

#[test]
fn a_cause_that_only_check_knows_is_in_the_record_too() {
    if host_is_missing("a_cause_that_only_check_knows_is_in_the_record_too") {
        return;
    }
    // The log names a missing module; check knows that the file which requires it has a name that nobody reads.
    let app = folder(&[("requirement.txt", "brinemoon==1\n"), ("main.py", "import brinemoon\n")]);
    let home = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(["run", "--quiet", "--backend", "host", "--format", "json"])
        .arg(app.path())
        .env("XDG_STATE_HOME", home.path())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    let rule = report["diagnoses"][0]["rule"].as_str().unwrap();
    assert_eq!(rule, "requirements-file-misspelt");
    let record = fs::read_to_string(home.path().join("shakedown/last-run.ndjson")).unwrap();
    let ending: Value = serde_json::from_str(record.lines().last().unwrap()).unwrap();
    assert!(ending.to_string().contains(&format!("\"{rule}\"")), "{ending}");
}
