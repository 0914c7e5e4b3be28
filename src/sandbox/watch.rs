//! Who waits while a sandbox is made.

use std::sync::atomic::{AtomicBool, Ordering};

/// Nobody waited any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Who waits: told of what takes long, and free to give up.
pub struct Watch<'a> {
    /// Set once nobody waits any more.
    pub interrupted: &'a AtomicBool,
    /// Takes what is waited for: `pipenv 2024.0.1 from the package index`.
    pub told: &'a mut dyn FnMut(&str),
}

impl Watch<'_> {
    pub(super) fn is_over(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn waits_for(&mut self, what: &str) {
        (self.told)(what);
    }
}
