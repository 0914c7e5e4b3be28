//! The words that several formats share.

use std::time::Duration;

use crate::finding::Severity;
use crate::run::{SmokeKind, SmokeResult, Status, Verdict};
use crate::sandbox::process::Exit;
use crate::sandbox::{IndexAnswer, time_span};

pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "works",
        Verdict::Fails => "fails",
        Verdict::CannotTell => "cannot-tell",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The stable name of a status, for machines.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed(_) => "failed",
        Status::TimedOut { .. } => "timed-out",
        Status::OutOfMemory => "out-of-memory",
        Status::Interrupted => "interrupted",
        Status::Skipped => "skipped",
    }
}

/// The status in a sentence, for people.
pub(super) fn ending(status: Status) -> String {
    match status {
        Status::Passed => "passed".into(),
        Status::Failed(exit) => format!("failed with {}", exited(exit)),
        Status::TimedOut { silent: true } => "printed nothing for too long and was ended".into(),
        Status::TimedOut { silent: false } => "took too long and was ended".into(),
        Status::OutOfMemory => "was killed for memory".into(),
        Status::Interrupted => "was interrupted".into(),
        Status::Skipped => "was not run".into(),
    }
}

pub(super) fn exited(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit code {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
    }
}

/// The exit code as a shell would see it, where there is one.
pub(super) fn exit_code(status: Status) -> Option<i32> {
    match status {
        Status::Passed => Some(0),
        Status::Failed(exit) => Some(exit.code()),
        Status::OutOfMemory => Some(137),
        Status::TimedOut { .. } | Status::Interrupted | Status::Skipped => None,
    }
}

pub(super) fn kind(kind: Option<SmokeKind>) -> &'static str {
    match kind {
        Some(SmokeKind::Exits) => "exits",
        Some(SmokeKind::StaysUp) => "stays-up",
        Some(SmokeKind::Answers) => "answers",
        Some(SmokeKind::Listens) => "listens",
        None => "any",
    }
}

/// The stable name of a probe's result, for machines.
pub(super) fn result(result: &SmokeResult) -> &'static str {
    match result {
        SmokeResult::Exited => "exited",
        SmokeResult::StayedUp => "stayed-up",
        SmokeResult::Answered { .. } => "answered",
        SmokeResult::ExitedEarly { silent: true } => "exited-early-silently",
        SmokeResult::ExitedEarly { silent: false } => "exited-early",
        SmokeResult::Crashed(_) => "crashed",
        SmokeResult::OutOfMemory => "out-of-memory",
        SmokeResult::LoopbackOnly(_) => "loopback-only",
        SmokeResult::WrongPort { .. } => "wrong-port",
        SmokeResult::NeverListened => "never-listened",
        SmokeResult::NeverLoads => "never-loads",
        SmokeResult::PageFailed => "page-failed",
        SmokeResult::BadStatus(_) => "bad-status",
        SmokeResult::NoAnswer(_) => "no-answer",
        SmokeResult::StillRunning => "still-running",
        SmokeResult::Interrupted => "interrupted",
    }
}

/// A probe's result in a sentence, for people.
pub(super) fn found(result: &SmokeResult) -> String {
    match result {
        SmokeResult::Exited => "ended with exit code 0".into(),
        SmokeResult::StayedUp => "stayed up".into(),
        SmokeResult::Answered { status } => format!("answered HTTP {status}"),
        SmokeResult::ExitedEarly { silent: true } => "ended at once with exit code 0 and printed nothing".into(),
        SmokeResult::ExitedEarly { silent: false } => "ended with exit code 0 although it should keep running".into(),
        SmokeResult::Crashed(exit) => format!("crashed with {}", exited(*exit)),
        SmokeResult::OutOfMemory => "was killed for memory".into(),
        SmokeResult::LoopbackOnly(address) => {
            format!("listens on {address} only, which the platform cannot reach: bind 0.0.0.0")
        }
        SmokeResult::WrongPort { found, expected } => {
            format!("listens on {found} while PORT is {expected}")
        }
        SmokeResult::NeverListened => "is alive but never listened on a port".into(),
        SmokeResult::NeverLoads => "is alive, and starts again and again what cannot load the app".into(),
        SmokeResult::PageFailed => "answers, but the code of its page fails for every visitor".into(),
        SmokeResult::BadStatus(status) => format!("answered HTTP {status}"),
        SmokeResult::NoAnswer(why) => format!("listens but did not answer: {why}"),
        SmokeResult::StillRunning => "was still running when time ran out".into(),
        SmokeResult::Interrupted => "was interrupted".into(),
    }
}

/// Where it was run; nothing where nothing was.
pub(super) fn on(backend: &str) -> String {
    match backend {
        "none" => String::new(),
        name => format!(" on {name}"),
    }
}

/// `0.4s`, `12.3s`, `2m05s`.
pub(super) fn took(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match took.as_secs() {
        0..60 => format!("{seconds:.1}s"),
        whole => format!("{}m{:02}s", whole / 60, whole % 60),
    }
}

/// That a command's work is from an earlier run, how old it is, and whether it is still what the index gives.
pub(super) fn reused(age_seconds: u64, index: IndexAnswer) -> String {
    let asked = match index {
        IndexAnswer::Unchanged => "; the package index says the same",
        IndexAnswer::NotAsked => "; the package index was not asked",
        IndexAnswer::NotNeeded => "",
    };
    format!("as a run {} ago made it{asked}", time_span(age_seconds))
}

/// That a command is run though an earlier run of the project has done it.
pub(super) fn again(because: &str) -> String {
    format!("run again: {because}")
}

/// That the next run does again what a command has done.
pub(super) fn not_kept(why: &str) -> String {
    format!("not kept for the next run: {why}")
}

/// Whether a command line is made of several commands.
pub(super) fn is_chain(cmd: &str) -> bool {
    ["&&", "||", ";"].iter().any(|word| cmd.contains(word))
}

/// `1 error`, `2 errors`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
