//! Patterns that every line of a log is held against.

use std::sync::OnceLock;

use regex::{Captures, Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// A pattern, compiled when it is first needed. One that does not compile never matches; a test compiles all that the
/// sources hold (`tests/patterns.rs`), and a debug build panics.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: &'static str,
    unicode: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, unicode: true, compiled: OnceLock::new() }
    }

    /// A pattern whose classes are ASCII's: the tables of all of Unicode take many times as long to build and to walk. What
    /// may be any character says so: `(?u:.)`.
    pub(crate) const fn ascii(text: &'static str) -> Self {
        Self { text, unicode: false, compiled: OnceLock::new() }
    }

    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compiled(self.text, self.unicode)).as_ref()
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// The groups of every match, in order.
    pub(crate) fn captures_iter<'p, 't>(&'p self, text: &'t str) -> impl Iterator<Item = Captures<'t>> + use<'p, 't> {
        self.regex().into_iter().flat_map(move |regex| regex.captures_iter(text))
    }

    /// The text with every match replaced; `$1` is a group.
    pub(crate) fn replace_all(&self, text: &str, by: &str) -> String {
        self.regex().map_or_else(|| text.to_owned(), |regex| regex.replace_all(text, by).into_owned())
    }

    /// The pattern's groups, where the text has it. Whether it has is asked first: that costs a fraction of asking where.
    pub(crate) fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex().filter(|regex| regex.is_match(text))?.captures(text)
    }
}

pub(super) fn compiled(text: &str, unicode: bool) -> Option<Regex> {
    let built = RegexBuilder::new(text).unicode(unicode).build();
    debug_assert!(built.is_ok(), "{built:?}");
    built.ok()
}

/// A set of patterns whose classes are ASCII's.
pub(crate) fn ascii_set<'p>(patterns: impl Iterator<Item = &'p str>) -> Option<RegexSet> {
    let built = RegexSetBuilder::new(patterns).unicode(false).build();
    debug_assert!(built.is_ok(), "{built:?}");
    built.ok()
}
