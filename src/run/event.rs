//! All that passes from running to showing. Every text in an event has its secrets masked already.

use std::time::Duration;

use serde::Serialize;

use super::outcome::{Smoke, Status, Verdict};
use crate::sandbox::IndexAnswer;

/// Something that happened while a plan was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// `host`, `nix` or `docker`.
        backend: String,
        /// One line: why this backend.
        reason: String,
    },
    /// Something takes long before the first phase can begin.
    Waiting {
        /// What is waited for: `pipenv 2024.0.1 from the package index`.
        what: String,
    },
    /// A phase begins.
    PhaseStarted {
        /// Its name in the plan; `start` for the smoke run.
        phase: String,
    },
    /// A command begins.
    CmdStarted {
        /// The phase it belongs to.
        phase: String,
        /// Verbatim from the plan.
        cmd: String,
        /// Whether it is run; otherwise something of this machine takes its place.
        is_run: bool,
    },
    /// What follows was printed by an earlier run, whose work is shown in place of the command's.
    Reused {
        /// The phase it belongs to.
        phase: String,
        /// How long ago that was, in seconds.
        age_seconds: u64,
        /// What the package index said to it.
        index: IndexAnswer,
    },
    /// A command that an earlier run of this project has done is run again.
    Again {
        /// The phase it belongs to.
        phase: String,
        /// What has changed since.
        because: String,
    },
    /// What a command made is being kept for the next run.
    Keeping {
        /// The phase it belongs to.
        phase: String,
    },
    /// A line of output, stdout and stderr in the order they came.
    Line {
        /// The phase that printed it.
        phase: String,
        /// Without its line end; invalid UTF-8 replaced.
        text: String,
    },
    /// A command ended.
    CmdFinished {
        /// The phase it belongs to.
        phase: String,
        /// Verbatim from the plan.
        cmd: String,
        /// How it ended.
        status: Status,
        /// Wall time in seconds.
        #[serde(serialize_with = "super::outcome::seconds")]
        took: Duration,
    },
    /// A phase ended.
    PhaseFinished {
        /// Its name in the plan.
        phase: String,
        /// How it ended.
        status: Status,
        /// Wall time in seconds.
        #[serde(serialize_with = "super::outcome::seconds")]
        took: Duration,
    },
    /// The smoke probe has its answer.
    SmokeFinished {
        /// What was found.
        smoke: Smoke,
    },
    /// The run is over.
    RunFinished {
        /// The verdict on the run.
        verdict: Verdict,
        /// The phase that failed.
        failed_phase: Option<String>,
        /// The primary diagnosis' rule.
        rule: Option<String>,
        /// Whether the user ended it.
        interrupted: bool,
    },
}
