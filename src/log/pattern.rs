//! Patterns that every line of a log is held against.

use regex::{Captures, Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// A pattern whose classes are ASCII's: the tables of all of Unicode take many times as long to build and to walk. What may
/// be any character says so: `(?u:.)`.
pub(crate) fn ascii(pattern: &str) -> Option<Regex> {
    let built = RegexBuilder::new(pattern).unicode(false).build();
    debug_assert!(built.is_ok(), "{built:?}");
    built.ok()
}

/// The same for a set.
pub(crate) fn ascii_set<'p>(patterns: impl Iterator<Item = &'p str>) -> Option<RegexSet> {
    let built = RegexSetBuilder::new(patterns).unicode(false).build();
    debug_assert!(built.is_ok(), "{built:?}");
    built.ok()
}

/// The pattern's groups, where the text has it. Whether it has is asked first: that costs a fraction of asking where.
pub(crate) fn captures<'t>(regex: Option<&Regex>, text: &'t str) -> Option<Captures<'t>> {
    regex.filter(|regex| regex.is_match(text))?.captures(text)
}
