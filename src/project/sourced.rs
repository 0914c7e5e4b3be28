//! A value and where it stands.

use super::Source;

/// A value that was read, and the place that it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub source: Source,
}
