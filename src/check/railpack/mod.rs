//! What can be known of a project that Railpack builds.

mod install;
mod python;
mod unread;

use super::Check;
use super::finding::{Findings, error};
use crate::builder::OfRailpack;
use crate::finding::Diagnosis;
use crate::project::Project;

const REFUSED: Check = error(
    "railpack-no-plan",
    "Railpack makes no plan of this project, so the build ends before it begins. The message is Railpack's own.",
);

/// Every check, by topic.
pub(super) const CHECKS: &[&[Check]] = &[&[REFUSED], install::CHECKS, python::CHECKS, unread::CHECKS];

/// What can be known, the worst first.
pub(super) fn check(project: &Project, answer: &OfRailpack) -> Vec<Diagnosis> {
    let mut findings = Findings::default();
    if let Some(fault) = answer.planned.fault() {
        let first = fault.lines().next().unwrap_or_default();
        findings.push(REFUSED.found(first).at(project.file("."), first));
    }
    install::look(project, answer, &mut findings);
    python::look(project, answer, &mut findings);
    unread::look(project, answer, &mut findings);
    findings.sorted()
}

#[cfg(test)]
mod tests;
