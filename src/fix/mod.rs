//! From a diagnosis to edits, a diff, and a proof.
//!
//! Pure until [`Patch::apply`]: a patch is worked out in memory, tried on a copy, and written only as a whole.

mod apply;
mod change;
mod cut;
mod diff;
mod edit;
mod expect;
mod git;
mod keyed;
mod lines;
mod patch;
mod place;
mod prove;
mod tree;
mod trial;

pub use edit::Refused;
pub use git::{GitState, git_state};
pub use patch::Patch;
pub use prove::{Attempt, Bounds, Proof, Rehearse, Standing, Step, Trial, patched, phase_rank, prove};
pub use trial::TrialCopy;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod prove_tests;
#[cfg(test)]
mod tests;
