//! What `check` knows of the project, beside what the log of a run says.

use super::Rehearsal;
use crate::diagnose::rule;
use crate::finding::{Diagnosis, Evidence, Severity};

impl Rehearsal {
    /// Adds what can be known without a run: cures for a cause that the log named, and a cause where it named none.
    pub(super) fn learn(&mut self, mut findings: Vec<Diagnosis>) {
        let nameless = self.diagnoses.is_empty();
        let primary = self.diagnoses.first();
        let explanations = primary.and_then(|primary| rule(primary.rule)).map_or(&[][..], |rule| rule.explained_by);
        let has_fix = primary.is_some_and(|primary| !primary.fixes.is_empty());
        let explains = |finding: &Diagnosis| {
            explanations.iter().any(|known| known.by.id == finding.rule && (known.over_fixes || !has_fix))
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
