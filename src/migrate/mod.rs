//! From one builder to another: what changes, whether the deploy works on both, and the edit that makes it.
//!
//! Pure but for the rehearsals, which come in by a closure: two plans in, a [`Migration`] out.

mod changes;
mod search;
mod translate;

pub use changes::{Change, changes};
pub use search::{Side, search};
pub use translate::translate;

use crate::fix::{Proof, Standing};
use crate::run::Verdict;

/// What became of a migration.
#[derive(Debug)]
pub struct Migration {
    /// The builder of today.
    pub from: Side,
    /// The one to come, with the project as it is.
    pub to: Side,
    /// What is otherwise there.
    pub changes: Vec<Change>,
    /// The edit that makes it work there; absent where none is needed.
    pub proof: Option<Proof>,
}

/// Whether a search ended in an edit that is one to make: what was tried and changed nothing helps nobody, nor is it what will be
/// there.
pub fn is_shown(proof: &Proof) -> bool {
    let in_doubt = proof.standing == Standing::NotProven && proof.attempt.verdict == Verdict::CannotTell;
    proof.standing == Standing::Proven || in_doubt
}
