//! Packages that fail to build, and which package it is.

use std::sync::LazyLock;

use regex::Regex;

use super::find;
use super::imports::is_building;
use crate::diagnose::rank::Finding;
use crate::diagnose::reading::Reading;
use crate::diagnose::rule::HINT;

/// Lines that name the package being built, best first.
static NAMED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"Failed building wheel for (\S+)",
        r"(?:Could not build wheels for|Failed to build installable wheels for .*pyproject\.toml based projects \(|Failed to build) [`']?([\w.-]+(?:==[\w.]+)?)",
        r"Failed to (?:download and )?build:? `([^`]+)`",
        r"Building wheel for (\S+) \(",
        r"([A-Za-z][\w.-]*)\.egg-info",
        r"/pip-install-\w+/([\w.-]+?)_[0-9a-f]{16,}/",
        r"^\s*Collecting ([^\s(]+)",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// Rules whose subject is the package that was being built.
const ABOUT_A_PACKAGE: &[&str] = &["missing-compiler", "missing-rust", "no-wheel-for-python", "legacy-setup-py"];

const FAILED: &[&str] = &[
    "did not run successfully",
    "metadata-generation-failed",
    "Failed building wheel",
    "subprocess-exited-with-error",
    "Failed to build",
    "build backend returned an error",
];

static COMPILE_ERROR: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\.(?:c|cc|cpp|cxx|pyx|h|hpp):\d+(?::\d+)?: (?:fatal )?error: ").ok());

/// A package's own setup that breaks, where no line says why in words we know.
pub(super) fn read(reading: &Reading<'_>, found: &mut Vec<Finding>) {
    let failed = reading.lines.iter().any(|line| FAILED.iter().any(|word| line.text.contains(word)));
    if !failed {
        return;
    }
    for raised in reading.raised.iter().filter(|raised| raised.traced && is_building(raised)) {
        if matches!(
            raised.short(),
            "CalledProcessError" | "SystemExit" | "CompileError" | "BuildError" | "DistutilsError"
        ) {
            continue;
        }
        let own = reading.back_from(raised.at, 400, |text| {
            text.trim_start().starts_with("Collecting ")
                || text.trim_start().starts_with("Processing /")
                || text.contains("Obtaining file:")
        });
        let own_project = own.is_some_and(|line| !reading.text(line).trim_start().starts_with("Collecting "));
        let id = if own_project { "build-backend-config" } else { "no-wheel-for-python" };
        find(found, id, raised.at, HINT);
    }
    let error =
        reading.lines.iter().position(|line| COMPILE_ERROR.as_ref().is_some_and(|regex| regex.is_match(&line.text)));
    if let Some(at) = error {
        find(found, "no-wheel-for-python", at, HINT);
    }
}

/// Gives the package's name to the findings that are about one.
pub(super) fn name_packages(reading: &Reading<'_>, found: &mut [Finding]) {
    for finding in
        found.iter_mut().filter(|finding| finding.subject.is_none() && ABOUT_A_PACKAGE.contains(&finding.rule.id))
    {
        finding.subject = package_at(reading, finding.at);
    }
}

fn package_at(reading: &Reading<'_>, at: usize) -> Option<String> {
    let after = at..reading.lines.len().min(at + 400);
    let before = (at.saturating_sub(400)..at).rev();
    if let Some(name) = mentioned_above(reading, at) {
        return Some(name);
    }
    NAMED.iter().find_map(|regex| {
        after.clone().chain(before.clone()).find_map(|index| {
            regex.captures(reading.text(index)).map(|found| found[1].trim_end_matches([',', '.']).to_owned())
        })
    })
}

/// The name that pip prints alone on a line, above "This is an issue with the package mentioned above".
fn mentioned_above(reading: &Reading<'_>, at: usize) -> Option<String> {
    let note = (at..reading.lines.len().min(at + 400))
        .find(|index| reading.text(*index).contains("issue with the package mentioned above"))?;
    let above = (at..note)
        .rev()
        .map(|index| reading.text(index).trim_start_matches([' ', '╰', '─', '>']))
        .find(|text| !text.is_empty())?;
    let is_name = !above.contains(' ') && above.starts_with(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| above.to_owned())
}
