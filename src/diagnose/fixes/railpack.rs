//! Edits of railpack.json, and of the files that mise reads.

use super::FixContext;
use crate::builder::Builder;
use crate::builder::railpack::CONFIG_FILE;
use crate::catalog::{debian, libraries};
use crate::check::facts::pdm;
use crate::finding::{Edit, Fix};

fn key(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

/// Adds a package of Debian 13 to a list, by the name that the images' own Debian has for it, keeping what Railpack puts there.
fn add(context: &FixContext<'_>, list: &[&str], package: &str) -> Fix {
    let package = match context.case.builder {
        Some(Builder::Railpack(version)) if version.is_on_bookworm() => debian::in_12(package),
        _ => package,
    };
    let edit =
        |item: &str, first| Edit::AddItem { path: CONFIG_FILE.into(), key: key(list), item: item.to_owned(), first };
    let knows_dots = match context.case.builder {
        Some(Builder::Railpack(version)) => list == RUN || version.takes_all_of_config(),
        _ => true,
    };
    let keep = knows_dots.then(|| edit("...", true));
    Fix {
        summary: format!("add \"{package}\" to {}", list.join(".")),
        edits: keep.into_iter().chain([edit(package, false)]).collect(),
    }
}

/// In the image that runs.
const RUN: &[&str] = &["deploy", "aptPackages"];
/// In the one that builds.
const BUILD: &[&str] = &["buildAptPackages"];

pub(in crate::diagnose) fn shared_library(context: &FixContext<'_>) -> Vec<Fix> {
    let known = context.subject.and_then(libraries::library);
    known.map(|packages| add(context, RUN, packages.apt)).into_iter().collect()
}

pub(in crate::diagnose) fn header(context: &FixContext<'_>) -> Vec<Fix> {
    let known = context.subject.and_then(libraries::header);
    known.map(|packages| add(context, BUILD, packages.apt)).into_iter().collect()
}

/// A program is missed by the app, as the image that builds has the common ones.
pub(in crate::diagnose) fn program(context: &FixContext<'_>) -> Vec<Fix> {
    let name = context.subject.map(|subject| subject.rsplit('/').next().unwrap_or(subject).to_lowercase());
    name.and_then(|name| debian::of_program(&name)).map(|package| add(context, RUN, package)).into_iter().collect()
}

pub(in crate::diagnose) fn git(context: &FixContext<'_>) -> Vec<Fix> {
    vec![add(context, RUN, "git")]
}

pub(in crate::diagnose) fn rust(_: &FixContext<'_>) -> Vec<Fix> {
    let edit = Edit::SetKey { path: CONFIG_FILE.into(), key: key(&["packages", "rust"]), value: "latest".into() };
    vec![Fix { summary: "have mise install Rust".to_owned(), edits: vec![edit] }]
}

/// Has the image that runs take a file of the project, by the numbered item of its list.
pub(in crate::diagnose) fn takes_too(item: usize, file: &str) -> Fix {
    let list = ["deploy", "inputs", &item.to_string(), "include"];
    let edits = vec![Edit::AddItem { path: CONFIG_FILE.into(), key: key(&list), item: file.to_owned(), first: false }];
    Fix { summary: format!("add \"{file}\" to deploy.inputs[{item}].include"), edits }
}

/// No longer leaves a file out.
pub(in crate::diagnose) fn takes_again(item: usize, file: &str) -> Fix {
    let list = ["deploy", "inputs", &item.to_string(), "exclude"];
    let edits = vec![Edit::RemoveItem { path: CONFIG_FILE.into(), key: key(&list), item: file.to_owned() }];
    Fix { summary: format!("take \"{file}\" out of deploy.inputs[{item}].exclude"), edits }
}

/// Has the image that runs take all that Railpack takes.
pub(in crate::diagnose) fn takes_all() -> Fix {
    let list = key(&["deploy", "inputs"]);
    let edits = vec![Edit::AddItem { path: CONFIG_FILE.into(), key: list, item: "...".to_owned(), first: true }];
    Fix { summary: "add \"...\" to deploy.inputs".to_owned(), edits }
}

/// The last PDM that the libraries of today have not broken.
pub(in crate::diagnose) fn older_pdm(context: &FixContext<'_>) -> Vec<Fix> {
    // It reads no lock of a later form.
    let form = |text: &str| {
        toml_edit::Document::parse(text).ok()?["metadata"]["lock_version"].as_str()?.get(..3)?.parse::<f32>().ok()
    };
    if context.text("pdm.lock").as_deref().and_then(form).is_none_or(|form| form > 4.4) {
        return Vec::new();
    }
    let edit =
        Edit::SetKey { path: CONFIG_FILE.into(), key: key(&["packages", "pipx:pdm"]), value: pdm::THAT_WORKS.into() };
    vec![Fix { summary: format!("have mise install PDM {}", pdm::THAT_WORKS), edits: vec![edit] }]
}

/// Files whose one line may name a release of Python.
const PINS: &[&str] =
    &[".python-version", "runtime.txt", ".tool-versions", "mise.toml", ".mise.toml", "Pipfile", CONFIG_FILE];

/// Asks for the minor version alone, where a file names the whole one.
pub(in crate::diagnose) fn minor_python(context: &FixContext<'_>) -> Vec<Fix> {
    let Some(whole) = context.subject else { return Vec::new() };
    let mut parts = whole.split('.');
    let (Some(major), Some(minor), Some(_)) = (parts.next(), parts.next(), parts.next()) else { return Vec::new() };
    let minor = format!("{major}.{minor}");
    let mut edits = Vec::new();
    for name in PINS {
        let Some(text) = context.text(name) else { continue };
        for (at, line) in text.lines().enumerate().filter(|(_, line)| line.matches(whole).count() == 1) {
            edits.push(Edit::ReplaceLine {
                path: (*name).into(),
                line: at + 1,
                was: line.to_owned(),
                text: line.replacen(whole, &minor, 1),
            });
        }
    }
    if edits.is_empty() { Vec::new() } else { vec![Fix { summary: format!("ask for Python {minor}"), edits }] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::railpack::Version;
    use crate::diagnose::{Case, diagnose};
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    fn edits(version: Version, files: &[(&str, &str)], log: &str) -> Vec<Edit> {
        let dir = folder(files);
        let project = Project::open(dir.path()).unwrap();
        let (log, builder) = (Log::from(log), Builder::Railpack(version));
        let case = Case { project: Some(&project), builder: Some(&builder), ..Case::of_log(&log) };
        diagnose(&case).remove(0).fixes.into_iter().flat_map(|fix| fix.edits).collect()
    }

    #[test]
    fn a_release_that_takes_dots_for_a_package_is_given_none() {
        let log = "x.c:1:10: fatal error: portaudio.h: No such file or directory\n";
        let items = |version| {
            let item = |edit| if let Edit::AddItem { item, .. } = edit { item } else { panic!("{edit:?}") };
            edits(version, &[], log).into_iter().map(item).collect::<Vec<_>>()
        };
        assert_eq!(items(Version::NEWEST_KNOWN), ["...", "portaudio19-dev"]);
        assert_eq!(items(Version::COOLIFY), ["portaudio19-dev"]);
    }

    #[test]
    fn an_older_pdm_is_taken_for_a_lock_that_it_reads() {
        let log = "AttributeError: module 'hishel' has no attribute 'SyncSqliteStorage'\n";
        let edits = |form: &str| {
            let lock = format!("[metadata]\nlock_version = \"{form}\"\n");
            edits(Version::NEWEST_KNOWN, &[("pdm.lock", &lock)], log).len()
        };
        assert_eq!((edits("4.4.1"), edits("4.5.1")), (1, 0));
    }
}
