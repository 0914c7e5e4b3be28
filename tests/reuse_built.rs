//! What is built of source archives is kept, where all that the build asked for came from the index, and source archives are not
//! downloaded twice.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use place::{ASKS, BUILT, MAIN, Place, said};
use support::host_is_missing;

/// A script behind an index that has what builds, too; none where that cannot be had.
fn with_build_tools() -> Option<Place> {
    let mut place =
        Place::new(&[("requirements.txt", "tide\nebb\n"), ("main.py", MAIN), (".python-version", "3.11\n")]);
    place.is_machines = true;
    place.index.release_with_digest("tide", "1.0", &[]);
    place.index.offer_build_tools().then_some(place)
}

#[test]
fn what_is_built_of_a_source_archive_is_not_built_again_until_the_index_changes() {
    if host_is_missing("what_is_built_of_a_source_archive_is_not_built_again_until_the_index_changes") {
        return;
    }
    let Some(place) = with_build_tools() else { return };
    place.index.release_source("ebb", "1.0", &[("setup.py", BUILT), ("ebb.py", "")]);
    let install = |options: &[&str]| Place::origin(&place.run(options).0, "install");
    let first = install(&[]);
    assert!(first["anew"]["not_kept"].is_null(), "{first:#}");
    place.index.asked();
    let second = install(&[]);
    assert_eq!(second["reused"]["index"], "unchanged", "{second:#}");
    let asked = place.index.asked();
    assert!(asked.iter().any(|page| page == "/simple/ebb/") && asked.iter().any(|page| page == "/simple/setuptools/"));
    let (fresh, files) = place.run(&["--fresh"]);
    assert!(!place.index.asked().iter().any(|page| page.ends_with(".tar.gz")), "{asked:?}");
    assert_eq!(said(&fresh), said(&place.run(&[]).0));
    assert!(files.keys().any(|path| path.ends_with("site-packages/ebb.py")));
    place.index.release_source("ebb", "1.1", &[("setup.py", &BUILT.replace("1.0", "1.1")), ("ebb.py", "")]);
    assert_eq!(install(&[])["anew"]["because"].as_str().unwrap().rsplit('/').nth(1), Some("ebb"));
}

#[test]
fn what_is_built_with_something_from_elsewhere_is_built_each_time() {
    if host_is_missing("what_is_built_with_something_from_elsewhere_is_built_each_time") {
        return;
    }
    let Some(place) = with_build_tools() else { return };
    place.index.release_source("ebb", "1.0", &[("setup.py", &format!("{ASKS}{BUILT}")), ("ebb.py", "")]);
    for _ in 0..2 {
        let (report, _) = place.run(&[]);
        assert_eq!(report["verdict"], "works", "{report:#}");
        let origin = Place::origin(&report, "install");
        let why = origin["anew"]["not_kept"].as_str().unwrap_or_default();
        assert_eq!(why, "an archive was built, and what its code does is not known", "{origin:#}");
    }
}

/// A script that also requires what is in a repository's `main`; none where that cannot be had.
fn with_repository() -> Option<Place> {
    let place = with_build_tools()?;
    place.index.commit("ebb", &[("setup.py", BUILT), ("ebb.py", "DEPTH = 1\n")]);
    place.write("requirements.txt", &format!("tide\nebb @ git+{}@main\n", place.index.repository("ebb")));
    Some(place)
}

#[test]
fn what_git_has_cloned_is_not_cloned_again_until_the_repository_changes() {
    if host_is_missing("what_git_has_cloned_is_not_cloned_again_until_the_repository_changes") {
        return;
    }
    let Some(place) = with_repository() else { return };
    let (first, files) = place.run(&[]);
    assert_eq!(first["verdict"], "works", "{first:#}");
    assert!(Place::origin(&first, "install")["anew"]["not_kept"].is_null(), "{first:#}");
    assert!(files.keys().any(|path| path.ends_with("site-packages/ebb.py")) && !files.contains_key("/root/.gitconfig"));
    place.index.asked();
    let (second, shown) = place.run(&[]);
    assert_eq!(Place::origin(&second, "install")["reused"]["index"], "unchanged", "{second:#}");
    // How its refs are, and nothing of its content.
    let mut asked = place.index.asked();
    asked.retain(|asked| asked.contains(".git"));
    assert!(!asked.is_empty() && asked.iter().all(|asked| asked == "POST /ebb.git/git-upload-pack"), "{asked:?}");
    let (fresh, fresh_files) = place.run(&["--fresh"]);
    assert_eq!((said(&second), shown), (said(&fresh), fresh_files));
    let because = || Place::origin(&place.run(&[]).0, "install")["anew"]["because"].clone();
    let changed = format!("{} has changed", place.index.repository("ebb"));
    place.index.commit("ebb", &[("ebb.py", "DEPTH = 2\n")]);
    assert_eq!(because(), changed);
    assert!(Place::origin(&place.run(&[]).0, "install")["reused"].is_object());
    // What is built may be named after the newest tag.
    place.index.tag("ebb", "v2");
    assert_eq!(because(), changed);
    // git names the mirror then, which is elsewhere in the next run.
    let asks_git = "import subprocess\nopen('ebb.py', 'w').write(repr(subprocess.check_output(['git', 'remote', 'get-url', 'origin'])))\n";
    place.index.commit("ebb", &[("setup.py", &format!("{asks_git}{BUILT}"))]);
    let origin = Place::origin(&place.run(&[]).0, "install");
    assert_eq!(origin["anew"]["not_kept"], "what git has cloned says where the mirror was", "{origin:#}");
}
