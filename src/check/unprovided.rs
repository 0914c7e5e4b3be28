//! Imports that no requirement brings, lazy ones among them, and modules that settings, URLs and classes of workers name.

use super::facts::imports::Foreign;
use super::facts::requirements::{REQUIREMENTS, is_used, require};
use std::collections::HashSet;
use std::path::PathBuf;

use super::facts::Facts;
use super::facts::provided::{LeftOut, Provided, brings};
use super::finding::{Check, Findings, warning};
use super::railpack::NOTHING;
use crate::catalog::modules;
use crate::catalog::needs::{self, bringers};
use crate::finding::Severity;
use crate::project::requirements::{Requirements, normalize};
use crate::project::{Project, Source};

pub(crate) const MISSING: Check = warning(
    "import-not-required",
    "Code that the start reaches imports a package, or names one in a setting, that nothing installs: not by the file that the plan reads, nor \
     brought along by another requirement as far as files tell. An import inside a function fails when the function is called, after a deploy \
     that looked well.",
);

pub(super) const CHECKS: &[Check] = &[MISSING];

/// Other requirements files that are looked at.
const MOST_FILES: usize = 24;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // Then the cause is another, and it is named.
    if findings.has(&NOTHING) {
        return;
    }
    let unknown = Provided::default();
    let provided = match (facts.provided(), &facts.absent) {
        (Some(provided), _) => provided,
        (None, Some(_)) => &unknown,
        (None, None) => return,
    };
    let mut seen = HashSet::new();
    let mut others: Option<Vec<Other>> = None;
    for import in facts.foreign().iter().filter(|import| !import.is_caught) {
        if facts.absent.as_ref().is_some_and(|absent| !is_missed(import, absent)) {
            continue;
        }
        let top = import.name.split('.').next().unwrap_or_default();
        if !seen.insert(top.to_owned()) {
            continue;
        }
        let left_out = provided.left_out.iter().find(|left_out| brings(&left_out.name, &import.name));
        let is_guess = facts.absent.is_none() && left_out.is_none();
        if is_guess && is_there(provided, import) {
            continue;
        }
        let other = match left_out {
            Some(_) => None,
            None => {
                others.get_or_insert_with(|| other_files(facts)).iter().find(|other| brings(&other.name, &import.name))
            }
        };
        if is_guess && other.is_none() && comes_along(facts, provided, import) {
            continue;
        }
        let known = match import.need {
            Some(need) => Some(need.distribution),
            None => modules::distribution(&import.name).filter(|_| !modules::sounds_own(top)),
        };
        let named =
            other.map(|other| other.line.as_str()).or(left_out.map(|left_out| left_out.name.as_str())).or(known);
        let Some(install) = named.or_else(|| facts.absent.as_ref().map(|_| top)) else { continue };
        let message = match facts.absent {
            Some(_) => {
                let other = named.map(install_name).filter(|name| normalize(name) != normalize(top));
                let package = other.map(|name| format!(" ({name})")).unwrap_or_default();
                format!("{}, and nothing that was installed has it{package}{}", import.wanted, when(import))
            }
            None => message(import, install, provided, left_out, other),
        };
        let finding = MISSING.found(message).about(install_name(install));
        let finding = finding.at(import.source.clone(), &import.text);
        // An install has shown it.
        let is_shown = facts.absent.is_some();
        let finding = finding.severity(severity(import, provided, is_shown || other.is_some()));
        let finding = match (other, left_out) {
            (Some(other), _) => finding.at(other.source.clone(), &other.line).likely(),
            (None, Some(left_out)) => finding.at(left_out.source.clone(), ""),
            (None, None) if is_shown || provided.is_closed && provided.names.is_empty() => finding,
            (None, None) => finding.likely(),
        };
        if named.is_none() {
            findings
                .push(finding.help(format!("add the package that has the module {top} to what the deploy installs")));
            continue;
        }
        findings.push(if left_out.is_none() && is_used(facts) && facts.app.has_file(REQUIREMENTS) {
            finding.fix(format!("require {install}"), vec![require(facts, install)])
        } else {
            finding.help(format!("add {install} to the dependencies that the deploy installs"))
        });
    }
}

/// Whether nothing that was installed has a module that an app which works may yet come to.
fn is_missed(import: &Foreign<'_>, absent: &HashSet<String>) -> bool {
    let other = import.need.and_then(|need| need.other);
    let is_refuted = !import.is_import && import.is_certain;
    !is_refuted && absent.contains(&import.name) && other.is_none_or(|other| absent.contains(other))
}

/// Whether a requirement has the module, by its name.
fn is_there(provided: &Provided, import: &Foreign<'_>) -> bool {
    // The table knows who has it, so that no name needs to be guessed at.
    let Some(need) = import.need else { return provided.may_bring(&import.name) };
    let is_it = |name: &String| {
        // The bare package brings what the table names by an extra only where it is the module's own.
        (*name == normalize(install_name(need.distribution))
            && (!need.distribution.contains('[') || brings(name, need.module)))
            || brings(name, need.module)
            || need.other.is_some_and(|other| brings(name, other))
    };
    provided.names.iter().any(is_it)
}

/// Whether it may be a dependency of what is installed.
fn comes_along(facts: &Facts<'_>, provided: &Provided, import: &Foreign<'_>) -> bool {
    let is_required = |bringer: &&str| {
        let (name, extra) = bringer.trim_end_matches(']').split_once('[').unwrap_or((bringer, ""));
        let mut entries = facts.requirements().of(name);
        entries.any(|entry| extra.is_empty() || entry.requirement.extras.iter().any(|asked| asked == extra))
    };
    let known = import.need.map(|need| need.distribution).or_else(|| modules::distribution(&import.name));
    let by_name = || known.and_then(bringers).unwrap_or_default().iter().any(is_required);
    let may = import.need.is_none() && provided.may_come_along(&import.name);
    may && !is_brought_by_none(facts, import) || by_name() || by_extra(facts, import) || is_of_an_extra(facts, import)
}

/// Whether the table knows all that the requirements bring, and the module is not of it.
fn is_brought_by_none(facts: &Facts<'_>, import: &Foreign<'_>) -> bool {
    if is_of_pip(&import.name) || facts.manager() != Some("requirements") {
        return false;
    }
    let names = facts.requirements().packages.iter().filter(|entry| !entry.is_constraint).flat_map(|entry| {
        let name = entry.requirement.name.clone().unwrap_or_default();
        let extras = entry.requirement.extras.iter().map(|extra| format!("{name}[{extra}]")).collect::<Vec<_>>();
        std::iter::once(name).chain(extras)
    });
    let all: Option<Vec<&[&str]>> = names.map(|name| needs::brings(&name)).collect();
    all.is_some_and(|all| all.concat().iter().all(|brought| !brings(brought, &import.name)))
}

/// Modules that an environment of its own has in older Pythons.
fn is_of_pip(module: &str) -> bool {
    ["setuptools", "pkg_resources", "pip"].contains(&module.split('.').next().unwrap_or_default())
}

/// Whether an extra speaks of it: `channels[daphne]`, `sqlalchemy[postgresql-psycopg2binary]`.
fn by_extra(facts: &Facts<'_>, import: &Foreign<'_>) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let top = plain(import.name.split('.').next().unwrap_or_default());
    let entries = facts.requirements().packages.iter().filter(|entry| !entry.is_constraint);
    entries.flat_map(|entry| &entry.requirement.extras).any(|extra| plain(extra).contains(&top))
}

/// Whether the table says so of an extra: `uvicorn[standard]` brings PyYAML.
fn is_of_an_extra(facts: &Facts<'_>, import: &Foreign<'_>) -> bool {
    let Some(need) = import.need else { return false };
    let entries = facts.requirements().packages.iter().filter(|entry| !entry.is_constraint);
    let extras = entries.flat_map(|entry| {
        let name = entry.requirement.name.clone().unwrap_or_default();
        entry.requirement.extras.iter().map(move |extra| format!("{name}[{extra}]"))
    });
    let wanted = normalize(install_name(need.distribution));
    extras.filter_map(|extra| needs::brings(&extra)).any(|all| all.contains(&wanted.as_str()))
}

fn when(import: &Foreign<'_>) -> &'static str {
    if import.is_certain { "" } else { ", which fails when that code is reached" }
}

fn message(
    import: &Foreign<'_>,
    install: &str,
    provided: &Provided,
    left_out: Option<&LeftOut>,
    other: Option<&Other>,
) -> String {
    let (wanted, when) = (&import.wanted, when(import));
    let name = install_name(install);
    match (left_out, other.filter(|_| provided.names.is_empty())) {
        (Some(left_out), _) => {
            format!("{wanted}, and only {} has {name}, which the deploy does not install{when}", left_out.place)
        }
        (None, Some(Other { source: Source::File { path, .. }, .. })) => {
            format!("{wanted}, and the plan installs no packages at all: nothing reads {}{when}", path.display())
        }
        _ if provided.names.is_empty() => format!("{wanted}, and the plan installs no packages at all{when}"),
        _ => format!("{wanted}, and no requirement brings it ({name}){when}"),
    }
}

fn severity(import: &Foreign<'_>, provided: &Provided, is_sure: bool) -> Severity {
    let sure = provided.is_closed || is_sure;
    if import.is_certain && sure && !is_of_pip(&import.name) { Severity::Error } else { Severity::Warning }
}

fn install_name(line: &str) -> &str {
    let end = line.find(['=', '<', '>', '~', '!', '[', ' ', ';', '@']).unwrap_or(line.len());
    &line[..end]
}

/// A requirement of a file that the plan does not read.
struct Other {
    name: String,
    line: String,
    source: Source,
}

/// What other requirements files of the project ask for: those in the root, in its folders, and beside the reached code.
fn other_files(facts: &Facts<'_>) -> Vec<Other> {
    let app = &facts.app;
    let is_list = |name: &str| {
        let name = name.to_lowercase();
        name.ends_with(".txt") && name.contains("req") || name == "requirements.in"
    };
    let read: HashSet<PathBuf> = facts.requirements().files.iter().map(|(path, _)| path.clone()).collect();
    let beside = facts.reached().iter().flat_map(|module| module.path.ancestors().skip(1).map(PathBuf::from));
    let mut folders: Vec<PathBuf> = std::iter::once(PathBuf::new()).chain(app.folders()).chain(beside).collect();
    folders.sort();
    folders.dedup();
    let mut files = 0;
    let mut found = Vec::new();
    for folder in folders.into_iter().take(64) {
        let is_of_lists = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("requirement"));
        let is_list = |name: &str| is_list(name) || is_of_lists && name.ends_with(".txt");
        for file in in_folder(app, &folder).into_iter().filter(|name| is_list(name)) {
            let path = folder.join(&file);
            if read.contains(&app.place(&path)) || files == MOST_FILES {
                continue;
            }
            files += 1;
            for entry in Requirements::read(app, &path).packages {
                let Some(name) = entry.requirement.name.clone() else { continue };
                let source = entry.source();
                found.push(Other { name, line: entry.written.trim().to_owned(), source });
            }
        }
    }
    found.extend(unread_lists(app));
    found
}

/// What the files of other tools ask for in the root: conda's environment, and the lock of PEP 751. No builder reads them.
fn unread_lists(app: &Project) -> Vec<Other> {
    let mut found = Vec::new();
    for file in ["environment.yml", "environment.yaml", "pylock.toml"] {
        let Some(text) = app.has_file(file).then(|| app.read_text(file).ok()).flatten() else { continue };
        for (index, line) in text.lines().enumerate() {
            let item = match file {
                "pylock.toml" => line.strip_prefix("name = ").map(|name| name.trim().trim_matches('"')),
                _ => line.trim_start().strip_prefix("- ").map(str::trim).filter(|item| !item.ends_with(':')),
            };
            let Some(item) = item else { continue };
            let item = item.rsplit("::").next().unwrap_or(item);
            let name = install_name(item);
            if !name.is_empty() && name != "python" && name != "pip" {
                let source = app.line(file, Some(index + 1));
                found.push(Other { name: normalize(name), line: name.to_owned(), source });
            }
        }
    }
    found
}

fn in_folder(app: &Project, folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(app.root().join(folder)).into_iter().flatten().flatten().take(500);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}
