//! What can be known of a project that Railpack builds, besides what holds for any builder.

mod apt;
pub(crate) mod config;
mod install;
mod line;
pub(super) mod packages;
pub(super) mod python;
mod start;
mod steps;
mod unread;

pub(crate) use apt::APT_REPLACED;
pub(crate) use config::{INVALID_CONFIG, NO_VENV, UNKNOWN_PROVIDER};
pub(crate) use install::{NOT_COPIED, NOTHING, by_pip};
pub(crate) use python::{NOT_PREBUILT, UNATTESTED};
pub(crate) use start::MAIN_APP;
pub(crate) use unread::RELEASE;

use line::text_at;

use super::Check;
use super::finding::{Finding, Findings, error, note, set_key};
use super::nixpacks::planned::OTHER_PROVIDER;
use super::plan::SIGNS;
use crate::builder::RailpackAnswer;
use crate::builder::railpack::{CONFIG_FILE, Plan, Version, buildable};
use crate::finding::Severity;
use crate::project::Project;

const REFUSED: Check = error(
    "railpack-no-plan",
    "Railpack makes no plan of this project, so the build ends before it begins. The message is Railpack's own.",
);

pub(crate) const UNBUILDABLE: Check = error(
    "railpack-plan-cannot-be-built",
    "Railpack plans whatever railpack.json says, and the build ends at a step, a cache or an asset that nobody defines, at steps that wait for \
     one another, or at a quote that does not end. The message is the build's own.",
);

const UNKNOWN_RELEASE: Check = note(
    "railpack-release-unknown",
    "The rules of some releases of Railpack are known here. Any other is planned by the newest known rules that are not newer than it, which may \
     differ from its own.",
);

/// Every check, by topic.
pub(super) const CHECKS: &[&[Check]] = &[
    &[REFUSED, UNBUILDABLE, UNKNOWN_RELEASE],
    apt::CHECKS,
    config::CHECKS,
    install::CHECKS,
    python::CHECKS,
    start::CHECKS,
    steps::CHECKS,
    unread::CHECKS,
];

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    // That there is nothing to plan or to start is told of every builder alike.
    let is_told = |fault: &&str| {
        ["Railpack could not determine", "No start command"].iter().any(|words| fault.starts_with(words))
    };
    if let Some(fault) = answer.planned.fault().filter(|fault| !is_told(fault)) {
        let first = fault.lines().next().unwrap_or_default();
        let (check, source) = match config::is_of_config(fault) {
            true => (INVALID_CONFIG, config::place_of(project, fault)),
            false => (REFUSED, project.file(".")),
        };
        findings.push(check.found(first).at(source.clone(), text_at(project, &source)));
    }
    if let (None, None, Some(other)) = (&answer.planned.plan, answer.planned.fault(), answer.planned.provider) {
        findings.push(other_language(project, other));
    }
    if let Some(fault) = answer.planned.unresolved() {
        let source = python::place_of(answer).unwrap_or_else(|| project.file("."));
        let finding = REFUSED.found(fault).at(source.clone(), text_at(project, &source));
        findings.push(finding.help("ask for a release of Python, for example 3.13"));
    }
    // No start command is told of every builder alike.
    let is_startless = |plan: &Plan| plan.deploy.start_command.is_empty();
    if answer.planned.plan.as_ref().is_some_and(|plan| !is_startless(plan))
        && answer.planned.unresolved().is_none()
        && let Err(refused) = buildable(answer)
    {
        let fault = refused.lines.first().cloned().unwrap_or_default();
        findings.push(UNBUILDABLE.found(fault).at(project.file(CONFIG_FILE), ""));
    }
    let version = answer.planned.version;
    if !version.is_known() {
        let known = Version::known_for(version);
        let finding = UNKNOWN_RELEASE
            .found(format!("Railpack {version} is planned by the rules of {known}, the newest known for it"));
        let finding = finding.about(version.to_string()).at(answer.because.clone(), "");
        findings.push(
            finding.help(format!("name the release that the platform runs: --builder railpack@{known}, for example")),
        );
    }
    config::check(project, answer, findings);
    apt::check(project, answer, findings);
    install::check(project, answer, findings);
    python::check(project, answer, findings);
    start::check(project, answer, findings);
    steps::check(project, answer, findings);
    unread::check(project, answer, findings);
}

/// A project that Railpack takes for one of another language.
fn other_language(project: &Project, language: &str) -> Finding {
    let signs: Vec<&str> = SIGNS.into_iter().filter(|name| project.has_file(name)).collect();
    let finding = OTHER_PROVIDER.found(format!("Railpack builds a {language} project")).about(language);
    let finding = finding.at(project.file("."), "");
    if signs.is_empty() {
        return finding.severity(Severity::Note).help("nothing here says Python");
    }
    let finding = signs.iter().fold(finding, |finding, name| finding.at(project.file(name), ""));
    let edit = set_key(&project.place(CONFIG_FILE), &["provider"], "python");
    finding.fix("say that this is a Python project", vec![edit])
}

#[cfg(test)]
mod tests;
