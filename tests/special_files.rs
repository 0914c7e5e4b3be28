//! Pipes and devices in a project are told or passed over, never waited for.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::folder;

/// How the command ends; a hang is ended and fails the test.
fn ends(arguments: &[&str], app: &Path) -> Option<i32> {
    let state = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(arguments)
        .arg(app)
        .env("XDG_STATE_HOME", state.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_never_waited_for() {
    for name in
        [".gitignore", ".dockerignore", ".railwayignore", "Procfile", "requirements.txt", "nixpacks.toml", "main.py"]
    {
        let app = folder(&[("app.py", "print(1)\n"), ("nested/x.py", "")]);
        assert!(Command::new("mkfifo").arg(app.path().join(name)).status().unwrap().success());
        for command in ["plan", "check"] {
            assert!(ends(&[command], app.path()).is_some(), "{command} waits for {name}");
        }
    }
}

#[test]
fn a_pipe_for_an_ignore_file_further_down_is_never_waited_for() {
    let app = folder(&[("main.py", "print(1)\n"), ("nested/x.py", "")]);
    assert!(Command::new("mkfifo").arg(app.path().join("nested/.gitignore")).status().unwrap().success());
    assert_eq!(ends(&["plan"], app.path()), Some(0));
    assert_eq!(ends(&["check"], app.path()), Some(0));
}
