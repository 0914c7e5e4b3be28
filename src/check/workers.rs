//! gunicorn's workers by names that it does not have.

use super::facts::Facts;
use super::facts::requirements::REQUIREMENTS;
use super::facts::wanted::{is_gone, worker_classes, workers_by_cores};
use super::finding::{Check, Findings, error, note, replace_line};
use crate::finding::Edit;
use crate::project::Source;

pub(crate) const UNKNOWN: Check = error(
    "worker-class-unknown",
    "gunicorn's installed release has no worker of that name: it is misspelt, or is `eventlet`, which 26.0.0 dropped. gunicorn says `class uri … \
     invalid or not found` of it as of a package that is not installed, and installing one cures nothing.",
);

const BY_CORES: Check = note(
    "workers-by-cores",
    "A container sees all cores of the machine that it runs on, whatever its own limit is. As many workers as cores, or twice as many, may be dozens there, each with the whole \
     app in memory.",
);

pub(super) const CHECKS: &[Check] = &[UNKNOWN, BY_CORES];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if let Some((source, line)) = workers_by_cores(facts) {
        let finding =
            BY_CORES.found("gunicorn makes its workers by the cores of the platform's machine").about("workers");
        let help = "say a number, or leave it to the variable that gunicorn reads: `workers = int(os.environ.get(\"WEB_CONCURRENCY\", 2))`";
        findings.push(finding.at(source, line).help(help));
    }
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
