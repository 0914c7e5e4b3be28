//! What installers that obey a lock download is kept, and given again where the lock names the very same file.
//!
//! With the real uv, Poetry, PDM and pipenv, which come from the package index of this machine's user.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::fs::File;
use std::time::{Duration, SystemTime};

use place::{MAIN, PDM, PIPENV, POETRY, PROJECT, Place, SIX, UV, said};
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
    let is_cache = |path: &String| {
        let is_kept = path.starts_with("/root/.cache/pypoetry/artifacts/");
        path.starts_with("/root/.cache/") && !is_kept || path.starts_with("/root/.local/share/virtualenv/")
    };
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
fn what_a_poetry_lock_names_is_downloaded_once() {
    if host_is_missing("what_a_poetry_lock_names_is_downloaded_once") {
        return;
    }
    let files = [("main.py", MAIN), (".python-version", "3.11\n")];
    let Some(mut place) = machines(&format!("poetry=={POETRY}"), &files) else { return };
    place.lock_poetry();
    place.options = ["--env".to_owned(), format!("NIXPACKS_POETRY_VERSION={POETRY}")].to_vec();
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

#[test]
fn what_a_pdm_lock_names_is_downloaded_from_pypi_once() {
    if host_is_missing("what_a_pdm_lock_names_is_downloaded_from_pypi_once") {
        return;
    }
    let mut place = Place::new(&[("main.py", "import six\n"), (".python-version", "3.11\n")]);
    place.is_machines = true;
    place.lock_pdm_on_pypi();
    let commands = [
        format!("python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install pdm=={PDM}"),
        ". /opt/venv/bin/activate && pdm install --prod".to_owned(),
    ];
    place.write("nixpacks.toml", &format!("[phases.install]\ncmds = {commands:?}\n"));
    let kept = place.cache().join("downloads-1").join(SIX);
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    for runs in 0..2 {
        // PDM reads the lock, and so installs again.
        place.write("pdm.lock", &format!("{}# {runs}\n", place.read("pdm.lock")));
        let output = place.command(&["--env", "PDM_CHECK_UPDATE=false"]).env_remove("PIP_INDEX_URL").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        // A download that is given counts as used.
        let file = File::options().write(true).open(&kept).unwrap();
        assert!(file.metadata().unwrap().modified().unwrap() > long_ago + Duration::from_secs(500), "run {runs}");
        file.set_modified(long_ago).unwrap();
    }
}

#[test]
fn what_the_page_names_without_a_hash_poetry_downloads_again() {
    if host_is_missing("what_the_page_names_without_a_hash_poetry_downloads_again") {
        return;
    }
    let files = [("main.py", MAIN), (".python-version", "3.11\n")];
    let Some(mut place) = machines(&format!("poetry=={POETRY}"), &files) else { return };
    place.lock_poetry();
    place.options = ["--env".to_owned(), format!("NIXPACKS_POETRY_VERSION={POETRY}")].to_vec();
    let page = "<!DOCTYPE html>\n<a href=\"/files/tide-1.0-py3-none-any.whl\">tide-1.0-py3-none-any.whl</a>\n";
    place.index.pages.lock().unwrap().insert("/simple/tide/".to_owned(), page.into());
    for _ in 0..2 {
        let (report, _) = place.run(&["--fresh"]);
        assert!(is_installed(&report), "{report:#}");
        assert_eq!(downloads(&place).len(), 1);
    }
}
