//! What became of a run. A failed deploy is an [`Outcome`], never an error.

use std::net::SocketAddr;
use std::time::Duration;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::phases::START;
use crate::sandbox::Origin;
use crate::sandbox::process::Exit;

/// What the tool says of the deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every phase passed and the app came up.
    Works,
    /// The cloud would fail as the run did.
    Fails,
    /// The run says nothing about the project.
    CannotTell,
}

/// How a command, a phase or the smoke run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Exit code 0.
    Passed,
    /// Any other exit.
    Failed(Exit),
    /// The total time-out, or (`silent`) the one for output, ran out.
    TimedOut {
        /// Whether it was the silence that ended it.
        silent: bool,
    },
    /// Killed for memory.
    OutOfMemory,
    /// The user ended the run.
    Interrupted,
    /// Not run, since an earlier one failed.
    Skipped,
}

/// Everything a run found out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// In the order they ran, `setup` first; phases after a failure are [`Status::Skipped`].
    pub phases: Vec<PhaseOutcome>,
    /// Absent when the build failed or the plan has no start command.
    pub smoke: Option<Smoke>,
}

/// What became of one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseOutcome {
    /// Its name in the plan.
    pub name: String,
    /// How it ended: that of its first command that did not pass.
    pub status: Status,
    /// In order.
    pub cmds: Vec<CmdOutcome>,
}

/// What became of one command.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CmdOutcome {
    /// Verbatim from the plan.
    pub cmd: String,
    /// How it ended.
    pub status: Status,
    /// Wall time in seconds.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub took: Duration,
    /// Whether its work is an earlier run's; absent where nothing is reused at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// What the smoke probe expects of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SmokeKind {
    /// End by itself with exit code 0
    Exits,
    /// Stay alive
    StaysUp,
    /// Answer HTTP on PORT
    Answers,
    /// Listen on a port, whatever it speaks there
    Listens,
}

/// What the smoke probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Smoke {
    /// The start command.
    pub cmd: String,
    /// What was expected; absent when anything a healthy app may do was accepted.
    pub kind: Option<SmokeKind>,
    /// What was found.
    pub result: SmokeResult,
    /// Wall time in seconds until the answer was known.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub took: Duration,
    /// How many lines it had printed when it was judged: what follows is the end that it was asked for.
    #[serde(skip)]
    pub lines: usize,
    /// What the app listened on when it was judged; nothing where it had ended.
    pub listening: Vec<SocketAddr>,
    /// Services of this machine that the app was connected to over loopback.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<SocketAddr>,
    /// The command line of what was running when the judgement fell, where that was no good one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<String>,
    /// The command lines of all that was running when the judgement fell; none where they cannot be seen.
    #[serde(skip)]
    pub programs: Vec<String>,
    /// Stylesheets and scripts of the page that it answered with 404.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unserved: Vec<String>,
    /// Whether the app refuses the host that it was asked for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refuses_host: bool,
    /// The path that a redirect of the probe's own led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub led_to: Option<String>,
    /// Whether the page was opened as a visitor does; absent where the app's code runs without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was_visited: Option<bool>,
    /// Whom the app sends to the very page that he asked for, over HTTPS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_back: Option<SentBack>,
    /// Whether the app ended within the grace period after SIGTERM; absent when it was gone before.
    pub stops_on_sigterm: Option<bool>,
}

#[cfg(test)]
impl Smoke {
    /// Of `python main.py`, with this result and nothing else seen.
    pub(crate) fn of(result: SmokeResult) -> Self {
        Self {
            cmd: "python main.py".to_owned(),
            kind: None,
            result,
            took: Duration::ZERO,
            lines: usize::MAX,
            listening: Vec::new(),
            outside: Vec::new(),
            running: None,
            programs: Vec::new(),
            unserved: Vec::new(),
            refuses_host: false,
            led_to: None,
            was_visited: None,
            sent_back: None,
            stops_on_sigterm: None,
        }
    }
}

/// Whom an app sends on to HTTPS in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentBack {
    /// The health check, which wants 200 and asks over plain HTTP alone.
    HealthCheck,
    /// Every visitor, who is there already: the app does not see that the edge was asked over HTTPS.
    Visitors,
}

/// The probe's answers, good ones first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmokeResult {
    /// Ended with exit code 0, as a script should.
    Exited,
    /// Alive until the probe ended it.
    StayedUp,
    /// Answered HTTP: with 200 where a path was given, with anything but a server error where none was.
    Answered {
        /// The HTTP status.
        status: u16,
    },
    /// Ended with exit code 0 although it should stay.
    ExitedEarly {
        /// Whether it printed nothing at all.
        silent: bool,
    },
    /// Ended otherwise.
    Crashed(Exit),
    /// Killed for memory.
    OutOfMemory,
    /// Listens on loopback only, on whatever port.
    LoopbackOnly(SocketAddr),
    /// Listens on another port than `PORT`.
    WrongPort {
        /// Where it listens.
        found: SocketAddr,
        /// What `PORT` said.
        expected: u16,
    },
    /// Alive, and listens nowhere.
    NeverListened,
    /// Listens, and answered with this HTTP status until time ran out, or for so long that more time would change nothing.
    BadStatus(u16),
    /// Listens, and did not answer HTTP in time; says why.
    NoAnswer(String),
    /// Answers, and the code of its page fails for every visitor.
    PageFailed,
    /// Alive, and starts processes again and again that cannot load the app.
    NeverLoads,
    /// A script that was still running at the time-out.
    StillRunning,
    /// The user ended the run.
    Interrupted,
}

impl Outcome {
    /// What the run says of the deploy. `CannotTell` is for runs that the user cut short.
    pub fn verdict(&self) -> Verdict {
        let built = self.phases.iter().all(|phase| phase.status == Status::Passed);
        match &self.smoke {
            _ if self.was_interrupted() => Verdict::CannotTell,
            Some(smoke) if built && smoke.result.is_good() => Verdict::Works,
            None if built => Verdict::Works,
            _ => Verdict::Fails,
        }
    }

    /// Whether the user ended the run.
    pub fn was_interrupted(&self) -> bool {
        self.phases.iter().any(|phase| phase.status == Status::Interrupted)
            || self.smoke.as_ref().is_some_and(|smoke| smoke.result == SmokeResult::Interrupted)
    }

    /// The last phase of a run that passed and was not to go on to the start.
    pub fn ended_after(&self) -> Option<&str> {
        match self.smoke {
            None if self.verdict() == Verdict::Works => self.phases.last().map(|phase| phase.name.as_str()),
            _ => None,
        }
    }

    /// The phase that failed, `start` when it was the smoke run.
    pub fn failing_phase(&self) -> Option<&str> {
        let broken = |phase: &&PhaseOutcome| !matches!(phase.status, Status::Passed | Status::Skipped);
        let phase = self.phases.iter().find(broken).map(|phase| phase.name.as_str());
        phase.or_else(|| self.smoke.as_ref().filter(|smoke| !smoke.result.is_good()).map(|_| START))
    }
}

/// Whether the path itself explains a status, whatever the app logs of it and however long it is given.
pub(crate) fn is_of_the_path(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308 | 401 | 403 | 404 | 405)
}

impl SmokeResult {
    /// Whether the deploy would be healthy.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Exited | Self::StayedUp | Self::Answered { .. })
    }
}

/// Seconds with milliseconds, as every report shows them.
pub(crate) fn seconds<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((took.as_secs_f64() * 1000.0).round() / 1000.0)
}
