//! A part of an app that ended, with the cause of it.

use crate::diagnose::Rule;
use crate::finding::{Certainty, Diagnosis, Evidence, Severity};
use crate::log::{Line, Log};
use crate::project::Source;
use crate::rehearse::unreached::may_answer_elsewhere;

/// What of an app ended, and what is said of it.
pub(super) struct Ended<'a> {
    pub(super) rule: &'static Rule,
    pub(super) name: &'a str,
    pub(super) message: String,
    pub(super) help: String,
    pub(super) certainty: Certainty,
    /// What shows it: the index of the log's line.
    pub(super) at: usize,
}

impl Ended<'_> {
    /// The cause, where one is known, and that the rest goes on without it; the one is as sure as the other. A service that was out of reach
    /// here may answer in the cloud.
    pub(super) fn diagnoses(self, log: &Log, cause: Option<Diagnosis>) -> Vec<Diagnosis> {
        let certainty = match &cause {
            Some(cause) if may_answer_elsewhere(cause) => Certainty::Likely,
            _ => self.certainty,
        };
        let line = &log.lines()[self.at];
        let died = Diagnosis {
            rule: self.rule.id,
            severity: Severity::Error,
            message: self.message,
            subject: Some(self.name.to_owned()),
            evidence: vec![Evidence { source: source(line), text: line.text.clone() }],
            certainty,
            help: Some(self.help),
            fixes: Vec::new(),
        };
        let cause = cause.map(|cause| Diagnosis { severity: Severity::Error, certainty, ..cause });
        cause.into_iter().chain([died]).collect()
    }

    /// The same of one that the exception at its line ended.
    pub(super) fn raised(self, log: &Log, causes: impl Fn(&Log) -> Vec<Diagnosis>) -> Vec<Diagnosis> {
        let here = source(&log.lines()[self.at]);
        let is_it = |cause: &Diagnosis| {
            cause.rule != self.rule.id && cause.evidence.iter().any(|evidence| evidence.source == here)
        };
        // What the others print after it would say that the failure was got over.
        let cause = causes(&log.until(self.at)).into_iter().find(is_it);
        self.diagnoses(log, cause)
    }
}

fn source(line: &Line) -> Source {
    Source::Log { phase: line.phase.as_deref().map(str::to_owned), line: line.number }
}
