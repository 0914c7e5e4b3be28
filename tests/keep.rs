//! A sandbox that is kept, gone back to, and removed, on each backend.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use shakedown::sandbox::Backend;
use shakedown::sandbox::docker::{Docker, Options, Pull};
use shakedown::sandbox::host::Host;
use shakedown::sandbox::nix::{Nix, Nixpkgs};

use support::{folder, skipped};

fn nixpkgs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nixpkgs")
}

/// The command line on one project, with a cache of its own.
struct Cli<'a> {
    project: &'a Path,
    home: &'a Path,
}

impl Cli<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
        command.arg("run").args(arguments).args(["--format", "json"]).arg(self.project);
        command.env("XDG_CACHE_HOME", self.home).env("XDG_STATE_HOME", self.home).output().unwrap()
    }

    /// The report of a run in which the deploy works.
    fn works(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What is said where nothing can be run.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

fn phases(report: &Value) -> Vec<&str> {
    report["phases"].as_array().unwrap().iter().map(|phase| phase["name"].as_str().unwrap()).collect()
}

fn kept_gone_back_to_and_removed(test: &str, backend: &dyn Backend, options: &[&str]) {
    if skipped(test, backend.check(&support::plan()).err().map(|unavailable| unavailable.missing)) {
        return;
    }
    let app = folder(&[("requirements.txt", "# nothing\n"), ("main.py", "print('one')\n")]);
    let home = tempfile::tempdir().unwrap();
    let cli = Cli { project: app.path(), home: home.path() };
    let kept = cli.run(&[options, &["--keep", "--expect", "exits"]].concat());
    let stderr = String::from_utf8_lossy(&kept.stderr).into_owned();
    assert_eq!(kept.status.code(), Some(0), "{stderr}");
    let removal = stderr.lines().find(|line| line.contains("to remove it")).unwrap_or_else(|| panic!("{stderr}"));
    let removal = removal.trim().strip_suffix("to remove it").unwrap().trim().to_owned();

    fs::write(app.path().join("main.py"), "import os, sys\nassert sys.prefix == '/opt/venv'\nprint('two')\n").unwrap();
    let report = cli.works(&["--from", "start", "--expect", "exits"]);
    assert_eq!(phases(&report), [""; 0]);
    assert_eq!(report["backend"], backend.name());
    let unverified = report["unverified"].to_string();
    assert!(unverified.contains("the phases before start"), "{unverified}");

    fs::write(app.path().join("nixpacks.toml"), "[phases.install]\ncmds = ['...', 'touch /opt/more']\n").unwrap();
    assert!(cli.refused(&["--from", "start"]).contains("install has changed"));
    let report = cli.works(&["--from", "install", "--expect", "exits"]);
    assert_eq!(phases(&report), ["install"]);

    assert!(cli.refused(&["--from", "instal"]).contains("the plan has setup, install, start"));
    let other = if backend.name() == "host" { "docker" } else { "host" };
    assert!(cli.refused(&["--from", "start", "--backend", other]).contains(backend.name()));

    let removed = Command::new("sh").args(["-c", &removal]).output().unwrap();
    assert!(removed.status.success(), "{removal}: {removed:?}");
    assert!(cli.refused(&["--from", "start"]).contains("shakedown run --keep"));
}

/// Railpack builds in one image and starts in another, which is the one that is kept.
fn the_apps_own_image_is_kept(test: &str, backend: &dyn Backend, options: &[&str]) {
    if skipped(test, backend.check(&support::plan()).err().map(|unavailable| unavailable.missing)) {
        return;
    }
    let script = "import shutil, sys\nassert sys.prefix == '/app/.venv'\nprint('gcc is', shutil.which('gcc'))\n";
    let app = folder(&[("requirements.txt", "# nothing\n"), ("main.py", script)]);
    let home = tempfile::tempdir().unwrap();
    let cli = Cli { project: app.path(), home: home.path() };
    let railpack = [options, &["--builder", "railpack", "--expect", "exits"]].concat();
    let kept = cli.run(&[&railpack[..], &["--keep"]].concat());
    let stderr = String::from_utf8_lossy(&kept.stderr).into_owned();
    assert_eq!(kept.status.code(), Some(0), "{stderr}");
    let again = cli.run(&["--builder", "railpack", "--expect", "exits", "--from", "start"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned() + &String::from_utf8_lossy(&again.stdout);
    assert!(again.status.code() == Some(0) && said.contains("gcc is None"), "{said}");
    let refused = cli.refused(&["--builder", "railpack", "--from", "install"]);
    assert!(refused.contains("the kept sandbox is the app's own image"), "{refused}");
    let removal = stderr.lines().find(|line| line.contains("to remove it")).unwrap();
    let removal = removal.trim().strip_suffix("to remove it").unwrap().trim();
    assert!(Command::new("sh").args(["-c", removal]).status().unwrap().success());
}

#[test]
fn on_host_with_two_images() {
    the_apps_own_image_is_kept("two images on host", &Host::new(), &["--backend", "host"]);
}

#[test]
fn on_docker_with_two_images() {
    let backend = Docker::new(Options { pull: Pull::Never, ..Options::default() });
    let options = ["--backend", "docker", "--pull", "never", "--no-cache"];
    the_apps_own_image_is_kept("two images on docker", &backend, &options);
}

#[test]
fn on_host() {
    kept_gone_back_to_and_removed("kept on host", &Host::new(), &["--backend", "host"]);
}

#[test]
fn on_nix() {
    let path = nixpkgs();
    let backend = Nix::new().with_nixpkgs(Nixpkgs::Path(path.clone()));
    let options = ["--backend", "nix", "--nixpkgs", path.to_str().unwrap()];
    kept_gone_back_to_and_removed("kept on nix", &backend, &options);
}

#[test]
fn on_docker() {
    let backend = Docker::new(Options { pull: Pull::Never, ..Options::default() });
    let options = ["--backend", "docker", "--pull", "never", "--no-cache"];
    kept_gone_back_to_and_removed("kept on docker", &backend, &options);
}
