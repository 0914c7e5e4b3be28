//! What packages need beside what pip installs, as a table for both builders.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::{Version, VersionSpecifiers};

use super::finding::{Check, error, replace_line, warning};
use crate::finding::Edit;
use crate::project::requirements::Entry;

pub(crate) const HEADER: Check = error(
    "missing-system-header",
    "The package compiles against a C library whose development files (headers, a *-config program, a pkg-config file) are \
     not in the build image.",
);
pub(crate) const LIBRARY: Check = error(
    "missing-shared-library",
    "A compiled package loads a system library that neither its wheel nor the image brings. A Nix Python sees only what \
     nixLibs puts on LD_LIBRARY_PATH; aptPkgs and nixPkgs do not reach it.",
)
.decides();
pub(crate) const PROGRAM: Check = warning(
    "missing-system-binary",
    "A Python package runs another program (ffmpeg, chromium, pdfinfo, tesseract), and pip does not install programs.",
);
pub(crate) const BROWSERS: Check = warning(
    "playwright-without-browsers",
    "Playwright's package comes without browsers, and the browsers need many system libraries. A Dockerfile from Playwright's own image is \
     the way that works.",
);
pub(super) const CHECKS: &[Check] = &[HEADER, LIBRARY, PROGRAM, BROWSERS];

/// The rows of a table, by their first word.
pub(super) type Rows = HashMap<&'static str, Vec<Vec<&'static str>>>;

static NEEDS: LazyLock<Rows> = LazyLock::new(|| rows(include_str!("system_needs.txt")));

/// Reads such a table.
pub(super) fn rows(table: &'static str) -> Rows {
    let mut rows = Rows::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if let Some(name) = words.next() {
            rows.entry(name).or_default().push(words.collect());
        }
    }
    rows
}

/// What a requirement needs beside itself: the kind, the attributes of nixpkgs, and Debian's packages.
pub(super) fn needs_of<'e>(
    entry: &'e Entry,
    name: &str,
) -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> + use<'e> {
    NEEDS.get(name).into_iter().flatten().filter_map(move |row| match &row[..] {
        [condition, kind, attributes, apt @ ..] if holds(entry, condition) => Some((*kind, *attributes, apt)),
        _ => None,
    })
}

fn holds(entry: &Entry, condition: &str) -> bool {
    let asked = &entry.requirement.specifiers;
    let Ok(specifiers) = VersionSpecifiers::from_str(condition) else { return condition == "*" };
    if let Some(pinned) = entry.requirement.pinned() {
        return specifiers.contains(pinned);
    }
    // Without a pin the newest that may be is installed: any where nothing holds it back, else one on this side of the row's border.
    let Some(border) = specifiers.iter().next().map(pep440_rs::VersionSpecifier::version) else { return true };
    let is_newer = asked.contains(&Version::new([u64::from(u32::MAX)])) || asked.contains(border);
    is_newer == condition.starts_with(">=")
}

/// The edit that takes the same package without its windows, of those that have such a twin: it needs no screen's libraries.
pub(super) fn headless(entry: &Entry, name: &str) -> Option<(String, Edit)> {
    let is_one = name.starts_with("opencv") && !name.ends_with("-headless") && entry.lines.start() == entry.lines.end();
    if !is_one || !entry.requirement.hashes.is_empty() {
        return None;
    }
    let headless = format!("{name}-headless");
    let text = entry.written.replacen(written_name(entry), &headless, 1);
    let edit = replace_line(&entry.path, *entry.lines.start(), &entry.written, text);
    Some((format!("take {headless}, which needs no screen's libraries"), edit))
}

pub(super) fn written_name(entry: &Entry) -> &str {
    let text = entry.written.trim_start();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tables {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        for (name, row) in NEEDS.iter().flat_map(|(name, rows)| rows.iter().map(move |row| (name, row))) {
            assert!(row.len() >= 3 && ["build", "lib", "program"].contains(&row[1]), "{name} {row:?}");
            assert!(row[0] == "*" || VersionSpecifiers::from_str(row[0]).is_ok(), "{name} {row:?}");
        }
    }
}
