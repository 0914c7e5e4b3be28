//! What uv installs from a lock is shown again where a fresh run would install the same.
//!
//! With the real uv, which comes from the package index of this machine's user.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::fs;

use place::{MAIN, PROJECT, Place, Random, UV, is_reused_as_if_fresh};
use support::host_is_missing;

/// A project with a lock, beside an index that has uv on offer; none where that cannot be had.
fn app() -> Option<Place> {
    let place = Place::new(&[("main.py", MAIN), ("pyproject.toml", PROJECT), (".python-version", "3.11\n")]);
    if !place.index.offer(UV) {
        return None;
    }
    for version in ["1.0", "1.1"] {
        place.index.release("tide", version, &[]);
    }
    place.lock_uv("1.0", "");
    Some(place)
}

#[test]
fn an_archive_of_the_lock_is_asked_for_again_and_not_fetched() {
    if host_is_missing("an_archive_of_the_lock_is_asked_for_again_and_not_fetched") {
        return;
    }
    let Some(place) = app() else { return };
    let (first, _) = place.run(&[]);
    assert_eq!(Place::origin(&first, "install")["anew"]["because"], "nothing of this command was kept", "{first:#}");
    place.index.asked();
    place.write("main.py", &format!("{MAIN}# edited\n"));
    let (second, _) = place.run(&[]);
    assert_eq!(Place::origin(&second, "install")["reused"]["index"], "unchanged", "{second:#}");
    let asked = place.index.asked();
    assert_eq!(asked.iter().filter(|path| path.contains("tide")).count(), 1, "{asked:?}");
    // A wheel that is taken back is missed by a fresh install, and so by this one.
    place.index.pages.lock().unwrap().remove("/files/tide-1.0-py3-none-any.whl");
    let (third, _) = place.run(&[]);
    let because = Place::origin(&third, "install")["anew"]["because"].clone();
    assert!(
        because.as_str().is_some_and(|because| because.ends_with("tide-1.0-py3-none-any.whl has changed")),
        "{because}"
    );
    assert_ne!(third["verdict"], "works");
}

#[test]
fn a_project_that_uv_builds_is_never_kept() {
    if host_is_missing("a_project_that_uv_builds_is_never_kept") {
        return;
    }
    let Some(place) = app() else { return };
    place.write(
        "pyproject.toml",
        &format!("{PROJECT}[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"),
    );
    place.write(
        "backend.py",
        "import zipfile\ndef build_editable(folder, config_settings=None, metadata_directory=None):\n    \
         with zipfile.ZipFile(folder + '/app-1-py3-none-any.whl', 'w') as out:\n        \
         out.writestr('app-1.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: app\\nVersion: 1\\n')\n        \
         out.writestr('app-1.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n        \
         out.writestr('app-1.dist-info/RECORD', '')\n    return 'app-1-py3-none-any.whl'\nbuild_wheel = build_editable\n",
    );
    let text = fs::read_to_string(place.dir.path().join("app/uv.lock")).unwrap();
    place.write("uv.lock", &text.replace("virtual = \".\"", "editable = \".\""));
    let (first, _) = place.run(&[]);
    assert_eq!(first["verdict"], "works", "{first:#}");
    assert!(Place::origin(&first, "install")["anew"]["not_kept"].is_string(), "{first:#}");
}

#[test]
fn a_reused_lock_is_a_fresh_one_whatever_is_edited() {
    if host_is_missing("a_reused_lock_is_a_fresh_one_whatever_is_edited") {
        return;
    }
    let Some(mut place) = app() else { return };
    let set = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let mut random = Random(set("SHAKEDOWN_REUSE_SEED").unwrap_or(1));
    let (mut history, mut reused) = (Vec::new(), 0);
    for step in 0..set("SHAKEDOWN_REUSE_STEPS").unwrap_or(4) {
        let edit = random.below(7);
        match edit {
            0 | 1 => place.write("main.py", &format!("{MAIN}# {step}\n")),
            2 => place.lock_uv(["1.0", "1.1"][random.below(2) as usize], ""),
            3 => place.lock_uv("1.0", ["", "# a remark\n"][random.below(2) as usize]),
            4 => place.options = vec!["--env".to_owned(), format!("UV_COMPILE_BYTECODE={}", random.below(2))],
            5 => place.write("pyproject.toml", &format!("{PROJECT}# {step}\n")),
            _ => place.index.release("tide", &format!("2.{step}"), &[]),
        }
        history.push(edit);
        reused += usize::from(is_reused_as_if_fresh(&place, &history));
    }
    assert!(reused > 0, "nothing was reused after {history:?}");
}
