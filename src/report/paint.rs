//! Colour, and the lack of it: everything reads the same without. It is seen once the text is sanitized.

use super::sanitize::painted;

/// Styles that do nothing where colour is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// For files, pipes and tests.
    pub const PLAIN: Self = Self { on: false };

    /// With or without colour.
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    fn with(self, numbers: &str, text: impl ToString) -> String {
        if self.on { painted(numbers, &text.to_string()) } else { text.to_string() }
    }

    /// For what failed.
    pub fn bad(self, text: impl ToString) -> String {
        self.with("31;1", text)
    }

    /// For what passed.
    pub fn good(self, text: impl ToString) -> String {
        self.with("32;1", text)
    }

    /// For what may hurt.
    pub fn warn(self, text: impl ToString) -> String {
        self.with("33;1", text)
    }

    /// For places, hints and commands to type.
    pub fn hint(self, text: impl ToString) -> String {
        self.with("36", text)
    }

    /// For what matters less.
    pub fn dim(self, text: impl ToString) -> String {
        self.with("2", text)
    }

    /// For headings.
    pub fn bold(self, text: impl ToString) -> String {
        self.with("1", text)
    }
}
