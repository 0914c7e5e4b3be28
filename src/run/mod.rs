//! Walks a plan in a sandbox: emits [`Event`]s, returns an [`Outcome`].

mod event;
mod outcome;
mod settings;
mod smoke;
mod walk;

pub use event::Event;
pub use outcome::{CmdOutcome, Outcome, PhaseOutcome, Smoke, SmokeKind, SmokeResult, Status, Verdict};
pub use settings::{Settings, SmokeSettings};
pub use walk::{PRE_DEPLOY, Rehearsal, SETUP, START, run};
