//! Files whose names are nearly those that the builder looks for.

use std::path::Path;

use super::facts::Facts;
use super::facts::requirements::REQUIREMENTS;
use super::facts::start::Start;
use super::finding::{Check, Findings, warning};
use crate::catalog::suggest;
use crate::finding::Edit;
use crate::project::Project;

const MISSPELT: Check = warning(
    "misspelt-file-name",
    "The builder looks for files by their exact names, upper and lower case included, and passes over any other without a word.",
);

pub(crate) const LIST: Check = warning(
    "requirements-file-misspelt",
    "The builder installs what requirements.txt lists, by that exact name. From a file of another name nothing is installed, and the first \
     import of a package fails at the start.",
);

pub(super) const CHECKS: &[Check] = &[MISSPELT, LIST];

/// What is looked for, and how many letters may be wrong before it is more likely another word.
const NAMES: &[(&str, usize)] = &[
    (REQUIREMENTS, 2),
    ("pyproject.toml", 2),
    ("Procfile", 0),
    ("runtime.txt", 1),
    ("railway.json", 0),
    ("railway.toml", 0),
    ("Pipfile", 0),
    (".python-version", 1),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let app = &facts.app;
    let files = app.files();
    // Nobody misses the file of another builder.
    let of_builder = (facts.builder().config_file(), 2);
    for (name, slips) in std::iter::once(&of_builder).chain(NAMES).filter(|(name, _)| !app.has_file(name)) {
        // Where something else says what to install, nobody misses the file.
        if *name == REQUIREMENTS && installs(facts) {
            continue;
        }
        let close = |file: &&String| suggest::distance(&plain(file), &plain(name)) <= *slips;
        let fits = |file: &&String| !is_named(facts, file) && is_of_its_kind(app, file, name);
        let Some(file) = files.iter().filter(fits).find(close) else { continue };
        // What starts the app is said elsewhere already.
        let said = Start::of(facts).is_some_and(|start| facts.keyed(start.source).is_some());
        if *name == "Procfile" && said {
            continue;
        }
        let check = if *name == REQUIREMENTS { &LIST } else { &MISSPELT };
        let finding = check.found(format!("{file} is not read: the name is {name}")).about(file);
        findings.push(finding.at(app.file(file), "").fix(format!("rename it to {name}"), renamed(app, file, name)));
    }
}

/// A file that was meant to be the Procfile.
pub(super) fn procfile(facts: &Facts<'_>) -> Option<String> {
    let is_it = |file: &&String| plain(file) == "procfile" && !is_named(facts, file);
    facts.app.files().iter().filter(|_| !facts.app.has_file("Procfile")).find(is_it).cloned()
}

/// The edits that give a file another name.
pub(super) fn renamed(app: &Project, file: &str, name: &str) -> Vec<Edit> {
    let edits = app
        .read_text(file)
        .map(|text| vec![Edit::WriteFile { path: app.place(name), text }, Edit::RemoveFile { path: app.place(file) }]);
    edits.unwrap_or_default()
}

/// Whether there is a plan, and one that installs something or is none of Python's.
fn installs(facts: &Facts<'_>) -> bool {
    match facts.manager() {
        Some(manager) => manager != "none",
        None => !facts.derived().is_some_and(|derived| derived.plan.is_empty()),
    }
}

/// A name in lower case, without the endings that editors and file managers add or hide.
fn plain(name: &str) -> String {
    let mut plain = name.to_lowercase().replace('_', "-");
    while let Some(stem) = plain.strip_suffix(".txt") {
        plain = stem.to_owned();
    }
    plain
}

/// Whether a file may be what is looked for, by its ending and by what is in it.
fn is_of_its_kind(app: &Project, file: &str, name: &str) -> bool {
    let text = || app.read_text(file).unwrap_or_default();
    match name {
        _ if name.ends_with(".toml") => file.ends_with(".toml"),
        "runtime.txt" | ".python-version" => {
            text().trim().trim_start_matches("python-").starts_with(|c: char| c.is_ascii_digit())
                && text().lines().count() < 3
        }
        _ => true,
    }
}

/// Whether it is a name that the builder or a command of the plan knows after all.
fn is_named(facts: &Facts<'_>, file: &str) -> bool {
    NAMES.iter().any(|(name, _)| *name == file)
        || facts.commands().iter().any(|command| command.contains(file))
        || facts.config().is_some_and(|config| config.path.file_name() == Path::new(file).file_name())
}
