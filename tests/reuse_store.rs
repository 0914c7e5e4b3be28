//! A store on a full or read-only disk, or of another version: the run goes on, and nothing is lost.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use place::{Place, app};
use serde_json::Value;
use support::{after_mounts, host_is_missing, no_mounts};

/// A run in a mount namespace that `script` has made ready.
fn run_after(place: &Place, script: &str) -> Value {
    let run = place.command(&[]);
    let mut command = after_mounts(script);
    command.arg(run.get_program()).args(run.get_args());
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{stderr}"))
}

fn store(place: &Place) -> PathBuf {
    let folders = fs::read_dir(place.cache()).unwrap().flatten().map(|entry| entry.path());
    folders.into_iter().find(|path| path.to_string_lossy().contains("layers-")).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn on_a_full_disk_the_run_goes_on_without_keeping() {
    if host_is_missing("on_a_full_disk_the_run_goes_on_without_keeping")
        || no_mounts("on_a_full_disk_the_run_goes_on_without_keeping")
    {
        return;
    }
    let place = app();
    fs::create_dir_all(place.cache()).unwrap();
    // What keeps a run's own files fits; the store asks that a gigabyte stays free.
    let mount = format!("mount -t tmpfs -o size=900m,mode=700 tmpfs '{}'", place.cache().display());
    let report = run_after(&place, &mount);
    let origin = Place::origin(&report, "install");
    assert_eq!(report["verdict"], "works", "{report:#}");
    assert_eq!(origin["anew"]["not_kept"], "the disk is nearly full", "{origin:#}");
}

#[test]
fn a_store_that_is_read_only_is_read() {
    if host_is_missing("a_store_that_is_read_only_is_read") || no_mounts("a_store_that_is_read_only_is_read") {
        return;
    }
    let place = app();
    place.run(&[]);
    let store = store(&place).display().to_string();
    let mount = format!("mount --bind '{store}' '{store}'; mount -o remount,ro,bind '{store}'");
    let shown = run_after(&place, &mount);
    assert_eq!(
        (shown["verdict"].as_str(), Place::origin(&shown, "install")["reused"].is_object()),
        (Some("works"), true)
    );
    place.write("requirements.txt", "tide>=1\n");
    let anew = run_after(&place, &mount);
    let origin = Place::origin(&anew, "install");
    assert_eq!((anew["verdict"].as_str(), origin["anew"]["not_kept"].is_string()), (Some("works"), true), "{origin:#}");
}

#[test]
fn a_store_of_another_version_is_left_alone() {
    if host_is_missing("a_store_of_another_version_is_left_alone") {
        return;
    }
    let place = app();
    place.run(&[]);
    let (own, other) = (store(&place), place.cache().join("layers-99"));
    let copied = Command::new("cp").arg("-a").arg(&own).arg(&other).status().unwrap();
    assert!(copied.success());
    fs::remove_dir_all(&own).unwrap();
    let before = names(&other);
    let (report, _) = place.run(&[]);
    assert_eq!(
        Place::origin(&report, "install")["anew"]["because"],
        "nothing of this command was kept for this project"
    );
    assert_eq!(names(&other), before);
}
