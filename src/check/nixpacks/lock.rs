//! Package managers, their versions, and lock files.

use std::collections::HashSet;

use crate::check::facts::keyed::strings;
use crate::check::facts::requirements::REQUIREMENTS;
use crate::check::facts::{Facts, pdm};
use crate::check::finding::{Check, Finding, Findings, append_line, error, note, replace_line, set_key, warning};
use crate::finding::{Edit, Severity};
use crate::project::requirements::normalize;
use crate::project::{Project, Source};

pub(crate) const EMPTY: Check = error(
    "tool-version-variable-empty",
    "The command installs `tool==$VERSION` and the variable is empty, because Nixpacks sets it only where the tool's lock \
     file exists.",
);
pub(crate) const NO_LOCK: Check = error(
    "uv-lock-missing",
    "`--frozen` or `--locked` installs exactly what uv.lock says; the file was not committed or not copied.",
);
pub(crate) const POETRY_2: Check = error(
    "poetry-option-removed",
    "Poetry 2 dropped options that older install commands use, such as `--no-dev`; Nixpacks still passes it.",
);
pub(crate) const POETRY_OLD: Check = error(
    "poetry-version-too-old",
    "The lock or pyproject.toml was written for a newer Poetry than the one that Nixpacks pins (1.3.1 by default), which \
     does not read a [project] table. Poetry 2, which does, cannot be used with Nixpacks: uv, or an exported \
     requirements.txt, can.",
);
pub(crate) const PDM: Check = warning(
    "tool-version-incompatible",
    "The installer's release is pinned or the newest, the libraries it uses are not, and a newer one of them broke it. PDM is the known \
     case: from 2.13 to 2.21 by httpx 0.28, from 2.22 to 2.29.4 by hishel 2.0 (November 2026). 2.12.4 works.",
);
const IGNORED: Check = note(
    "lock-file-ignored",
    "requirements.txt beats every lock file and Pipfile: pip installs it, and the lock is not looked at. Remove one of the two.",
);
pub(crate) const UV_OLD: Check = error(
    "uv-version-too-old",
    "uv.lock was written by a newer uv than the one that Nixpacks pins (0.4.30 by default). NIXPACKS_UV_VERSION names a \
     newer one.",
);
pub(crate) const POETRY_LOCK: Check = error(
    "poetry-lock-outdated",
    "Dependencies in pyproject.toml changed and the lock was not written again, so Poetry refuses to install from it.",
);
pub(crate) const PIPFILE_LOCK: Check = error(
    "pipfile-lock-outdated",
    "The Pipfile changed and the lock was not written again. `pipenv install --deploy` refuses such a lock.",
);
pub(crate) const UV_LOCK: Check = warning(
    "uv-lock-outdated",
    "pyproject.toml names a dependency that uv.lock does not have. A locked sync refuses that; `uv sync --frozen`, which \
     Nixpacks runs, installs what the lock says, so the dependency is missing when the app starts.",
);

pub(super) const CHECKS: &[Check] =
    &[EMPTY, NO_LOCK, POETRY_2, POETRY_OLD, PDM, UV_OLD, IGNORED, POETRY_LOCK, PIPFILE_LOCK, UV_LOCK];

const TOOLS: [(&str, &str, &str); 3] = [
    ("poetry", "NIXPACKS_POETRY_VERSION", "1.8.5"),
    ("pdm", "NIXPACKS_PDM_VERSION", pdm::THAT_WORKS),
    ("uv", "NIXPACKS_UV_VERSION", "0.4.30"),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(manager) = facts.manager().filter(|_| facts.is_python()) else { return };
    unset(facts, manager, findings);
    match manager {
        "poetry" => {
            poetry(facts, findings);
            outdated(facts, "poetry.lock", &["tool", "poetry", "dependencies"], &POETRY_LOCK, findings);
        }
        "pdm" => broken_pdm(facts, findings),
        "uv" => {
            uv(facts, findings);
            outdated(facts, "uv.lock", &["project", "dependencies"], &UV_LOCK, findings);
        }
        "pipenv" => pipfile(facts, findings),
        "requirements" => beside(facts, findings),
        _ => {}
    }
}

fn broken_pdm(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(version) = facts.variable("NIXPACKS_PDM_VERSION").filter(|version| pdm::is_broken(version)) else {
        return;
    };
    let finding = of_broken_pdm(version, &facts.app);
    findings.push(set_variable(facts, finding, "NIXPACKS_PDM_VERSION", pdm::THAT_WORKS));
}

/// That this release of PDM is broken, whoever builds with it.
pub(in crate::check) fn of_broken_pdm(version: &str, app: &Project) -> Finding {
    let finding = PDM.found(format!("PDM {version} no longer works with the libraries it asks for"));
    finding.about("pdm").at(app.file("pdm.lock"), "").likely()
}

fn set_variable(facts: &Facts<'_>, finding: Finding, name: &str, value: &str) -> Finding {
    let edit = set_key(&facts.config_path(), &["variables", name], value);
    finding.fix(format!("set {name} to {value}"), vec![edit])
}

fn unset(facts: &Facts<'_>, manager: &str, findings: &mut Findings) {
    let Some((tool, variable, version)) = TOOLS.into_iter().find(|(tool, ..)| *tool == manager) else { return };
    let asks = facts.choices("phases.install.cmds").find(|choice| choice.value.contains(&format!("${variable}")));
    let Some(choice) = asks.filter(|_| facts.variable(variable).is_none_or(str::is_empty)) else { return };
    if tool == "uv" && !facts.app.has_file("uv.lock") {
        let finding = NO_LOCK.found("uv is chosen, and there is no uv.lock").about("uv.lock");
        findings.push(
            finding.at(choice.because.clone(), facts.line(&choice.because)).help("run `uv lock` and commit uv.lock"),
        );
    }
    let finding = EMPTY.found(format!("{variable} is not set, so pip is asked for `{tool}==`")).about(variable);
    let finding = finding.at(choice.because.clone(), facts.line(&choice.because));
    findings.push(set_variable(facts, finding, variable, version));
}

/// The main group of poetry.lock as lines of requirements.txt; none where one of them comes from elsewhere than an index.
fn pins(facts: &Facts<'_>) -> Option<Vec<Edit>> {
    let lock: serde_json::Value = toml_edit::de::from_str(&facts.app.read_text("poetry.lock").ok()?).ok()?;
    let packages = lock.get("package")?.as_array()?;
    let is_main = |package: &&serde_json::Value| {
        let groups = package.get("groups").and_then(serde_json::Value::as_array);
        groups.is_none_or(|groups| groups.iter().any(|group| group == "main"))
    };
    let line = |package: &serde_json::Value| {
        let text = |key: &str| package.get(key).and_then(serde_json::Value::as_str);
        let markers = text("markers").map(|markers| format!(" ; {markers}")).unwrap_or_default();
        let pin = format!("{}=={}{markers}", text("name")?, text("version")?);
        let is_plain = package.get("source").is_none() && !pin.contains(['\n', '\r']);
        // Of several groups' markers the lock has a table.
        let is_known = package.get("markers").is_none_or(serde_json::Value::is_string);
        (is_plain && is_known).then(|| append_line(facts.app.place(REQUIREMENTS), pin))
    };
    let edits: Vec<Edit> = packages.iter().filter(is_main).map(line).collect::<Option<_>>()?;
    (!edits.is_empty()).then_some(edits)
}

fn poetry(facts: &Facts<'_>, findings: &mut Findings) {
    let version = facts.variable("NIXPACKS_POETRY_VERSION").unwrap_or_default();
    let source = facts.variable_source("NIXPACKS_POETRY_VERSION").unwrap_or_else(|| facts.app.file("poetry.lock"));
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= 2) {
        let was = facts.line(&source);
        let finding =
            POETRY_2.found(format!("Poetry {version} has no --no-dev, with which Nixpacks calls it")).about(version);
        let finding = finding.at(source.clone(), &was);
        return findings.push(match (&source, was.contains(version)) {
            (Source::File { path, line: Some(line) }, true) => {
                let edit = replace_line(path, *line, &was, was.replacen(version, "1.8.5", 1));
                finding.fix("take Poetry 1.8.5", vec![edit])
            }
            _ => set_variable(facts, finding, "NIXPACKS_POETRY_VERSION", "1.8.5"),
        });
    }
    let Some(file) = facts.pyproject() else { return };
    let key = ["tool", "poetry"];
    let help = "use uv (`uv lock`, commit uv.lock, remove poetry.lock), or `poetry export -o requirements.txt`";
    let listed = file.get(&["project", "dependencies"]).is_some_and(|list| !strings(list).is_empty());
    let message = match (file.get(&key), file.get(&["project"])) {
        (None, Some(_)) => Some(format!("Poetry {version} does not read a [project] table and finds no [tool.poetry]")),
        (Some(own), Some(_)) if listed && own.get("dependencies").is_none() => {
            Some(format!("Poetry {version} does not read the dependencies of [project], and [tool.poetry] has none"))
        }
        _ => None,
    };
    if let Some(message) = message {
        let finding = POETRY_OLD.found(message).about(version).at(file.source(&["project"]), "[project]");
        let (summary, edits) = match pins(facts) {
            Some(edits) => ("install what poetry.lock pins through requirements.txt", edits),
            None => (
                "install the dependencies of [project] through requirements.txt, by their ranges: what poetry.lock pins is lost",
                super::pyproject::as_requirements(facts, file),
            ),
        };
        return findings.push(finding.help(help).fix(summary, edits));
    }
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok()).unwrap_or_default();
    let is_app = file.get(&["tool", "poetry", "package-mode"]).and_then(serde_json::Value::as_bool) == Some(false);
    if is_app && minor < 8 {
        let finding =
            POETRY_OLD.found(format!("package-mode needs Poetry 1.8, and the plan takes {version}")).about(version);
        let place = ["tool", "poetry", "package-mode"];
        return findings.push(set_variable(
            facts,
            finding.at(file.source(&place), file.line(&place)),
            "NIXPACKS_POETRY_VERSION",
            "1.8.5",
        ));
    }
    let lacking = ["name", "version", "description", "authors"]
        .into_iter()
        .find(|field| file.get(&["tool", "poetry", field]).is_none());
    if let (Some(field), false) = (lacking, is_app) {
        let finding = POETRY_OLD.found(format!("Poetry {version} wants {field} under [tool.poetry]")).about(field);
        findings.push(
            finding
                .at(file.source(&key), file.line(&key))
                .help(format!("write {field} under [tool.poetry], or {help}")),
        );
    }
}

fn uv(facts: &Facts<'_>, findings: &mut Findings) {
    let text = facts.app.read_text("uv.lock").unwrap_or_default();
    let stated =
        text.lines().take(20).enumerate().find_map(|(index, line)| Some((index, line.strip_prefix("version = ")?)));
    let Some((index, format)) =
        stated.filter(|(_, format)| format.trim().parse::<u32>().is_ok_and(|format| format > 1))
    else {
        return;
    };
    let version = facts.variable("NIXPACKS_UV_VERSION").unwrap_or_default();
    if version == "0.4.30" {
        let finding =
            UV_OLD.found(format!("uv.lock has format {}, and uv {version} reads 1", format.trim())).about(version);
        let finding = finding.at(facts.app.line("uv.lock", Some(index + 1)), "");
        findings.push(finding.help("set NIXPACKS_UV_VERSION to the uv that wrote the lock"));
    }
}

/// The names of the packages in a lock file that is TOML, or Pipenv's JSON.
fn locked(text: &str) -> HashSet<String> {
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("name = \"")?.strip_suffix('"').map(normalize));
    names.collect()
}

fn outdated(facts: &Facts<'_>, lock: &str, key: &[&str], check: &Check, findings: &mut Findings) {
    let (Ok(text), Some(file)) = (facts.app.read_text(lock), facts.pyproject()) else { return };
    let locked = locked(&text);
    if locked.is_empty() {
        return;
    }
    let mut names: Vec<String> =
        file.members(key).map(|(name, _)| name.clone()).filter(|name| name != "python").collect();
    for entry in file.get(key).map(strings).unwrap_or_default() {
        // A marker may rule the package out for good, and a lock then leaves it away.
        if !entry.contains(';') {
            let end = entry
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
                .unwrap_or(entry.len());
            names.push(entry[..end].to_owned());
        }
    }
    let gone: Vec<String> =
        names.into_iter().filter(|name| !name.is_empty() && !locked.contains(&normalize(name))).collect();
    let Some(first) = gone.first() else { return };
    let finding = check.found(format!("{lock} does not have {}", gone.join(", "))).about(first);
    let place = [key, &[first.as_str()]].concat();
    let tool = lock.trim_end_matches(".lock");
    findings.push(
        finding
            .at(file.source(&place), "")
            .at(facts.app.file(lock), "")
            .help(format!("run `{tool} lock` and commit {lock}")),
    );
}

fn pipfile(facts: &Facts<'_>, findings: &mut Findings) {
    let (Ok(lock), Ok(text)) = (facts.app.read_text("Pipfile.lock"), facts.app.read_text("Pipfile")) else {
        return;
    };
    let Ok(lock) = serde_json::from_str::<serde_json::Value>(&lock) else { return };
    let Ok(file) = toml_edit::de::from_str::<serde_json::Value>(&text) else { return };
    let names = |value: Option<&serde_json::Value>| {
        let members = value.and_then(serde_json::Value::as_object).into_iter().flatten();
        members.map(|(name, _)| normalize(name)).collect::<HashSet<_>>()
    };
    let (wanted, locked) = (names(file.get("packages")), names(lock.get("default")));
    let mut gone: Vec<&String> = wanted.difference(&locked).collect();
    gone.sort();
    let Some(first) = gone.first() else { return };
    let line = text
        .lines()
        .position(|line| normalize(line.split('=').next().unwrap_or_default().trim().trim_matches('"')) == **first);
    let finding = PIPFILE_LOCK.found(format!("Pipfile.lock does not have {first}")).about(*first);
    let finding =
        finding.at(facts.app.line("Pipfile", line.map(|line| line + 1)), "").at(facts.app.file("Pipfile.lock"), "");
    findings.push(finding.help("run `pipenv lock` and commit Pipfile.lock"));
}

fn beside(facts: &Facts<'_>, findings: &mut Findings) {
    let locks = ["poetry.lock", "uv.lock", "pdm.lock", "Pipfile"];
    if let Some(lock) = locks.into_iter().find(|name| facts.app.has_file(name)) {
        let finding =
            IGNORED.found(format!("requirements.txt is installed, {lock} beside it is not looked at")).about(lock);
        findings
            .push(finding.severity(Severity::Note).at(facts.app.file(lock), "").at(facts.app.file(REQUIREMENTS), ""));
    }
}
