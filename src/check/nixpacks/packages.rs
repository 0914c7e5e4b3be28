//! Packages that need something which the plan does not have.

use crate::check::facts::python;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::{Version, VersionSpecifiers};

use crate::catalog::base_commands::BASE_COMMANDS;
use crate::check::facts::Facts;
use crate::check::facts::requirements::{applies, is_used};
use crate::check::finding::{Check, Finding, Findings, add_item, error, replace_line, warning};
use crate::finding::{Edit, Severity};
use crate::project::marker::Platform;
use crate::project::requirements::{Entry, Origin};

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
pub(crate) const NO_WHEEL: Check = error(
    "no-wheel-for-python",
    "The pinned release is older (or pickier) than the Python that builds: there is no ready wheel, and the source \
     distribution fails on it.",
);
const LIBPQ: Check = error(
    "psycopg-without-libpq",
    "psycopg 3 alone looks for libpq on the system and does not find the one that Nixpacks adds. psycopg[binary] brings its own.",
);
pub(crate) const BROWSERS: Check = warning(
    "playwright-without-browsers",
    "Playwright's package comes without browsers, and the browsers need many system libraries. A Dockerfile from Playwright's own image is \
     the way that works.",
);
pub(crate) const DISPLAY: Check = warning(
    "no-display",
    "Windows, browsers with a head, keyboards and mice need a display server, which a deploy does not have.",
);

pub(super) const CHECKS: &[Check] = &[HEADER, LIBRARY, PROGRAM, NO_WHEEL, LIBPQ, BROWSERS, DISPLAY];

type Rows = HashMap<&'static str, Vec<Vec<&'static str>>>;

static NEEDS: LazyLock<Rows> = LazyLock::new(|| rows(include_str!("packages.txt")));
static WHEELS: LazyLock<Rows> = LazyLock::new(|| rows(include_str!("wheels.txt")));
/// Older Pythons, in the order in which they are proposed.
const OLDER: [&str; 4] = ["3.12", "3.11", "3.10", "3.9"];

/// The rows of a table, by their first word.
fn rows(table: &'static str) -> Rows {
    let mut rows = Rows::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if let Some(name) = words.next() {
            rows.entry(name).or_default().push(words.collect());
        }
    }
    rows
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || !is_used(facts) {
        return;
    }
    let Some(python) = python::planned(facts) else { return };
    for (entry, name) in of_the_index(facts, &python) {
        for (kind, attributes, apt) in needs_of(entry, name) {
            needs(facts, entry, kind, attributes, apt, findings);
        }
        wheel(facts, entry, &python, findings);
        special(facts, entry, name, findings);
    }
}

/// The requirements that are installed from the package index under this Python, with their names.
pub(in crate::check) fn of_the_index<'f>(
    facts: &'f Facts<'_>,
    python: &'f str,
) -> impl Iterator<Item = (&'f Entry, &'f str)> {
    let entries = facts.requirements().packages.iter();
    entries
        .filter(move |entry| {
            !entry.is_constraint && entry.requirement.origin == Origin::Index && applies(entry, python)
        })
        .filter_map(|entry| Some((entry, entry.requirement.name.as_deref()?)))
}

/// What a requirement needs beside itself: the kind, the attributes of nixpkgs, and Debian's packages.
pub(in crate::check) fn needs_of<'e>(
    entry: &'e Entry,
    name: &str,
) -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> + use<'e> {
    NEEDS.get(name).into_iter().flatten().filter_map(move |row| match &row[..] {
        [condition, kind, attributes, apt @ ..] if holds(entry, condition) => Some((*kind, *attributes, apt)),
        _ => None,
    })
}

fn holds(entry: &Entry, condition: &str) -> bool {
    // Without a pin the newest is installed.
    let Some(pinned) = entry.requirement.pinned() else { return condition == "*" || condition.starts_with(">=") };
    condition == "*" || VersionSpecifiers::from_str(condition).is_ok_and(|specifiers| specifiers.contains(pinned))
}

fn needs(facts: &Facts<'_>, entry: &Entry, kind: &str, attributes: &str, apt: &[&str], findings: &mut Findings) {
    let (check, list) = match kind {
        "build" => (&HEADER, "nixPkgs"),
        "lib" => (&LIBRARY, "nixLibs"),
        _ => (&PROGRAM, "nixPkgs"),
    };
    let apt_there = facts
        .plan()
        .into_iter()
        .flat_map(|plan| plan.phases.iter().flatten())
        .any(|(_, phase)| phase.apt_pkgs.iter().any(|package| apt.contains(&package.as_str())));
    let has = |attribute: &&str| match kind {
        "lib" => facts.choices("phases.setup.nixLibs").any(|choice| base(&choice.value) == base(attribute)),
        _ => facts.plans(attribute),
    };
    let in_image = |program: &&str| kind == "program" && BASE_COMMANDS.contains(program);
    let missing: Vec<&str> =
        attributes.split(',').filter(|attribute| !has(attribute) && !in_image(attribute)).collect();
    // Debian's headers and programs are found; its libraries are not, by Nix' Python.
    if missing.is_empty() || apt_there && kind != "lib" {
        return;
    }
    let name = entry.requirement.name.as_deref().unwrap_or_default();
    let verb = match kind {
        "build" => "is built against",
        "lib" => "loads",
        _ => "calls",
    };
    let finding = check.found(format!("{name} {verb} {}, which the plan does not have", missing.join(" and ")));
    let finding = finding.about(missing[0]).at(entry.source(), &entry.written);
    // What is imported when the app starts ends it, however kind another machine is.
    let finding = if kind == "lib" && is_loaded(facts, name) { finding } else { finding.likely() };
    let headless = format!("{name}-headless");
    let single = entry.lines.start() == entry.lines.end();
    let finding = match name.starts_with("opencv") && single {
        true => {
            let text = entry.written.replacen(written_name(entry), &headless, 1);
            let edit = replace_line(&entry.path, *entry.lines.start(), &entry.written, text);
            finding.fix(format!("take {headless}, which needs neither"), vec![edit])
        }
        false => finding,
    };
    findings.push(add(facts, finding, list, &missing));
}

/// The attribute without its output: `glib` of `glib.out`, and `xorg.libxcb` of itself.
fn base(attribute: &str) -> &str {
    let from = if attribute.starts_with("xorg.") { "xorg.".len() } else { 0 };
    attribute[from..].find('.').map_or(attribute, |end| &attribute[..from + end])
}

/// Whether the start surely imports the one package whose libraries are looked for by name, where a library that others
/// bring along is not found.
fn is_loaded(facts: &Facts<'_>, name: &str) -> bool {
    name == "weasyprint"
        && facts.foreign().iter().any(|import| import.is_certain && import.name.split('.').next() == Some(name))
}

fn written_name(entry: &Entry) -> &str {
    let text = entry.written.trim_start();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    &text[..end]
}

fn add(facts: &Facts<'_>, finding: Finding, list: &str, attributes: &[&str]) -> Finding {
    let path = facts.config_path();
    let key = ["phases", "setup", list];
    let is_there = facts.config().is_some_and(|file| file.get(&key).is_some());
    let keep = (!is_there).then(|| add_item(&path, &key, "...", true));
    let more = attributes.iter().map(|attribute| add_item(&path, &key, attribute, false));
    finding.fix(format!("add {} to {list}", attributes.join(" and ")), keep.into_iter().chain(more).collect())
}

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
        Some(better) if !others_need(facts, better) => super::version::take(facts, finding, better),
        _ => finding,
    };
    findings.push(finding.help(format!("take {name} {since} or newer, or an older Python")));
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

fn special(facts: &Facts<'_>, entry: &Entry, name: &str, findings: &mut Findings) {
    let extras = &entry.requirement.extras;
    match name {
        "psycopg" if !extras.iter().any(|extra| extra == "binary" || extra == "c") => {
            let beside = facts.requirements().of("psycopg-binary").next().is_some()
                || facts.requirements().of("psycopg-c").next().is_some();
            if !beside && !facts.choices("phases.setup.nixLibs").any(|choice| choice.value.contains("postgresql")) {
                let finding = LIBPQ.found("psycopg without [binary] finds no libpq").about("libpq.so.5").likely();
                let with = if extras.is_empty() {
                    "psycopg[binary]".to_owned()
                } else {
                    format!("psycopg[{},binary]", extras.join(","))
                };
                let head = entry.written.find('[').map_or_else(
                    || written_name(entry).to_owned(),
                    |_| {
                        let end = entry.written.find(']').map_or(entry.written.len(), |end| end + 1);
                        entry.written.trim_start()[..end].to_owned()
                    },
                );
                let text = entry.written.replacen(&head, &with, 1);
                let edit: Edit = replace_line(&entry.path, *entry.lines.start(), &entry.written, text);
                findings.push(finding.at(entry.source(), &entry.written).fix("take psycopg[binary]", vec![edit]));
            }
        }
        "playwright" => {
            let installs = facts
                .derived()
                .into_iter()
                .flat_map(|derived| &derived.choices)
                .any(|choice| choice.value.contains("playwright install"));
            if !installs && !facts.plans("playwright-driver") && !facts.plans("chromium") {
                let finding = BROWSERS
                    .found("Playwright comes without browsers, and no command installs any")
                    .about("chromium")
                    .likely();
                findings
                    .push(finding.at(entry.source(), &entry.written).help("use a Dockerfile from Playwright's image"));
            }
        }
        "pyautogui" | "pynput" | "keyboard" | "mouse" | "pywhatkit" | "pygetwindow" => {
            let finding =
                DISPLAY.found(format!("{name} needs a screen, and a container has none")).about(name).likely();
            findings.push(finding.at(entry.source(), &entry.written));
        }
        _ => {}
    }
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
        for (name, row) in WHEELS.iter().flat_map(|(name, rows)| rows.iter().map(move |row| (name, row))) {
            assert!(row.len() == 3 && Version::from_str(row[1]).is_ok(), "{name} {row:?}");
            assert!(matches!(row[2], "fails" | "builds"), "{name} {row:?}");
        }
    }
}
