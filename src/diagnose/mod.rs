//! From what is known of a failure to its cause. Pure: a [`Case`] in, [`Diagnosis`]es out, the primary one first.

mod cures;
mod judge;
mod outcome;
mod places;
mod rank;
mod reading;
pub mod replay;
mod rule;
mod rules;

pub use judge::{Case, diagnose, explain, telling_lines};
pub use rule::Rule;
pub use rules::RULES;
