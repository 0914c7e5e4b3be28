//! What became of scenarios.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::partition::{Partition, Whole};

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CaseStatus {
    /// As expected, in every word.
    Passed,
    /// Not run; the reason says why.
    Skipped,
    /// A transient fault outside the project, after every retry.
    Unreachable,
    /// The failure that it expects happens no more.
    Fixed,
    /// Not as expected.
    Failed,
    /// Its file cannot be used.
    Broken,
    /// The user ended it.
    Interrupted,
}

/// A scenario on a backend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// The scenario's name.
    pub scenario: String,
    /// The backend's name, as asked for.
    pub backend: String,
}

/// A phase on the scenario's own clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Its name in the plan; `start` for the started app.
    pub phase: String,
    /// Seconds since the scenario began.
    pub from: f64,
    /// Seconds it took.
    pub seconds: f64,
    /// Whether it passed.
    pub good: bool,
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseResult {
    /// Which.
    pub case: Case,
    /// How it ended.
    pub status: CaseStatus,
    /// Wall time of the last attempt.
    pub seconds: f64,
    /// How many times it was run.
    pub attempts: u32,
    /// Seconds since the suite began, for the page's common time line.
    pub from: f64,
    /// What was said of the deploy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The rule of the primary diagnosis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why it did not pass, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The report against the accepted one, as a unified diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The end of what it printed, where somebody has to look at it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// The phases, in the order they began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Span>,
}

/// All results, and what comes of them together.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// In the order they ended.
    pub results: Vec<CaseResult>,
    /// Wall time of the whole suite.
    pub seconds: f64,
    /// Whether the user ended it.
    pub interrupted: bool,
    /// The share of the suite that this is.
    pub partition: Option<Partition>,
    /// The suite that it is a share of.
    pub whole: Whole,
}

impl CaseStatus {
    /// All, for tables.
    pub const ALL: [Self; 7] =
        [Self::Passed, Self::Failed, Self::Fixed, Self::Broken, Self::Unreachable, Self::Skipped, Self::Interrupted];

    /// As files have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Unreachable => "unreachable",
            Self::Fixed => "fixed",
            Self::Failed => "failed",
            Self::Broken => "broken",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether somebody has to look at it.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Fixed | Self::Broken)
    }

    /// Whether `--rerun-failed` takes it up again.
    pub fn is_unfinished(self) -> bool {
        self.is_bad() || matches!(self, Self::Unreachable | Self::Interrupted)
    }
}

impl CaseResult {
    /// A case that ended without being run.
    pub fn unrun(case: Case, status: CaseStatus, reason: String) -> Self {
        Self {
            case,
            status,
            seconds: 0.0,
            attempts: 0,
            from: 0.0,
            verdict: None,
            rule: None,
            reasons: vec![reason],
            diff: None,
            log: Vec::new(),
            timeline: Vec::new(),
        }
    }

    /// `name` or, with several backends, `name (host)`.
    pub fn title(&self, several_backends: bool) -> String {
        self.case.title(several_backends)
    }
}

impl Case {
    /// `name` or, with several backends, `name (host)`.
    pub fn title(&self, several_backends: bool) -> String {
        match several_backends && !self.backend.is_empty() {
            true => format!("{} ({})", self.scenario, self.backend),
            false => self.scenario.clone(),
        }
    }
}

impl Summary {
    /// How many ended so.
    pub fn count(&self, status: CaseStatus) -> usize {
        self.with(status).count()
    }

    /// Those that ended so.
    pub fn with(&self, status: CaseStatus) -> impl Iterator<Item = &CaseResult> {
        self.results.iter().filter(move |result| result.status == status)
    }

    /// Those that took longest, longest first.
    pub fn slowest(&self, most: usize) -> Vec<&CaseResult> {
        let mut all: Vec<&CaseResult> = self.results.iter().filter(|result| result.attempts > 0).collect();
        all.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        all.truncate(most);
        all
    }

    /// Whether results are of more than one backend.
    pub fn has_several_backends(&self) -> bool {
        let mut backends = self.results.iter().map(|result| &result.case.backend).filter(|name| !name.is_empty());
        let first = backends.next();
        backends.any(|backend| Some(backend) != first)
    }
}

/// Seconds with milliseconds.
pub(super) fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}
