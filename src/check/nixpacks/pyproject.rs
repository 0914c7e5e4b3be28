//! `pip install .` with nothing but pyproject.toml at hand.

use serde_json::Value;

use crate::check::facts::Facts;
use crate::check::facts::command::invocations;
use crate::check::facts::keyed::{Keyed, strings};
use crate::check::facts::requirements::REQUIREMENTS;
use crate::check::facts::scripts::{self, Script};
use crate::check::facts::start::Start;
use crate::check::finding::{Check, Finding, Findings, append_line, error};
use crate::check::requirements::UNPINNED;
use crate::finding::Edit;

pub(crate) const BACKEND: Check = error(
    "build-backend-config",
    "pip builds the project itself, and the build backend cannot tell what belongs to it or misses a file that it names. \
     Without a requirements.txt or lock file Nixpacks runs `pip install .` while only pyproject.toml is in the image; a \
     requirements.txt with the one line `.` installs the same with all files there.",
);
pub(super) const CHECKS: &[Check] = &[BACKEND];

/// Backends that look for the package's own files and fail without them.
const STRICT: [&str; 8] =
    ["hatchling", "flit_core", "flit", "poetry", "uv_build", "maturin", "scikit_build_core", "mesonpy"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let used = matches!(facts.manager(), Some("setuptools" | "poetry" | "pdm" | "uv"));
    if !facts.is_python() || !used || !facts.app.has_file("pyproject.toml") {
        return;
    }
    let Some(file) = facts.pyproject() else { return };
    let narrowed = facts.phase("install").is_some_and(|phase| phase.only_include_files[..] == ["pyproject.toml"]);
    if facts.manager() == Some("setuptools") {
        unpinned(file, findings);
    }
    // Setuptools, which pip takes where no backend is named, builds it all the same.
    let apart = file.get(&["tool", "poetry", "package-mode"]).and_then(Value::as_bool) == Some(false)
        && file.str(&["build-system", "build-backend"]).is_some_and(|backend| backend.starts_with("poetry"));
    if facts.manager() == Some("setuptools") && apart {
        findings.push(no_package(facts, file));
    } else if facts.manager() == Some("setuptools")
        && narrowed
        && facts.variable("SETUPTOOLS_SCM_PRETEND_VERSION").is_none()
    {
        let script = started(facts);
        let finding = match lacking(file) {
            Some((key, message)) => {
                let key: Vec<&str> = key.iter().map(String::as_str).collect();
                Some(BACKEND.found(message).at(file.source(&key), file.line(&key)))
            }
            None => script.as_ref().and_then(|script| without_modules(facts, script)),
        };
        let module = script.as_ref().map(module);
        let finding = finding.map(|finding| module.iter().fold(finding, |finding, module| finding.about(*module)));
        findings.extend(finding.map(|finding| whole(facts, finding)));
    }
}

/// The project's own console script that the start runs.
fn started(facts: &Facts<'_>) -> Option<Script> {
    let start = Start::of(facts)?;
    invocations(start.command).iter().find_map(|invocation| scripts::own(&facts.app, invocation.program))
}

/// The top-level module that a script is a function of.
fn module(script: &Script) -> &str {
    script.target.split(['.', ':']).next().unwrap_or_default()
}

/// A backend that is content with nothing installs the script, and no module that it could call: Python looks beside the script, not in /app.
fn without_modules(facts: &Facts<'_>, script: &Script) -> Option<Finding> {
    let module = module(script);
    let has = |base: &str| facts.app.module_at(format!("{base}{module}")).is_some();
    let is_led = facts.variable("PYTHONPATH").is_some()
        || Start::of(facts).is_some_and(|start| start.command.contains("PYTHONPATH="));
    let is_there = (has("") || has("src/")) && !is_led;
    let message = format!(
        "the script that the start runs calls {module}, which is not there while pip installs the project: only pyproject.toml is"
    );
    is_there.then(|| BACKEND.found(message).at(facts.app.line(script.file, script.line), &script.target))
}

/// Dependencies that every build takes as they are on that day, for want of a lock file.
fn unpinned(file: &Keyed, findings: &mut Findings) {
    let key = ["project", "dependencies"];
    let listed = file.get(&key).map(strings).unwrap_or_default();
    let names = listed.iter().filter(|line| !line.contains("==") && !line.contains('@')).map(|line| {
        line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).next().unwrap_or(line)
    });
    let names: Vec<&str> = names.collect();
    if let [first, rest @ ..] = &names[..] {
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        let finding = UNPINNED.found(format!("without a lock file and without a fixed version: {first}{more}"));
        findings.push(finding.at(file.source(&key), file.line(&key)).help("commit a uv.lock or a requirements.txt"));
    }
}

/// A project that is no package, where Nixpacks would make one of it.
fn no_package(facts: &Facts<'_>, file: &Keyed) -> Finding {
    let key = ["tool", "poetry", "package-mode"];
    let finding = BACKEND
        .found("without a poetry.lock Nixpacks runs `pip install .`, and with package-mode = false there is nothing to build")
        .at(file.source(&key), file.line(&key));
    let edits = as_requirements(facts, file);
    let finding = if edits.is_empty() { finding.help("run `poetry lock` and commit poetry.lock") } else { finding };
    finding.fix("install the dependencies of [project] through requirements.txt", edits)
}

/// Writes the dependencies of [project] where pip reads them, and before any lock file is looked at.
pub(super) fn as_requirements(facts: &Facts<'_>, file: &Keyed) -> Vec<Edit> {
    let dependencies = file.get(&["project", "dependencies"]).map(strings).unwrap_or_default();
    dependencies.into_iter().map(|line| append_line(facts.app.place(REQUIREMENTS), line)).collect()
}

/// Puts the whole project in place before it is installed.
fn whole(facts: &Facts<'_>, finding: Finding) -> Finding {
    finding.fix(
        "install the project through requirements.txt, with all its files",
        vec![append_line(facts.app.place(REQUIREMENTS), ".")],
    )
}

/// The key that asks for another file, and what is said of it.
fn lacking(file: &Keyed) -> Option<(Vec<String>, String)> {
    let key = |parts: &[&str]| parts.iter().map(|&part| part.to_owned()).collect::<Vec<_>>();
    let only = "and only pyproject.toml is there while it is installed";
    let backend = file.str(&["build-system", "build-backend"]).unwrap_or("setuptools.build_meta");
    if let Some(strict) = STRICT.iter().find(|strict| backend.starts_with(*strict)) {
        let readme = file.str(&["project", "readme"]).or_else(|| file.str(&["project", "readme", "file"]));
        let what = readme.map_or_else(|| "the package's sources".to_owned(), str::to_owned);
        return Some((key(&["build-system", "build-backend"]), format!("{strict} wants {what}, {only}")));
    }
    if !backend.starts_with("setuptools") {
        return None;
    }
    let tools = file.get(&["build-system", "requires"]).map(strings).unwrap_or_default();
    let asks_git = file.get(&["project", "dynamic"]).map(strings).unwrap_or_default().contains(&"version")
        && file.get(&["tool", "setuptools_scm", "fallback_version"]).is_none();
    if let Some(scm) = tools.iter().find(|tool| asks_git && tool.replace('_', "-").starts_with("setuptools-scm")) {
        return Some((key(&["build-system", "requires"]), format!("{scm} reads the version from git, {only}")));
    }
    for list in ["packages", "py-modules"] {
        if let Some(first) = file.get(&["tool", "setuptools", list]).map(strings).unwrap_or_default().first() {
            return Some((key(&["tool", "setuptools", list]), format!("setuptools wants {first}, {only}")));
        }
    }
    let places = file.get(&["tool", "setuptools", "packages", "find", "where"]).map(strings).unwrap_or_default();
    if let Some(place) = places.iter().find(|place| !matches!(**place, "." | "")) {
        return Some((
            key(&["tool", "setuptools", "packages", "find", "where"]),
            format!("setuptools looks for packages in {place}, {only}"),
        ));
    }
    if file.members(&["tool", "setuptools", "package-dir"]).next().is_some() {
        return Some((
            key(&["tool", "setuptools", "package-dir"]),
            format!("setuptools looks for packages in another folder, {only}"),
        ));
    }
    file.members(&["tool", "setuptools", "dynamic"]).find_map(|(name, value)| {
        let what = value.get("attr").or_else(|| value.get("file"))?;
        let what = what.as_str().or_else(|| what.as_array()?.first()?.as_str())?;
        Some((key(&["tool", "setuptools", "dynamic", name]), format!("the dynamic {name} is read from {what}, {only}")))
    })
}
