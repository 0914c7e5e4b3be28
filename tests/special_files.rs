//! Pipes, sockets and devices in a project are told or passed over, never waited for: 360 of 360 commands on a project with one in the place
//! of a file that is read ended.

#![allow(clippy::print_stderr, clippy::unwrap_used)]

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

/// Files that some command reads of a project.
const NAMES: &[&str] = &[
    ".dockerignore",
    ".env",
    ".git",
    ".git/HEAD",
    ".git/config",
    ".git/index",
    ".gitignore",
    ".mise.toml",
    ".nvmrc",
    ".python-version",
    ".railwayignore",
    ".streamlit/config.toml",
    ".tool-versions",
    "Dockerfile",
    "Pipfile",
    "Pipfile.lock",
    "Procfile",
    "constraints.txt",
    "gunicorn.conf.py",
    "main.py",
    "manage.py",
    "mise.toml",
    "nixpacks.json",
    "nixpacks.toml",
    "package.json",
    "pdm.lock",
    "poetry.lock",
    "pyproject.toml",
    "railpack.json",
    "railway.json",
    "railway.toml",
    "requirements.txt",
    "runtime.txt",
    "settings.py",
    "setup.cfg",
    "setup.py",
    "shakedown.toml",
    "start.sh",
    "supervisord.conf",
    "uv.lock",
];

fn make(kind: &str, place: &Path) {
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    match kind {
        "pipe" => assert!(Command::new("mkfifo").arg(place).status().unwrap().success()),
        "device" => std::os::unix::fs::symlink("/dev/zero", place).unwrap(),
        _ => drop(std::os::unix::net::UnixListener::bind(place).unwrap()),
    }
}

#[test]
fn what_is_no_plain_file_in_the_place_of_one_is_never_waited_for() {
    let (mut tried, requirements) = (0, "gunicorn\n-r constraints.txt\n");
    let procfile = "web: gunicorn -c gunicorn.conf.py main:app & bash start.sh & supervisord -c supervisord.conf\n";
    for (kind, name) in ["pipe", "device", "socket"].iter().flat_map(|kind| NAMES.iter().map(move |name| (kind, name)))
    {
        let files = [
            ("requirements.txt", requirements),
            ("Procfile", procfile),
            ("main.py", "import settings\n"),
            ("nested/x.py", ""),
        ];
        let others: Vec<(&str, &str)> = files.into_iter().filter(|(file, _)| file != name).collect();
        let app = folder(&others);
        make(kind, &app.path().join(name));
        for command in [&["plan"][..], &["check"], &["check", "--builder", "railpack"]] {
            assert!(ends(command, app.path()).is_some(), "{command:?} waits for {name}, a {kind}");
            tried += 1;
        }
    }
    eprintln!("special files: {tried} of {tried} commands ended");
}

#[test]
fn a_pipe_for_an_ignore_file_further_down_is_never_waited_for() {
    let app = folder(&[("main.py", "print(1)\n"), ("nested/x.py", "")]);
    assert!(Command::new("mkfifo").arg(app.path().join("nested/.gitignore")).status().unwrap().success());
    assert_eq!(ends(&["plan"], app.path()), Some(0));
    assert_eq!(ends(&["check"], app.path()), Some(0));
}

#[test]
fn folders_that_nest_1_500_deep_are_copied_in_seconds() {
    if support::host_is_missing("folders_that_nest_1_500_deep_are_copied_in_seconds") {
        return;
    }
    let settings = "[phases.install]\ncmds = [\"true\"]\n[start]\ncmd = \"python -c 1\"\n";
    let app = folder(&[("main.py", ""), ("nixpacks.toml", settings)]);
    std::fs::create_dir_all(app.path().join("d/".repeat(1500))).unwrap();
    assert_eq!(ends(&["run", "--backend", "host"], app.path()), Some(0), "it takes longer than a minute");
}

/// What this tool reads of a run's root when its commands have had it in their hands.
const LEFT: &str = r#"
import glob, os
notes = "/var/lib/apt/shakedown-asked"
os.makedirs(os.path.dirname(notes), exist_ok=True)
os.mkfifo(notes)
for packages in glob.glob("/opt/venv/lib/python*/site-packages"):
    os.mkdir(packages + "/tide-1.dist-info")
    os.mkfifo(packages + "/tide-1.dist-info/INSTALLER")
    with open(packages + "/tide-1.dist-info/RECORD", "w") as record:
        record.truncate(1 << 40)
"#;

#[test]
fn what_commands_leave_in_the_place_of_a_file_that_is_read_is_never_waited_for() {
    if support::host_is_missing("what_commands_leave_in_the_place_of_a_file_that_is_read_is_never_waited_for") {
        return;
    }
    let settings = "[phases.build]\ncmds = [\"python leave.py\"]\n[start]\ncmd = \"python -c 1\"\n";
    let files = [("main.py", ""), ("requirements.txt", ""), ("leave.py", LEFT), ("nixpacks.toml", settings)];
    let app = folder(&files);
    assert_eq!(ends(&["run", "--backend", "host", "--expect", "exits"], app.path()), Some(0), "it waits");
}

#[test]
fn twenty_thousand_commands_or_lines_are_checked_in_seconds() {
    let (commands, lines) = ("web: ".to_owned() + &"a && ".repeat(20_000), "import a\n".repeat(20_000));
    for files in [[("Procfile", &*commands), ("main.py", "")], [("Procfile", ""), ("main.py", &*lines)]] {
        let app = folder(&files);
        let started = Instant::now();
        assert!(ends(&["check"], app.path()).is_some());
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }
}
