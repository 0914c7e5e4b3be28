//! The machine itself failed, which says nothing about the project.

use serde::Serialize;

/// Why a sandbox cannot go on: the engine is gone, the disk is full, the image cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{what}; {next}")]
pub struct MachineFailure {
    /// What happened.
    pub what: String,
    /// What to do about it.
    pub next: String,
    /// Whether trying again later may help without anything being changed here.
    pub transient: bool,
}

impl MachineFailure {
    /// A fault that stays until somebody does `next`.
    pub fn for_good(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into(), transient: false }
    }

    /// A fault that may be over when the same is tried again.
    pub fn for_now(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into(), transient: true }
    }
}
