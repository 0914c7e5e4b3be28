//! Packages that need something which the image and the plan do not have.

use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::{Version, VersionSpecifiers};

use super::facts::Facts;
use super::facts::python;
use super::facts::requirements::{applies, is_used};
use super::finding::{Check, Findings, error, warning};
use super::system_needs::{Rows, rows};
use super::{nixpacks, railpack};
use crate::builder::Planned;
use crate::finding::Severity;
use crate::project::marker::Platform;
use crate::project::requirements::{Entry, Origin};

pub(crate) const NO_WHEEL: Check = error(
    "no-wheel-for-python",
    "The pinned release is older (or pickier) than the Python that builds: there is no ready wheel, and the source \
     distribution fails on it.",
);
pub(crate) const DISPLAY: Check = warning(
    "no-display",
    "Windows, browsers with a head, keyboards and mice need a display server, which a deploy does not have.",
);

pub(super) const CHECKS: &[Check] = &[NO_WHEEL, DISPLAY];

static WHEELS: LazyLock<Rows> = LazyLock::new(|| rows(include_str!("wheels.txt")));
/// Packages that do nothing without a display server.
const NEED_A_SCREEN: &[&str] = &["pyautogui", "pynput", "keyboard", "mouse", "pywhatkit", "pygetwindow"];
/// Older Pythons, in the order in which they are proposed.
const OLDER: [&str; 4] = ["3.12", "3.11", "3.10", "3.9"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || !is_used(facts) {
        return;
    }
    let Some(python) = python::planned(facts) else { return };
    for (entry, name) in of_the_index(facts, &python) {
        match facts.planned {
            Planned::Nixpacks(_) => nixpacks::packages::check(facts, entry, name, findings),
            Planned::Railpack(answer) => railpack::packages::check(facts, answer, entry, name, findings),
        }
        wheel(facts, entry, &python, findings);
        display(entry, name, findings);
    }
}

/// The requirements that are installed from the package index under this Python, with their names.
fn of_the_index<'f>(facts: &'f Facts<'_>, python: &'f str) -> impl Iterator<Item = (&'f Entry, &'f str)> {
    let entries = facts.requirements().packages.iter();
    entries
        .filter(move |entry| {
            !entry.is_constraint && entry.requirement.origin == Origin::Index && applies(entry, python)
        })
        .filter_map(|entry| Some((entry, entry.requirement.name.as_deref()?)))
}

fn display(entry: &Entry, name: &str, findings: &mut Findings) {
    if NEED_A_SCREEN.contains(&name) {
        let finding = DISPLAY.found(format!("{name} needs a screen, and a container has none")).about(name).likely();
        findings.push(finding.at(entry.source(), &entry.written));
    }
}

/// A pinned release that is older than the first wheel for this Python.
fn wheel(facts: &Facts<'_>, entry: &Entry, python: &str, findings: &mut Findings) {
    // A line for another processor or another Python, as far as can be told, needs no wheel here.
    if entry.applies(&Platform::cloud(python)) != Some(true) {
        return;
    }
    let (Some(name), Some(pinned)) = (entry.requirement.name.as_deref(), entry.requirement.pinned()) else { return };
    let first = |python: &str| {
        let row = WHEELS.get(name)?.iter().find(|row| row.first() == Some(&python))?;
        let [_, since, end] = row[..] else { return None };
        Some((Version::from_str(since).ok()?, end == "fails"))
    };
    let Some((since, fails)) = first(python).filter(|(since, _)| pinned < since) else { return };
    let finding =
        NO_WHEEL.found(format!("{name} {pinned} has no wheel for Python {python}; {since} is the first that has one"));
    let finding = finding.severity(if fails { Severity::Error } else { Severity::Note }).likely();
    let finding = finding.about(name).at(entry.source(), &entry.written);
    let older = OLDER.into_iter().filter(|older| minor(older) < minor(python));
    let better = older.into_iter().find(|older| first(older).is_none_or(|(since, _)| pinned >= &since));
    let finding = match better {
        Some(better) if !others_need(facts, better) => match facts.planned {
            Planned::Nixpacks(_) => nixpacks::version::take(facts, finding, better),
            Planned::Railpack(answer) => railpack::python::take(facts, answer, finding, better),
        },
        _ => finding,
    };
    findings.push(finding.help(format!("take {name} {since} or newer, or an older Python")));
}

/// The newest Python older than this one (`3.12`) for which a release has a wheel, where the table tells.
pub(crate) fn older_python(name: &str, release: &Version, python: &str) -> Option<&'static str> {
    let rows = WHEELS.get(name)?;
    let since = |python: &str| {
        let row = rows.iter().find(|row| row.first() == Some(&python))?;
        Version::from_str(row.get(1)?).ok()
    };
    since(python).filter(|since| release < since)?;
    let older = OLDER.into_iter().filter(|older| minor(older) < minor(python));
    older.into_iter().find(|older| since(older).is_none_or(|since| *release >= since))
}

fn minor(version: &str) -> u32 {
    version.split_once('.').and_then(|(_, minor)| minor.parse().ok()).unwrap_or_default()
}

/// Whether the project itself says that it wants something newer.
fn others_need(facts: &Facts<'_>, python: &str) -> bool {
    let range = facts.pyproject().and_then(|file| file.str(&["project", "requires-python"]));
    let range = range.and_then(|text| VersionSpecifiers::from_str(text).ok());
    let version = Version::from_str(python);
    range.is_some_and(|range| version.is_ok_and(|version| !range.contains(&version)))
}

#[cfg(test)]
mod tables {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        for (name, row) in WHEELS.iter().flat_map(|(name, rows)| rows.iter().map(move |row| (name, row))) {
            assert!(row.len() == 3 && Version::from_str(row[1]).is_ok(), "{name} {row:?}");
            assert!(matches!(row[2], "fails" | "builds"), "{name} {row:?}");
        }
    }
}
