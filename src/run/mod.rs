//! Walks a plan in a sandbox: emits [`Event`]s, returns an [`Outcome`].

mod activity;
mod event;
mod expectation;
mod hosts;
mod inspect;
mod judge;
mod loads;
mod outcome;
mod page;
mod phases;
mod pre_deploy;
mod printed;
mod record;
mod redirect;
mod sent_back;
mod settings;
mod smoke;
mod visit;
mod walk;
mod websocket;

pub use event::Event;
pub use expectation::{Hints, expectation};
pub(crate) use outcome::is_of_the_path;
pub use outcome::{CmdOutcome, Outcome, PhaseOutcome, SentBack, Smoke, SmokeKind, SmokeResult, Status, Verdict};
pub use phases::{PRE_DEPLOY, START};
pub use record::{Ending, Header, Record, last, last_written};
pub use settings::{Settings, SmokeSettings, Until, Window};
pub use walk::{AtStart, Job, Ran, run};
