//! Requirements that exclude each other by what is written.

use super::facts::Facts;
use super::facts::python;
use super::facts::requirements::is_used;
use super::finding::{Check, Finding, Findings, error, remove_line};
use crate::project::marker::Platform;
use crate::project::requirements::{Entry, Origin};

pub(crate) const CONFLICT: Check = error(
    "resolution-conflict",
    "Two requirements exclude each other's versions, so no set of releases satisfies all of them.",
);

pub(super) const CHECKS: &[Check] = &[CONFLICT];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || !is_used(facts) {
        return;
    }
    let python = python::planned(facts).unwrap_or_else(|| "3.12".to_owned());
    let platform = Platform::cloud(&python);
    // The two sides of a merge that was left half done exclude each other by their nature.
    let is_merged = |path: &std::path::Path| {
        let text = facts.project.read_text(path).unwrap_or_default();
        text.lines().any(|line| line.starts_with("<<<<<<< "))
    };
    // A line that may not be in force excludes nothing.
    let in_force = |entry: &&Entry| {
        entry.requirement.origin == Origin::Index
            && entry.requirement.name.is_some()
            && entry.applies(&platform) == Some(true)
    };
    if facts.requirements().files.iter().any(|(path, _)| is_merged(path)) {
        return;
    }
    let entries: Vec<&Entry> = facts.requirements().packages.iter().filter(in_force).collect();
    for (index, later) in entries.iter().enumerate() {
        let before = entries[..index].iter().find(|entry| excludes(entry, later));
        findings.extend(before.map(|earlier| conflict(earlier, later)));
    }
}

/// Whether no version of the package satisfies both lines, as far as a pinned one tells.
fn excludes(one: &Entry, other: &Entry) -> bool {
    let (one, other, installs) = (&one.requirement, &other.requirement, !one.is_constraint || !other.is_constraint);
    let refused = match (one.pinned(), other.pinned()) {
        // 2.0+cpu satisfies ==2.0, and not the other way round.
        (Some(first), Some(second)) => !other.specifiers.contains(first) && !one.specifiers.contains(second),
        (Some(version), None) => !other.specifiers.contains(version),
        (None, Some(version)) => !one.specifiers.contains(version),
        (None, None) => false,
    };
    one.name == other.name && installs && refused
}

fn conflict(earlier: &Entry, later: &Entry) -> Finding {
    let name = earlier.requirement.name.as_deref().unwrap_or_default();
    let versions = |entry: &Entry| format!("{name}{}", entry.requirement.specifiers);
    let finding = CONFLICT
        .found(format!("{} and {} exclude each other", versions(earlier), versions(later)))
        .about(name)
        .at(earlier.source(), &earlier.written)
        .at(later.source(), &later.written);
    [earlier, later]
        .into_iter()
        .filter(|entry| entry.lines.start() == entry.lines.end())
        .zip([later, earlier])
        .fold(finding, |finding, (gone, kept)| {
            let edit = remove_line(&gone.path, *gone.lines.start(), &gone.written);
            finding.fix(format!("keep {}", versions(kept)), vec![edit])
        })
        .help("keep one of the lines")
}
