//! Colour, and the lack of it: everything reads the same without.

use console::Style;

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

    fn with(self, style: Style, text: impl ToString) -> String {
        style.force_styling(self.on).apply_to(text.to_string()).to_string()
    }

    /// For what failed.
    pub fn bad(self, text: impl ToString) -> String {
        self.with(Style::new().red().bold(), text)
    }

    /// For what passed.
    pub fn good(self, text: impl ToString) -> String {
        self.with(Style::new().green().bold(), text)
    }

    /// For what may hurt.
    pub fn warn(self, text: impl ToString) -> String {
        self.with(Style::new().yellow().bold(), text)
    }

    /// For places, hints and commands to type.
    pub fn hint(self, text: impl ToString) -> String {
        self.with(Style::new().cyan(), text)
    }

    /// For what matters less.
    pub fn dim(self, text: impl ToString) -> String {
        self.with(Style::new().dim(), text)
    }

    /// For headings.
    pub fn bold(self, text: impl ToString) -> String {
        self.with(Style::new().bold(), text)
    }
}
