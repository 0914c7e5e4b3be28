//! A folder that is deployed alone out of a repository: what its root says, and what is out of reach.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use support::folder;

fn shakedown(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_shakedown")).args(arguments).current_dir(folder).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn monorepo() -> TempDir {
    folder(&[
        (".git/HEAD", ""),
        (
            "railway.json",
            "{\n \"build\": {\"builder\": \"NIXPACKS\"},\n \"deploy\": {\"startCommand\": \"python serve.py\"}\n}\n",
        ),
        ("services/api/requirements.txt", "../../libs/common\n"),
        ("services/api/serve.py", "print(1)\n"),
        ("libs/common/pyproject.toml", "[project]\nname = \"common\"\nversion = \"1\"\n"),
        ("web/package.json", "{}"),
    ])
}

#[test]
fn the_roots_railway_file_counts_for_a_folder_however_it_is_named() {
    let dir = monorepo();
    let box_of = |arguments: &[&str]| {
        let (code, text) = shakedown(dir.path(), arguments);
        assert_eq!(code, Some(0), "{text}");
        text
    };
    for arguments in [
        &["plan", "services/api"][..],
        &["plan", "--root-directory", "services/api"],
        &["plan", ".", "--root-directory", "/services/api"],
    ] {
        assert!(box_of(arguments).contains("python serve.py"), "{arguments:?}");
    }
    let explained = box_of(&["plan", "--explain", "--root-directory", "services/api"]);
    assert!(explained.contains("start.cmd = python serve.py  ← ../../railway.json:3"), "{explained}");
    std::fs::write(dir.path().join("shakedown.toml"), "root-directory = \"services/api\"\n").unwrap();
    assert!(box_of(&["plan"]).contains("python serve.py"));
}

#[test]
fn every_command_reads_the_settings_of_the_folder_that_is_deployed() {
    let dir = monorepo();
    std::fs::write(dir.path().join("services/api/shakedown.toml"), "timout = \"5m\"\n").unwrap();
    std::fs::write(dir.path().join("build.log"), "ERROR: No matching distribution found for tides==9\n").unwrap();
    for command in
        [&["run"][..], &["plan"], &["check"], &["fix"], &["shell"], &["migrate"], &["replay", "build.log", "."]]
    {
        let arguments = [command, &["--root-directory", "services/api"]].concat();
        let (code, text) = shakedown(dir.path(), &arguments);
        assert!(code == Some(2) && text.contains("unknown field `timout`"), "{arguments:?}: {text}");
    }
}

#[test]
fn what_leads_out_of_the_folder_is_told() {
    let dir = monorepo();
    let (_, text) = shakedown(dir.path(), &["check", "--root-directory", "services/api"]);
    assert!(text.contains("workspace-member-out-of-reach") && text.contains("../../libs/common"), "{text}");
    let (code, text) = shakedown(dir.path(), &["plan", "--root-directory", "../elsewhere"]);
    assert_eq!((code, text.contains("leads out of the project")), (Some(2), true), "{text}");
    let (code, text) = shakedown(dir.path(), &["plan", "--root-directory", "nowhere"]);
    assert_eq!((code, text.contains("no such folder")), (Some(2), true), "{text}");
}

#[test]
fn a_railway_file_below_the_root_is_told_to_be_found_by_name_alone() {
    let dir = monorepo();
    std::fs::write(dir.path().join("services/api/railway.toml"), "[deploy]\nstartCommand = \"python own.py\"\n")
        .unwrap();
    let (_, text) = shakedown(dir.path(), &["check", "services/api"]);
    assert!(text.contains("warning[railway-config-below-the-root]: ../../railway.json counts"), "{text}");
    std::fs::remove_file(dir.path().join("railway.json")).unwrap();
    let (_, text) = shakedown(dir.path(), &["check", "services/api"]);
    assert!(text.contains("note[railway-config-below-the-root]: railway.toml is not at the root"), "{text}");
    let (_, text) = shakedown(dir.path(), &["plan", "services/api"]);
    assert!(text.contains("python own.py"), "{text}");
}

#[test]
fn the_services_of_a_repository_are_listed() {
    let dir = monorepo();
    let (code, text) = shakedown(dir.path(), &["services", "--format", "json"]);
    assert_eq!(code, Some(0), "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    let services = report["services"].as_array().unwrap();
    let folders: Vec<_> = services.iter().map(|service| service["folder"].as_str().unwrap()).collect();
    assert_eq!(folders, ["web", "libs/common", "services/api"]);
    assert_eq!(services[0]["providers"], serde_json::json!(["node"]));
    assert_eq!(services[2]["start"], "python serve.py");
    assert_eq!(services[2]["builder_because"]["path"], "../../railway.json");
    let (code, text) = shakedown(dir.path(), &["services"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("services/api: Nixpacks (../../railway.json:2), python\n  start: python serve.py"), "{text}");
    let (code, text) = shakedown(&dir.path().join("services/api"), &["services", "../../.git"]);
    assert_eq!(code, Some(1), "{text}");
}
