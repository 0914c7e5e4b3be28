//! The nix backend with the machine's own Nix and the small nixpkgs beside this file.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;

use shakedown::run::{SmokeKind, SmokeResult, Status};
use shakedown::sandbox::Backend;
use shakedown::sandbox::nix::{Nix, Nixpkgs};
use shakedown::sandbox::process::Exit;

use support::*;

fn nixpkgs() -> Nixpkgs {
    Nixpkgs::Path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nixpkgs"))
}

fn nix() -> Nix {
    Nix::new().with_nixpkgs(nixpkgs())
}

/// Why these tests cannot run here.
fn missing() -> Option<String> {
    if let Err(unavailable) = nix().check(&support::plan()) {
        return Some(unavailable.missing);
    }
    which::which("patchelf").err().map(|_| "patchelf, which the small nixpkgs is made with, is not installed".into())
}

#[test]
fn the_founding_bot_fails_with_the_text_of_the_store_and_its_cure_works() {
    if skipped("the_founding_bot", missing()) {
        return;
    }
    let (project, founding) = (bot(), founding_plan());
    let ran = rehearse(&nix(), &spec(project.path(), &founding), &settings(None), &NEVER);
    assert_eq!(ran.status("setup"), Status::Passed, "{}", ran.log);
    assert_eq!(ran.status("install"), Status::Failed(Exit::Code(1)), "{}", ran.log);
    assert!(ran.log.contains("externally-managed-environment"), "{}", ran.log);
    assert!(ran.log.contains("`/nix/store` filesystem."), "{}", ran.log);

    let cured = plan();
    let ran = rehearse(&nix(), &spec(project.path(), &cured), &settings(None), &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::StayedUp, "{}", ran.log);
    assert!(ran.log.contains("up /opt/venv"), "{}", ran.log);
}

#[test]
fn an_undefined_package_fails_setup_with_its_name_and_place() {
    if skipped("an_undefined_package", missing()) {
        return;
    }
    let (project, mut plan) = (bot(), nixpacks_plan());
    phase(&mut plan, "setup").nix_pkgs = ["python311", "no_such_package"].into();
    let plan = lowered(&plan);
    let ran = rehearse(&nix(), &spec(project.path(), &plan), &settings(None), &NEVER);
    assert_eq!(ran.status("setup"), Status::Failed(Exit::Code(1)), "{}", ran.log);
    assert!(ran.log.contains("undefined variable 'no_such_package'"), "{}", ran.log);
    assert!(ran.log.contains(&format!("at /app/.nixpacks/nixpkgs-{ARCHIVE}.nix:19:9")), "{}", ran.log);
    assert_eq!(ran.status("install"), Status::Skipped);
}

#[test]
fn the_interpreter_and_its_libraries_are_the_stores() {
    if skipped("the_interpreter", missing()) {
        return;
    }
    let (project, mut plan) = (bot(), nixpacks_plan());
    let describe =
        "python -c 'import sys, os, ssl, sqlite3, ctypes; print(sys.version_info[:2], os.__file__, sys.executable)'";
    let cmds = [describe, "echo \"libraries $LD_LIBRARY_PATH\"", "pip --version", "ls /usr/bin/python3"];
    phase(&mut plan, "install").cmds = cmds.into();
    let plan = lowered(&plan);
    let ran = rehearse(&nix(), &spec(project.path(), &plan), &settings(None), &NEVER);
    assert!(ran.log.contains("(3, 11) /nix/store/"), "{}", ran.log);
    assert!(ran.log.contains("/lib/python3.11/os.py /root/.nix-profile/bin/python"), "{}", ran.log);
    assert!(ran.log.contains("libraries /nix/store/"), "{}", ran.log);
    assert!(ran.log.contains("pip: command not found"), "{}", ran.log);
    assert_eq!(ran.status("install"), Status::Failed(Exit::Code(127)), "{}", ran.log);
}

#[test]
fn told_to_break_system_packages_pip_writes_to_a_copy_and_never_to_the_store() {
    if skipped("told_to_break_system_packages", missing()) {
        return;
    }
    let project = folder(&[
        ("setup.cfg", "[metadata]\nname = tiny\nversion = 1\n[options]\npy_modules = tiny\n"),
        ("tiny.py", "VALUE = 'tiny value'\n"),
        ("main.py", "import tiny\nprint(tiny.VALUE, tiny.__file__)\n"),
    ]);
    let mut plan = nixpacks_founding_plan();
    let write = "python - <<'END'\nimport os, shutil, sysconfig\nplace = sysconfig.get_path('purelib')\nos.makedirs(place, exist_ok=True)\nshutil.copy('tiny.py', place)\nEND";
    phase(&mut plan, "install").cmds = [write, "rm tiny.py # as pip --break-system-packages does"].into();
    let with_start = with_start(lowered(&plan), "rm -f tiny.py; python main.py");
    let ran = rehearse(&nix(), &spec(project.path(), &with_start), &settings(Some(SmokeKind::Exits)), &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::Exited, "{}", ran.log);
    assert!(
        ran.log.contains("tiny value /nix/store/") || ran.log.contains("tiny value /root/.nix-profile/"),
        "{}",
        ran.log
    );
    for store_path in fs::read_dir("/nix/store").into_iter().flatten().flatten() {
        let packages = store_path.path().join("lib/python3.11/site-packages/tiny.py");
        assert!(!packages.exists(), "{}", packages.display());
    }
}

#[test]
fn a_server_on_loopback_is_seen_and_ends_when_asked() {
    if skipped("a_server_on_loopback", missing()) {
        return;
    }
    let main = "import http.server, os\nhttp.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), http.server.SimpleHTTPRequestHandler).serve_forever()\n";
    let project = folder(&[("main.py", main)]);
    let mut plan = nixpacks_plan();
    plan.phases.as_mut().unwrap().remove("install");
    let plan = lowered(&plan);
    let mut settings = settings(Some(SmokeKind::Answers));
    settings.smoke.port = 18_473;
    let ran = rehearse(&nix(), &spec(project.path(), &plan), &settings, &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::LoopbackOnly("127.0.0.1:18473".parse().unwrap()), "{}", ran.log);
}

#[test]
fn a_nixpkgs_that_is_none_is_refused_before_anything_runs() {
    if skipped("a_nixpkgs_that_is_none", missing()) {
        return;
    }
    let empty = tempfile::tempdir().unwrap();
    let backend = Nix::new().with_nixpkgs(Nixpkgs::Path(empty.path().to_owned()));
    let unavailable = backend.check(&support::plan()).unwrap_err();
    assert!(unavailable.missing.contains("default.nix"), "{unavailable:?}");
}
