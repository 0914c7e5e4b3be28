//! What the planner says while it plans.

use std::fmt;

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What was found or chosen.
    Info,
    /// What is odd.
    Warn,
    /// What will change.
    Deprecation,
    /// What could be done.
    Suggestion,
    /// Why there is no plan.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Deprecation => "DEPRECATION",
            Self::Suggestion => "SUGGESTION",
            Self::Error => "ERROR",
        })
    }
}

/// A message in Railpack's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How it is meant.
    pub level: Level,
    /// May have several lines.
    pub text: String,
    /// The page of Railpack's manual, as a path.
    pub docs: Option<&'static str>,
    /// Whether it is printed at once, before and outside the box.
    pub at_once: bool,
}

/// Messages in the order in which they are said.
#[derive(Debug, Default)]
pub(super) struct Log(Vec<Message>);

impl Log {
    pub(super) fn say(&mut self, level: Level, text: impl Into<String>) {
        self.0.push(Message { level, text: text.into(), docs: None, at_once: false });
    }

    pub(super) fn info(&mut self, text: impl Into<String>) {
        self.say(Level::Info, text);
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.say(Level::Warn, text);
    }

    pub(super) fn error(&mut self, text: impl Into<String>) {
        self.say(Level::Error, text);
    }

    pub(super) fn suggest(&mut self, text: impl Into<String>, docs: Option<&'static str>) {
        self.0.push(Message { level: Level::Suggestion, text: text.into(), docs, at_once: false });
    }

    /// A warning that does not wait for the box.
    pub(super) fn warn_at_once(&mut self, text: impl Into<String>) {
        self.0.push(Message { level: Level::Warn, text: text.into(), docs: None, at_once: true });
    }

    /// Those that are printed at once come first.
    pub(super) fn into_messages(self) -> Vec<Message> {
        let (first, rest): (Vec<Message>, Vec<Message>) = self.0.into_iter().partition(|message| message.at_once);
        first.into_iter().chain(rest).collect()
    }
}
