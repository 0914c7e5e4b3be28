//! Whether a command's work is an earlier run's, and what was asked before it was shown again.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::Unverified;
use super::process::Limits;
use super::step::Step;

/// Whether what earlier runs made may be shown again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reuse {
    /// Nothing is shown again, and nothing is kept.
    #[default]
    Never,
    /// Everything is made anew, and kept.
    Keep,
    /// What would come out the same is shown again.
    Show,
}

/// Where a command's work is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// An earlier run.
    Reused {
        /// How long ago that was, in seconds.
        age_seconds: u64,
        /// What the package index said to it.
        index: IndexAnswer,
    },
    /// This run.
    Anew {
        /// Why no earlier run's would do.
        because: String,
        /// Whether an earlier run of this project had done it, so that `because` is what is otherwise since.
        #[serde(default)]
        changed: bool,
        /// Why it will not do for later ones either.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(default)]
        not_kept: Option<String>,
    },
}

/// What the package index said before a command's work was shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndexAnswer {
    /// Every page is as it was.
    Unchanged,
    /// It was not asked, because there is no network.
    NotAsked,
    /// The command had asked it nothing.
    NotNeeded,
}

/// A command of the build, before it is run.
#[derive(Debug, Clone, Copy)]
pub struct Upcoming<'a> {
    /// The command.
    pub step: Step<'a>,
    /// How long it may take.
    pub limits: Limits,
}

impl Prepared {
    /// It is run, and nobody has looked at earlier runs.
    pub const RUN: Self = Self::Run { origin: None, is_watched: false };
}

/// What is to be done with an [`Upcoming`] command.
#[derive(Debug)]
pub enum Prepared {
    /// Nothing: what it would make is there.
    Done {
        /// What it had printed, line by line, secrets masked.
        output: Vec<String>,
        /// Where its work is from.
        origin: Origin,
    },
    /// It is to be run.
    Run {
        /// Why, where earlier runs were looked at.
        origin: Option<Origin>,
        /// Whether what it makes may be kept.
        is_watched: bool,
    },
}

/// What the verdict does not cover where an index could not be asked; `age` is how long ago the run was that asked it.
pub(super) fn not_asked(age: Duration) -> Unverified {
    let why = format!(
        "what it installed is from a run of {} ago; without network nobody could ask whether the package index still says the same",
        time_span(age.as_secs())
    );
    Unverified { what: "reuse".to_owned(), why }
}

/// Seconds in the largest unit that says enough: `90 seconds`, `3 days`.
pub fn time_span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_told_in_one_unit() {
        let shown = [1, 119, 120, 7200, 172_800].map(time_span);
        assert_eq!(shown, ["1 second", "119 seconds", "2 minutes", "2 hours", "2 days"]);
    }
}
