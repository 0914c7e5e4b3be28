//! What `check` knows of the project, beside what the log of a run says.

use super::Rehearsal;
use crate::finding::{Diagnosis, Evidence, Severity};

/// What the log names, and the mistake in the configuration of which that is the consequence.
const EXPLAINED_BY: &[(&str, &str)] = &[
    ("pip-not-found", "nix-python-dropped"),
    ("start-program-not-found", "nix-python-dropped"),
    ("no-start-command", "unknown-nixpacks-key"),
    ("no-start-command", "django-wsgi-not-found"),
    ("missing-shared-library", "nix-libs-dropped"),
    ("missing-compiler", "nix-compiler-dropped"),
    ("missing-system-binary", "unknown-nixpacks-key"),
    ("missing-python-module", "requirements-file-misspelt"),
    ("no-build-plan", "requirements-file-misspelt"),
    ("start-program-not-found", "venv-bypassed"),
];

/// These explain even what seems to have a cure of its own: adding the one thing that was missed first.
const DEEPER: &[&str] = &["requirements-file-misspelt", "venv-bypassed"];

impl Rehearsal {
    /// Adds what can be known without a run: cures for a cause that the log named, and a cause where it named none.
    pub(super) fn learn(&mut self, mut findings: Vec<Diagnosis>) {
        let nameless = self.diagnoses.is_empty();
        let explains = |finding: &Diagnosis| {
            let primary =
                self.diagnoses.first().filter(|primary| primary.fixes.is_empty() || DEEPER.contains(&finding.rule));
            primary.is_some_and(|primary| EXPLAINED_BY.contains(&(primary.rule, finding.rule)))
        };
        if let Some(at) = findings.iter().position(explains) {
            // What was a mere remark before the run is what broke it.
            self.diagnoses.insert(0, Diagnosis { severity: Severity::Error, ..findings.remove(at) });
        }
        let (errors, others): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|finding| finding.severity == Severity::Error);
        self.suspects = errors.iter().chain(&others).filter(|other| self.may_mend(other)).cloned().collect();
        for finding in errors {
            match self.diagnoses.iter_mut().find(|known| known.rule == finding.rule) {
                Some(known) => {
                    let is_new = |evidence: &Evidence| known.evidence.iter().all(|seen| seen.source != evidence.source);
                    let places: Vec<Evidence> = finding.evidence.into_iter().filter(is_new).collect();
                    known.evidence.extend(places);
                    if known.fixes.is_empty() {
                        known.fixes = finding.fixes;
                    }
                }
                None if nameless => self.diagnoses.push(finding),
                None => {}
            }
        }
        if nameless && !self.diagnoses.is_empty() {
            self.telling.clear();
        }
    }

    fn may_mend(&self, finding: &Diagnosis) -> bool {
        finding.severity > Severity::Note
            && !finding.fixes.is_empty()
            && self.diagnoses.iter().all(|known| known.rule != finding.rule)
    }
}
