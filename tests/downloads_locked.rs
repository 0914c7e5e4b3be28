//! What installers that obey a lock download is kept, and given again where the lock names the very same file.
//!
//! With the real uv and pipenv, which come from the package index of this machine's user.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use place::{MAIN, PIPENV, PROJECT, Place, UV, said};
use serde_json::Value;
use support::host_is_missing;

/// Beside the machine's own index, which has an installer and one project on offer; none where that cannot be had.
fn machines(installer: &str, files: &[(&str, &str)]) -> Option<Place> {
    let mut place = Place::new(files);
    place.is_machines = true;
    place.index.release_with_digest("tide", "1.0", &[]);
    place.index.offer(installer).then_some(place)
}

/// The files of `tide` that the index was asked for.
fn downloads(place: &Place) -> Vec<String> {
    place.index.asked().into_iter().filter(|path| path.starts_with("/files/tide-")).collect()
}

fn is_installed(report: &Value) -> bool {
    let phases = report["phases"].as_array().unwrap();
    phases.iter().any(|phase| phase["name"] == "install" && phase["status"] == "passed")
}

/// Runs anew twice with the same store, and once with another.
fn is_downloaded_once(mut place: Place) {
    let (first, _) = place.run(&["--fresh"]);
    assert!(is_installed(&first), "{first:#}");
    assert_eq!(downloads(&place).len(), 1);
    let (second, files) = place.run(&["--fresh"]);
    assert_eq!(downloads(&place), [""; 0]);
    place.caches = "other";
    let (third, other_files) = place.run(&["--fresh"]);
    assert_eq!(downloads(&place).len(), 1);
    assert_eq!(said(&second), said(&third));
    let is_cache =
        |path: &String| path.starts_with("/root/.cache/") || path.starts_with("/root/.local/share/virtualenv/");
    let [files, other_files] = [files, other_files].map(|mut files| {
        files.retain(|path, _| !is_cache(path));
        files
    });
    let differing: Vec<_> = files.iter().filter(|(path, text)| other_files.get(*path) != Some(text)).collect();
    assert!(differing.is_empty() && files.len() == other_files.len(), "{differing:#?}");
}

#[test]
fn what_a_uv_lock_names_is_downloaded_once() {
    if host_is_missing("what_a_uv_lock_names_is_downloaded_once") {
        return;
    }
    let files = [("main.py", MAIN), ("pyproject.toml", PROJECT), (".python-version", "3.11\n")];
    let Some(place) = machines(UV, &files) else { return };
    place.lock_uv("1.0", "");
    is_downloaded_once(place);
}

#[test]
fn what_a_pipfile_lock_names_is_downloaded_once() {
    if host_is_missing("what_a_pipfile_lock_names_is_downloaded_once") {
        return;
    }
    let Some(place) = machines(PIPENV, &[("main.py", MAIN), (".python-version", "3.11\n")]) else { return };
    place.lock_pipenv();
    is_downloaded_once(place);
}
