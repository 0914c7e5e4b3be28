//! A suite on a real Docker Swarm: a task is killed in mid-run, and nothing is lost or left.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use support::skipped;

/// What `tests/base-image` builds; its Debian is all that is wanted of it.
const BASE: &str = "ghcr.io/railwayapp/nixpacks:ubuntu-1745885067";
const IMAGE: &str = "shakedown-test-of-swarm";
/// Long enough to be killed in its middle.
const SLOW: &str = "import time\nfor _ in range(20):\n    print('at work', flush=True)\n    time.sleep(1)\n";

fn docker(words: &[&str]) -> Output {
    Command::new("docker").args(words).stdin(Stdio::null()).output().unwrap()
}

fn said(words: &[&str]) -> String {
    let output = docker(words);
    assert!(output.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A Swarm of this engine alone, ended with the test.
struct Swarm;

impl Swarm {
    fn begin() -> Self {
        said(&["swarm", "init", "--advertise-addr", "127.0.0.1"]);
        Self
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        docker(&["swarm", "leave", "--force"]);
        docker(&["network", "rm", "docker_gwbridge"]);
        docker(&["image", "rm", "--force", IMAGE]);
    }
}

/// None where a Swarm can be begun here.
fn missing() -> Option<String> {
    let state = Command::new("docker").args(["info", "--format", "{{.Swarm.LocalNodeState}}"]).output();
    match state.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).as_deref() {
        Ok("inactive") if docker(&["image", "inspect", BASE]).status.success() => None,
        Ok("inactive") => Some(format!("no {BASE}: tests/base-image/build")),
        Ok("active") => Some("this engine is in a Swarm that is not ours".to_owned()),
        _ => Some("no engine answers docker".to_owned()),
    }
}

fn build_image() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(env!("CARGO_BIN_EXE_shakedown"), folder.path().join("shakedown")).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker");
    for name in ["Dockerfile", "task"] {
        fs::copy(ours.join(name), folder.path().join(name)).unwrap();
    }
    // An engine without BuildKit knows no --chmod.
    let text = fs::read_to_string(folder.path().join("Dockerfile")).unwrap().replace("COPY --chmod=755 ", "COPY ");
    fs::write(folder.path().join("Dockerfile"), text).unwrap();
    let base = format!("BASE={BASE}");
    let folder = folder.path().display().to_string();
    let words = ["build", "--quiet", "--network", "host", "--build-arg", &base, "--tag", IMAGE, &folder];
    // A busy engine on fuse-overlayfs loses a whole layer now and then, and says nothing (Docker 20.10).
    let is_whole =
        || docker(&["run", "--rm", "--entrypoint", "which", IMAGE, "bwrap", "docker", "slirp4netns"]).status.success();
    for attempt in 0..3 {
        let anew: &[&str] = if attempt == 0 { &[] } else { &["--no-cache"] };
        if docker(&[&words[..1], anew, &words[1..]].concat()).status.success() && is_whole() {
            return;
        }
    }
    panic!("the engine makes no whole image");
}

fn scenarios(folder: &Path) {
    for (name, main) in [("a-slow", SLOW), ("b-quick", "print('up')\n"), ("c-quick", "print('up')\n"), ("d-slow", SLOW)]
    {
        let app = folder.join(name).join("app");
        fs::create_dir_all(&app).unwrap();
        fs::write(app.join("main.py"), main).unwrap();
        fs::write(app.join("requirements.txt"), "").unwrap();
        fs::write(app.join(".python-version"), "3.11\n").unwrap();
        let text = "about = \"x\"\n[run]\nexpect = \"exits\"\nwithin = \"2m\"\n[expect]\nverdict = \"works\"\n";
        fs::write(folder.join(name).join("scenario.toml"), text).unwrap();
    }
}

fn suite(folder: &Path, image: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
    command.args(["suite", "scenarios", "--backend", "host", "--format", "json", "--engine", "swarm"]);
    command.args(["--tasks", "2", "--image", image]).current_dir(folder).env("XDG_STATE_HOME", folder.join("state"));
    command
}

#[test]
#[ignore = "an engine on fuse-overlayfs that is busy loses layers of the image: just swarm"]
fn a_killed_task_is_started_again_and_nothing_is_lost_or_left() {
    let test = "a_killed_task_is_started_again_and_nothing_is_lost_or_left";
    if skipped(test, missing()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    scenarios(&folder.path().join("scenarios"));

    let outside = suite(folder.path(), IMAGE).output().unwrap();
    assert_eq!(outside.status.code(), Some(3), "{outside:?}");
    assert!(String::from_utf8_lossy(&outside.stderr).contains("docker swarm init"), "{outside:?}");

    let _swarm = Swarm::begin();
    let without = suite(folder.path(), "no-such-image-of-ours").output().unwrap();
    assert_eq!(without.status.code(), Some(3), "{without:?}");
    assert!(String::from_utf8_lossy(&without.stderr).contains("docker pull no-such-image-of-ours"), "{without:?}");

    let unknown = suite(folder.path(), IMAGE).arg("no-such-scenario").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2), "nothing is submitted that cannot be selected: {unknown:?}");

    build_image();
    let running = suite(folder.path(), IMAGE).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    let victim = loop {
        assert!(began.elapsed() < Duration::from_secs(120), "no share began");
        // A share at work, beside its task.
        let working = said(&["ps", "--quiet", "--filter", "label=dev.shakedown.suite", "--filter", "status=running"]);
        let tasks = said(&[
            "ps",
            "--quiet",
            "--filter",
            "label=com.docker.swarm.service.name",
            "--filter",
            &format!("ancestor={IMAGE}"),
        ]);
        if let (false, Some(task)) = (working.is_empty(), tasks.lines().next()) {
            break task.to_owned();
        }
        thread::sleep(Duration::from_millis(300));
    };
    thread::sleep(Duration::from_secs(4));
    said(&["kill", &victim]);
    let output = running.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("137"), "the engine says nothing of the killed task: {told}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"));
    // Without an accepted report each of them is told so; what counts is that all of them ran to their verdict.
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 4, "{report:#}\n{told}");
    for result in results {
        assert_eq!(result["verdict"], "works", "{report:#}\n{told}");
    }
    assert_eq!(report["whole"]["scenarios"], 4);
    assert_eq!(said(&["service", "ls", "--quiet"]), "", "a service is left");
    for label in ["dev.shakedown.suite", "com.docker.swarm.service.name"] {
        let filter = format!("label={label}");
        assert_eq!(said(&["ps", "--all", "--quiet", "--filter", &filter]), "", "a container is left");
    }
}
