//! gunicorn's workers by names that it does not have.

use super::facts::Facts;
use super::facts::requirements::REQUIREMENTS;
use super::facts::wanted::{is_gone, worker_classes};
use super::finding::{Check, Findings, error, replace_line};
use crate::finding::Edit;
use crate::project::Source;

pub(crate) const UNKNOWN: Check = error(
    "worker-class-unknown",
    "gunicorn's installed release has no worker of that name: it is misspelt, or is `eventlet`, which 26.0.0 dropped. gunicorn says `class uri … \
     invalid or not found` of it as of a package that is not installed, and installing one cures nothing.",
);

pub(super) const CHECKS: &[Check] = &[UNKNOWN];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for class in worker_classes(facts).iter().filter(|class| is_gone(facts, &class.name)) {
        let finding = UNKNOWN
            .found(format!("gunicorn has no worker {} since 26.0.0", class.name))
            .about(&class.name)
            .at(class.source.clone(), &class.text)
            .help("hold gunicorn back (`gunicorn<26`), or take `-k gthread --threads 100` and leave eventlet out of the requirements: Flask-SocketIO then serves by threads");
        findings.push(finding.fix("require gunicorn<26", older(facts)));
    }
}

/// The line that requires gunicorn, with a bound.
fn older(facts: &Facts<'_>) -> Vec<Edit> {
    let entry = facts.requirements().of("gunicorn").find(|entry| !entry.is_constraint);
    let Some(entry) = entry.filter(|entry| !entry.written.contains(['[', ';', '#', '\\'])) else { return Vec::new() };
    let Source::File { path, line: Some(line) } = entry.source() else { return Vec::new() };
    let is_list = path.ends_with(REQUIREMENTS);
    is_list.then(|| replace_line(&path, line, &entry.written, "gunicorn<26".to_owned())).into_iter().collect()
}
