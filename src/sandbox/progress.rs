//! How a sandbox that is being made reports what takes long, and learns that nobody waits any longer.

use std::sync::atomic::{AtomicBool, Ordering};

/// Nobody waited any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Where progress is reported to, and whether anybody still waits.
pub struct Progress<'a> {
    /// Set once nobody waits any more.
    pub interrupted: &'a AtomicBool,
    /// Takes what is waited for: `pipenv 2024.0.1 from the package index`.
    pub report: &'a mut dyn FnMut(&str),
}

impl Progress<'_> {
    pub(super) fn is_cancelled(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn report(&mut self, what: &str) {
        (self.report)(what);
    }
}
