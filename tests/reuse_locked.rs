//! What an installer takes of its lock is shown again where a fresh run would install the same.
//!
//! With the real uv, Poetry, PDM and pipenv, which come from the package index of this machine's user.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::fs;

use place::{MAIN, PDM, PIPENV, POETRY, PROJECT, Place, Random, UV, is_reused_as_if_fresh};
use support::host_is_missing;

/// A project with a lock of uv's, beside an index that has uv on offer; none where that cannot be had.
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
    assert_eq!(
        Place::origin(&first, "install")["anew"]["because"],
        "nothing of this command was kept for this project",
        "{first:#}"
    );
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

/// Beside an index that has an installer on offer, and two releases of one project; none where the installer cannot be had.
fn beside(installer: &str) -> Option<Place> {
    let place = Place::new(&[("main.py", MAIN), (".python-version", "3.11\n")]);
    for version in ["1.0", "1.1"] {
        place.index.release_with_digest("tide", version, &[]);
    }
    place.index.offer(installer).then_some(place)
}

/// The installer looks on the index's page for what the lock allows: of all that the page may say, only that counts.
fn is_reused_while_the_page_has_what_the_lock_allows(place: &Place) {
    let (first, _) = place.run(&[]);
    assert_eq!(
        Place::origin(&first, "install")["anew"]["because"],
        "nothing of this command was kept for this project",
        "{first:#}"
    );
    assert_eq!(Place::origin(&first, "install")["anew"]["not_kept"], serde_json::Value::Null, "{first:#}");
    place.index.asked();
    place.write("main.py", &format!("{MAIN}# edited\n"));
    let (second, _) = place.run(&[]);
    assert_eq!(Place::origin(&second, "install")["reused"]["index"], "unchanged", "{second:#}");
    let asked = place.index.asked();
    let of_tide: Vec<_> = asked.iter().filter(|path| path.contains("tide")).collect();
    assert_eq!(of_tide, ["/simple/tide/"], "{asked:?}");
    place.index.release_with_digest("tide", "2.0", &[]);
    assert!(is_reused_as_if_fresh(place, &"another release"));
    place.index.pages.lock().unwrap().insert("/simple/tide/".to_owned(), b"<!DOCTYPE html>\n".to_vec());
    let (third, _) = place.run(&[]);
    let because = Place::origin(&third, "install")["anew"]["because"].clone();
    assert!(because.as_str().is_some_and(|because| because.ends_with("tide/ has changed")), "{because}");
    assert_ne!(third["verdict"], "works");
}

#[test]
fn what_poetry_took_of_its_lock_is_reused() {
    if host_is_missing("what_poetry_took_of_its_lock_is_reused") {
        return;
    }
    let Some(mut place) = beside(&format!("poetry=={POETRY}")) else { return };
    place.lock_poetry();
    place.options = ["--env".to_owned(), format!("NIXPACKS_POETRY_VERSION={POETRY}")].to_vec();
    is_reused_while_the_page_has_what_the_lock_allows(&place);
}

#[test]
fn what_pipenv_took_of_its_lock_is_reused() {
    if host_is_missing("what_pipenv_took_of_its_lock_is_reused") {
        return;
    }
    let Some(place) = beside(PIPENV) else { return };
    place.lock_pipenv();
    is_reused_while_the_page_has_what_the_lock_allows(&place);
}

/// A project with a lock of PDM's, beside an index that has PDM on offer; none where that cannot be had.
fn pdm(settings: &str) -> Option<Place> {
    let mut place = beside(&format!("pdm=={PDM}"))?;
    place.lock_pdm(settings);
    let variables = [format!("NIXPACKS_PDM_VERSION={PDM}"), "PDM_CHECK_UPDATE=false".to_owned()];
    place.options = variables.into_iter().flat_map(|set| ["--env".to_owned(), set]).collect();
    Some(place)
}

#[test]
fn what_pdm_took_of_its_lock_is_reused() {
    if host_is_missing("what_pdm_took_of_its_lock_is_reused") {
        return;
    }
    let Some(place) = pdm("") else { return };
    is_reused_while_the_page_has_what_the_lock_allows(&place);
}

/// Why the work of an install that passed was not kept.
fn not_kept(place: &Place) -> String {
    let (report, _) = place.run(&[]);
    assert_eq!(report["verdict"], "works", "{report:#}");
    Place::origin(&report, "install")["anew"]["not_kept"].as_str().unwrap_or("it was").to_owned()
}

#[test]
fn what_pdm_does_beside_installing_is_never_kept() {
    if host_is_missing("what_pdm_does_beside_installing_is_never_kept") {
        return;
    }
    let Some(mut place) = pdm("[tool.pdm.scripts]\npost_install = \"echo tides\"\n") else { return };
    assert_eq!(not_kept(&place), "pyproject.toml has PDM run post_install");
    // A lock that the project has left behind is written anew.
    place.lock_pdm("");
    let path = place.dir.path().join("app/pyproject.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("tide==1.0", "tide>=1.0")).unwrap();
    assert_eq!(not_kept(&place), "it changed pdm.lock");
    // PDM looks on PyPI whether there is a newer one.
    place.lock_pdm("");
    place.options.truncate(2);
    assert_eq!(not_kept(&place), "what the installer saw on https://pypi.org/simple/pdm/ is not known");
}

#[test]
fn settings_that_an_earlier_command_made_keep_an_install_from_being_reused() {
    if host_is_missing("settings_that_an_earlier_command_made_keep_an_install_from_being_reused") {
        return;
    }
    let Some(place) = beside(&format!("poetry=={POETRY}")) else { return };
    place.lock_poetry();
    let commands = [
        format!("python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install poetry=={POETRY}"),
        ". /opt/venv/bin/activate && poetry config installer.parallel false".to_owned(),
        ". /opt/venv/bin/activate && poetry install --no-interaction --no-ansi".to_owned(),
    ];
    place.write("nixpacks.toml", &format!("[phases.install]\ncmds = {commands:?}\n"));
    let (report, _) = place.run(&[]);
    assert_eq!(report["verdict"], "works", "{report:#}");
    let phases = report["phases"].as_array().unwrap();
    let install = phases.iter().find(|phase| phase["name"] == "install").unwrap();
    let why = install["cmds"][2]["origin"]["anew"]["not_kept"].as_str();
    assert_eq!(why, Some("root/.config/pypoetry/config.toml says more of what the installer does"), "{install:#}");
}
