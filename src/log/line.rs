//! A line of a log.

use std::sync::Arc;

/// One kept line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1 in the log as it was given (per phase where phases were given).
    pub number: usize,
    /// The phase whose output it is, where the log was recorded by phase.
    pub phase: Option<Arc<str>>,
    /// The service or stream that printed it, where several share the log (`web |`, `db |`).
    pub service: Option<Arc<str>>,
    /// Without decorations and line end.
    pub text: String,
}
