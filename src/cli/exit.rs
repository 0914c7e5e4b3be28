//! The exit codes, the whole list, and the errors that come to them.

use anyhow::Error;

use crate::project::InputError;
use crate::rehearse::{AskError, Rehearsal};
use crate::run::Verdict;
use crate::sandbox::{Interrupted, MachineFailure};

/// The end of `--help`.
pub(super) const TABLE: &str = "\
Exit codes:
  0    the deploy works (check: nothing worse than a warning)
  1    the deploy would fail
  2    wrong usage or unreadable input
  3    cannot tell: another builder, no usable backend, what only this machine lacks or has, a log without a
       known cause, or shakedown itself failed
  75   a transient fault outside the project: network or registry, what --offline kept away included
  130  interrupted";

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Works = 0,
    Fails = 1,
    Usage = 2,
    CannotTell = 3,
    Transient = 75,
    Interrupted = 130,
}

/// A fault in what the user gave us, with its place in the message.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

impl Exit {
    /// The exit code that an error comes to.
    pub(super) fn of(error: &Error) -> Self {
        if error.is::<UsageError>() || error.is::<AskError>() || error.is::<InputError>() {
            return Self::Usage;
        }
        if error.is::<Interrupted>() {
            return Self::Interrupted;
        }
        match error.downcast_ref::<MachineFailure>() {
            Some(failure) if failure.transient => Self::Transient,
            _ => Self::CannotTell,
        }
    }

    /// The exit code for what a run found.
    pub(super) fn of_run(rehearsal: &Rehearsal) -> Self {
        match rehearsal.verdict() {
            Verdict::Works => Self::Works,
            Verdict::Fails => Self::Fails,
            Verdict::CannotTell if rehearsal.transient => Self::Transient,
            Verdict::CannotTell if rehearsal.outcome.was_interrupted() => Self::Interrupted,
            Verdict::CannotTell => Self::CannotTell,
        }
    }
}
