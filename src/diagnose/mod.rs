//! From what is known of a failure to its cause. Pure: a [`Case`] in, [`Diagnosis`]es out, the primary one first.

pub mod check;

mod cures;
mod diagnosis;
mod judge;
mod log;
pub mod names;
mod outcome;
mod pattern;
mod places;
mod rank;
mod reading;
pub mod replay;
mod rule;
mod rules;
mod trace;

pub use diagnosis::{Certainty, Diagnosis, Edit, Evidence, Fix, Severity};
pub use judge::{Case, diagnose, explain, telling_lines};
pub use log::{Form, Line, Log, LogBuilder};
pub use rule::Rule;
pub use rules::RULES;
