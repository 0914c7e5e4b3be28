//! Edits of railpack.json, and of the files that mise reads.

use super::FixContext;
use crate::builder::Builder;
use crate::builder::railpack::CONFIG_FILE;
use crate::catalog::{debian, libraries};
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
    Fix {
        summary: format!("add \"{package}\" to {}", list.join(".")),
        edits: vec![edit("...", true), edit(package, false)],
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
