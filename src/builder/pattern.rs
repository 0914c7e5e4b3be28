//! The builders' own patterns.

use regex::Regex;

/// A pattern of this program's own.
pub(in crate::builder) fn regex(pattern: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "patterns are literals, each used by a test")]
    Regex::new(pattern).unwrap()
}
