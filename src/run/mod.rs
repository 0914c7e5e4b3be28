//! Walks a plan in a sandbox: emits [`Event`]s, returns an [`Outcome`].

mod event;
mod outcome;

pub use event::Event;
pub use outcome::{CmdOutcome, Exit, Outcome, PhaseOutcome, Smoke, SmokeKind, SmokeResult, Status, Verdict};
