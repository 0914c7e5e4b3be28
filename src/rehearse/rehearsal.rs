//! A run and everything found out from it.

use std::time::{Duration, Instant};

use crate::builder::Detected;
use crate::finding::{Certainty, Diagnosis, Evidence, Severity};
use crate::log::Log;
use crate::plan::Plan;
use crate::run::{Event, Outcome, Verdict};
use crate::sandbox::{Kept, Unverified};

/// A run and everything found out from it.
#[derive(Debug, Clone, Default)]
pub struct Rehearsal {
    /// What was run; empty where no plan could be made.
    pub plan: Plan,
    /// Who builds the project and what says so; none where the plan was given.
    pub builder: Option<Detected>,
    /// Whether that is a builder that is not rehearsed here.
    pub is_elsewhere: bool,
    /// `host`, `nix` or `docker`; `none` where nothing could be run.
    pub backend: String,
    /// One line: why this backend.
    pub reason: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The primary one first.
    pub diagnoses: Vec<Diagnosis>,
    /// What the run printed, as far as it is kept.
    pub log: Log,
    /// The most telling lines of the log, for a failure without a known cause.
    pub telling: Vec<Evidence>,
    /// What the verdict does not cover.
    pub unverified: Vec<Unverified>,
    /// Whether the fault is a transient one outside the project.
    pub transient: bool,
    /// Something declared that this machine lacks and the cloud has, where that may well be the cause of the failure.
    pub absent: Option<Unverified>,
    /// What else `check` would mend, likelier first; for `fix` to try when the causes themselves are not cured.
    pub suspects: Vec<Diagnosis>,
    /// Where the sandbox was left, if it was.
    pub kept: Option<Kept>,
    /// Wall time.
    pub took: Duration,
}

impl Rehearsal {
    /// What is said of the deploy. What is known to end it counts even where the run here worked. A transient fault (no
    /// network) says nothing about the project, nor does a package that is missing on this machine alone.
    pub fn verdict(&self) -> Verdict {
        if self.is_elsewhere {
            return Verdict::CannotTell;
        }
        let errors = || self.diagnoses.iter().filter(|finding| finding.severity == Severity::Error);
        let decided = errors().any(|finding| finding.certainty == Certainty::Certain);
        match self.outcome.verdict() {
            Verdict::Fails if self.transient || self.absent.is_some() => Verdict::CannotTell,
            Verdict::Works if decided => Verdict::Fails,
            Verdict::Works if self.is_in_doubt() => Verdict::CannotTell,
            Verdict::Works if self.leans_on_this_machine() => Verdict::CannotTell,
            verdict => verdict,
        }
    }

    /// Whether it went well here, and a fault that is likely would end it in the cloud.
    pub fn is_in_doubt(&self) -> bool {
        self.outcome.verdict() == Verdict::Works
            && self.diagnoses.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Whether the app talked to a service of this machine, which the cloud does not have.
    fn leans_on_this_machine(&self) -> bool {
        self.outcome.smoke.as_ref().is_some_and(|smoke| !smoke.outside.is_empty())
    }

    /// The whole of what is said: what can be known without a run is in it before anybody is told.
    pub(super) fn finish(mut self, known: Vec<Diagnosis>, started: Instant, emit: &mut dyn FnMut(&Event)) -> Self {
        self.add_known(known);
        self.took = started.elapsed();
        let verdict = self.verdict();
        emit(&Event::RunFinished {
            verdict,
            failed_phase: self.outcome.failing_phase().map(str::to_owned),
            rule: self.primary().map(|diagnosis| diagnosis.rule.to_owned()),
            interrupted: self.outcome.was_interrupted(),
        });
        self
    }

    /// The cause, where the deploy does not work.
    pub fn primary(&self) -> Option<&Diagnosis> {
        self.diagnoses.first().filter(|_| self.verdict() != Verdict::Works)
    }
}
