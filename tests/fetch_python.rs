//! A Python that is missing: `doctor` says so first of all, and `run --fetch-python` has uv install it. What installs it here
//! is a script that links one of this machine's own to where uv would put it.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use support::{folder, host_is_missing, skipped};

/// A machine whose user has no Python but the system's.
struct Machine {
    home: TempDir,
}

impl Machine {
    fn with_uv(script: &str) -> Self {
        let home = folder(&[("bin/uv", script), ("app/main.py", "print('up')\n"), ("app/requirements.txt", "")]);
        fs::set_permissions(home.path().join("bin/uv"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { home }
    }

    fn shakedown(&self, arguments: &[&str]) -> Output {
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.home.path().join("bin").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
        command.env_clear().env("PATH", path).env("HOME", self.home.path()).current_dir(self.home.path());
        // What other tests have made of this machine's interpreters need not be made anew.
        let own = std::env::home_dir().map(|home| home.join(".cache").into_os_string());
        command.envs(std::env::var_os("XDG_CACHE_HOME").or(own).map(|cache| ("XDG_CACHE_HOME", cache)));
        command.args(arguments).output().unwrap()
    }

    fn run(&self, minor: u32, more: &[&str]) -> Output {
        let version = format!("NIXPACKS_PYTHON_VERSION=3.{minor}");
        self.shakedown(&[&["run", "app", "--quiet", "--backend", "host", "--env", &version], more].concat())
    }
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// An interpreter that only pyenv has, so that a home without pyenv lacks it: minor version and prefix.
fn unknown_to_the_system() -> Option<(u32, PathBuf)> {
    let root =
        std::env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".pyenv")))?;
    let is_of_the_system =
        |name: &str| ["/usr/bin", "/usr/local/bin"].iter().any(|bin| Path::new(bin).join(name).exists());
    (9..=13).rev().find_map(|minor| {
        let mut prefixes = fs::read_dir(root.join("versions")).ok()?.flatten().map(|entry| entry.path());
        let of_minor = |prefix: &PathBuf| {
            prefix.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("3.{minor}.")))
        };
        prefixes.find(of_minor).filter(|_| !is_of_the_system(&format!("python3.{minor}"))).map(|prefix| (minor, prefix))
    })
}

/// The interpreter to do without, unless the test cannot run here.
fn prepared(test: &str) -> Option<(u32, PathBuf)> {
    let found = unknown_to_the_system();
    let why = found.is_none().then(|| "no Python in pyenv that the system lacks".to_owned());
    if host_is_missing(test) || skipped(test, why) { None } else { found }
}

#[test]
fn a_missing_python_is_fetched_only_when_asked() {
    let Some((minor, prefix)) = prepared("a_missing_python_is_fetched_only_when_asked") else { return };
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = \"python install --no-progress 3.{minor}\" ] || exit 2\n\
         mkdir -p \"$HOME/.local/share/uv/python\"\n\
         ln -s {} \"$HOME/.local/share/uv/python/cpython-3.{minor}.0-linux\"\n",
        prefix.display()
    );
    let machine = Machine::with_uv(&script);
    let unasked = machine.run(minor, &[]);
    assert_eq!(unasked.status.code(), Some(3), "{}", printed(&unasked));
    assert!(printed(&unasked).contains("help: shakedown run --fetch-python"), "{}", printed(&unasked));
    let offline = machine.run(minor, &["--fetch-python", "--offline"]);
    assert_eq!(offline.status.code(), Some(3), "{}", printed(&offline));
    assert!(printed(&offline).contains("do without the network"), "{}", printed(&offline));
    assert!(!machine.home.path().join(".local/share/uv").exists());
    let asked = machine.run(minor, &["--fetch-python"]);
    assert!(asked.status.success(), "{}", printed(&asked));
}

#[test]
fn an_uv_that_fails_is_quoted() {
    let Some((minor, _)) = prepared("an_uv_that_fails_is_quoted") else { return };
    let machine = Machine::with_uv("#!/bin/sh\necho 'error: the mirror is away' >&2\nexit 2\n");
    let failed = machine.run(minor, &["--fetch-python"]);
    assert_eq!(failed.status.code(), Some(3), "{}", printed(&failed));
    let text = printed(&failed);
    assert!(text.contains(&format!("uv python install 3.{minor} failed: error: the mirror is away")), "{text}");
    assert!(!text.contains("help: shakedown run --fetch-python"), "{text}");
}

#[test]
fn the_doctor_says_first_of_all_that_the_default_python_is_missing() {
    let machine = Machine::with_uv("#!/bin/sh\n");
    let missing = printed(&machine.shakedown(&["doctor", "--python", "/nowhere/python3"]));
    assert!(missing.starts_with("✘ Python 3.12, which Nixpacks builds with"), "{missing}");
    assert!(missing.contains("    /nowhere/python3 is not a working CPython\n    help: --python PATH"), "{missing}");
}
