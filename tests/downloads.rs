//! What installers download is kept, and given again where the index names the very same file: no request for it reaches the
//! index, and nothing else is otherwise than without what was kept.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use place::{MAIN, Place, app, said};
use serde_json::Value;
use support::host_is_missing;

/// A script with two requirements, of which one requires a third.
fn machines() -> Place {
    let mut place =
        Place::new(&[("requirements.txt", "tide\nebb==1.0\n"), ("main.py", MAIN), (".python-version", "3.11\n")]);
    place.is_machines = true;
    place.index.release_with_digest("tide", "1.0", &["flow>=1"]);
    place.index.release_with_digest("ebb", "1.0", &[]);
    place.index.release_with_digest("flow", "1.0", &[]);
    place.index.release_with_digest("moon", "1.0", &[]);
    place
}

/// What the index was asked for, sorted: pages and files.
fn asked(place: &Place) -> (Vec<String>, Vec<String>) {
    let mut asked = place.index.asked();
    asked.sort();
    asked.into_iter().partition(|path| path.starts_with("/simple/"))
}

fn lines(place: &Place) -> Vec<String> {
    let record = fs::read_to_string(place.dir.path().join("state/shakedown/last-run.ndjson")).unwrap();
    let events = record.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines = events.filter(|event| event["event"] == "line" && event["phase"] == "install");
    lines.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
}

fn kept(place: &Place) -> Vec<PathBuf> {
    let files = fs::read_dir(place.cache().join("downloads-1")).into_iter().flatten().flatten();
    files.map(|file| file.path()).collect()
}

#[test]
fn one_requirement_more_downloads_one_file() {
    if host_is_missing("one_requirement_more_downloads_one_file") {
        return;
    }
    let place = machines();
    let (first, _) = place.run(&[]);
    assert_eq!(first["verdict"], "works", "{first:#}");
    assert_eq!(asked(&place).1.len(), 3);
    place.write("requirements.txt", "tide\nebb==1.0\nmoon\n");
    let (second, files) = place.run(&[]);
    let printed = lines(&place);
    let (pages, downloads) = asked(&place);
    assert_eq!(downloads, ["/files/moon-1.0-py3-none-any.whl"]);
    // Each page is asked for: by pip, and once more when what it made is kept.
    for name in ["ebb", "flow", "moon", "tide"] {
        assert!(pages.contains(&format!("/simple/{name}/")), "{pages:?}");
    }
    assert_eq!(kept(&place).len(), 4);
    for file in kept(&place) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let folder = place.cache().join("downloads-1").metadata().unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    // The next run shows what this one made.
    let (third, _) = place.run(&[]);
    assert_eq!(Place::origin(&third, "install")["reused"]["index"], "unchanged", "{third:#}");

    // The same with nothing kept, and with nothing that could be.
    let mut fresh = Place { caches: "other", ..place };
    let (report, fresh_files) = fresh.run(&["--fresh"]);
    assert_eq!((said(&report), lines(&fresh)), (said(&second), printed.clone()));
    fresh.caches = "third";
    let folder = fresh.cache().join("downloads-1");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let (report, plain_files) = fresh.run(&["--fresh"]);
    let notes = report["unverified"].as_array().unwrap();
    let refused = notes.iter().find(|note| note["what"] == "downloads").unwrap_or_else(|| panic!("{report:#}"));
    assert!(refused["why"].as_str().unwrap().starts_with("others may write to "), "{refused}");
    assert_eq!(lines(&fresh), printed);
    assert!(files == fresh_files && files == plain_files && files.len() > 500);
    assert!(printed.iter().any(|line| line.starts_with("  Downloading http://127.0.0.1:")), "{printed:#?}");
    assert!(printed.iter().all(|line| !line.contains("/http-")), "{printed:#?}");
}

#[test]
fn a_fresh_run_asks_for_pages_and_downloads_nothing_twice() {
    if host_is_missing("a_fresh_run_asks_for_pages_and_downloads_nothing_twice") {
        return;
    }
    let place = machines();
    let (_, files) = place.run(&[]);
    asked(&place);
    let (_, fresh) = place.run(&["--fresh"]);
    let (pages, downloads) = asked(&place);
    assert!(downloads.is_empty() && pages.contains(&"/simple/flow/".to_owned()), "{downloads:?} {pages:?}");
    assert!(files == fresh);
}

#[test]
fn what_the_index_says_now_is_what_counts() {
    if host_is_missing("what_the_index_says_now_is_what_counts") {
        return;
    }
    let place = machines();
    place.run(&[]);
    // A yanked release is not chosen, though its file is there.
    place.index.release_with_digest("tide", "0.9", &[]);
    place.index.yank("tide", "1.0");
    let (report, _) = place.run(&[]);
    assert_eq!(report["verdict"], "works", "{report:#}");
    assert!(lines(&place).iter().any(|line| line.starts_with("Successfully installed") && line.contains("tide-0.9")));
    // Another file under the same name is another file.
    asked(&place);
    place.index.pages.lock().unwrap().remove("/simple/ebb/");
    place.index.release_with_digest("ebb", "1.0", &["moon"]);
    let (report, _) = place.run(&[]);
    assert_eq!(report["verdict"], "works", "{report:#}");
    assert_eq!(asked(&place).1, ["/files/ebb-1.0-py3-none-any.whl", "/files/moon-1.0-py3-none-any.whl"]);
    // One that is not what the page says is refused by pip, and not kept.
    let before = kept(&place).len();
    place.index.pages.lock().unwrap().remove("/simple/ebb/");
    place.index.release_with_digest("ebb", "1.0", &["flow"]);
    place.index.pages.lock().unwrap().insert("/files/ebb-1.0-py3-none-any.whl".to_owned(), b"forged".to_vec());
    let (report, _) = place.run(&[]);
    assert_eq!(report["verdict"], "fails", "{report:#}");
    assert!(lines(&place).iter().any(|line| line.contains("DO NOT MATCH THE HASHES")), "{:#?}", lines(&place));
    assert_eq!(kept(&place).len(), before);
    // What is spoilt on the disk is downloaded anew.
    place.index.pages.lock().unwrap().remove("/simple/ebb/");
    place.index.release_with_digest("ebb", "1.0", &[]);
    kept(&place).iter().for_each(|file| fs::write(file, "spoilt").unwrap());
    let (report, _) = place.run(&["--fresh"]);
    assert_eq!(report["verdict"], "works", "{report:#}");
}

#[test]
fn a_failure_is_told_as_without_what_was_kept() {
    if host_is_missing("a_failure_is_told_as_without_what_was_kept") {
        return;
    }
    let mut place = machines();
    place.write("requirements.txt", "tide\nnowhere==1\n");
    let (led, _) = place.run(&["--fresh"]);
    let printed = lines(&place);
    assert_eq!(led["verdict"], "fails");
    let folder = place.cache().join("downloads-1");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    place.caches = "cache";
    let (plain, _) = place.run(&["--fresh"]);
    let diagnoses = |report: &Value| said(&report["diagnoses"]);
    assert_eq!((diagnoses(&plain), lines(&place)), (diagnoses(&led), printed));
}

#[test]
fn a_project_with_an_index_of_its_own_asks_it_itself() {
    if host_is_missing("a_project_with_an_index_of_its_own_asks_it_itself") {
        return;
    }
    let place = app();
    place.index.release_with_digest("tide", "1.1", &[]);
    let (report, _) = place.run(&[]);
    assert_eq!((report["verdict"].as_str(), kept(&place).len()), (Some("works"), 0), "{report:#}");
}
