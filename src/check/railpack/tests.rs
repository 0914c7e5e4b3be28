use super::*;
use crate::builder::{OfRailpack, railpack};
use crate::plan::Vars;
use crate::platform::Deploy;
use crate::project::Source;

/// The rules that are told of a project of these files, with the place of each.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    told_by(railpack::Version::NEWEST_KNOWN, files)
}

fn told_by(version: railpack::Version, files: &[(&str, &str)]) -> Vec<String> {
    let folder = crate::folder::folder(files);
    let project = Project::open(folder.path()).unwrap();
    let options = railpack::Options { version: Some(version), ..railpack::Options::default() };
    let answer = OfRailpack {
        planned: railpack::plan(&project, &options),
        alone: None,
        deploy: Deploy::default(),
        root: folder.path().to_owned(),
        because: Source::Flag("--builder".to_owned()),
        variables: Vars::new(),
    };
    let found = check(&project, &answer);
    found.iter().map(|found| format!("{} {}", found.rule, found.evidence[0].source)).collect()
}

const MAIN: (&str, &str) = ("main.py", "print(1)\n");

#[test]
fn a_healthy_project_is_told_nothing() {
    assert_eq!(
        told(&[MAIN, ("requirements.txt", "flask==3.0.0\n--no-cache-dir\n"), (".python-version", "3.12\n")]),
        [""; 0]
    );
    let locked = "[project]\nname = \"a\"\ndependencies = [\"flask\"]\n";
    assert_eq!(told(&[MAIN, ("pyproject.toml", locked), ("uv.lock", "version = 1\n")]), [""; 0]);
}

#[test]
fn a_pyproject_without_a_lock_installs_nothing() {
    let wants = "[project]\nname = \"a\"\ndependencies = [\"flask\"]\n";
    assert_eq!(told(&[MAIN, ("pyproject.toml", wants)]), ["railpack-nothing-installed pyproject.toml:3"]);
    let poetry = "[tool.poetry]\nname = \"a\"\n\n[tool.poetry.dependencies]\nflask = \"*\"\n";
    assert_eq!(told(&[MAIN, ("pyproject.toml", poetry)]), ["railpack-nothing-installed pyproject.toml:4"]);
    assert_eq!(told(&[MAIN, ("pyproject.toml", "[tool.black]\nline-length = 99\n")]), [""; 0]);
}

#[test]
fn a_file_that_requirements_lead_to_is_not_copied() {
    let files = [MAIN, ("requirements.txt", "-r reqs/base.txt\n"), ("reqs/base.txt", "flask\n")];
    assert_eq!(told(&files), ["railpack-requirement-not-copied requirements.txt:1"]);
    // With one that is named by file:// the whole project is copied.
    let whole =
        [MAIN, ("requirements.txt", "-r reqs/base.txt\ntide @ file:///app/tide\n"), ("reqs/base.txt", "flask\n")];
    assert_eq!(told(&whole), [""; 0]);
}

#[test]
fn a_pin_without_a_build_or_an_attestation_is_named_at_its_line() {
    let pinned = |pin: &'static str| [MAIN, ("requirements.txt", "flask\n"), ("runtime.txt", pin)];
    assert_eq!(told(&pinned("python-3.11.2\n"))[0].split(' ').next(), Some("railpack-python-not-prebuilt"));
    assert_eq!(told(&pinned("python-3.12.8\n"))[0].split(' ').next(), Some("railpack-python-unattested"));
    assert_eq!(told(&pinned("python-3.12.11\n")), [""; 0]);
    assert_eq!(told_by(railpack::Version::COOLIFY, &pinned("python-3.12.8\n")), [""; 0]);
}

#[test]
fn what_nobody_reads_or_runs_is_told() {
    let files = [
        MAIN,
        ("requirements.txt", "flask\n"),
        ("nixpacks.toml", ""),
        ("Procfile", "release: ./migrate\nweb: python main.py\n"),
    ];
    assert_eq!(told(&files), ["railpack-ignores-nixpacks nixpacks.toml", "railpack-release-not-run Procfile:1"]);
}
