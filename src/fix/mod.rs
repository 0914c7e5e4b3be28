//! From a diagnosis to edits, a diff, and a proof.
//!
//! Pure until [`Patch::apply`]: a patch is worked out in memory, tried on a copy, and written only as a whole.

mod apply;
mod cut;
mod diff;
mod edit;
mod expect;
mod keyed;
mod lines;
mod patch;
mod place;
mod tree;

pub use edit::Refused;
pub use patch::Patch;

#[cfg(test)]
mod tests;
