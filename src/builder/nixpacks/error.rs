//! Why there is no plan.

use std::fmt;
use std::path::Path;

use crate::project::{InputError, Project, Source};

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// A file cannot be read or parsed.
    Input {
        /// Which, where, and what is wrong.
        error: InputError,
        /// The messages of Nixpacks' own error, outermost first; empty where Nixpacks does not read the file.
        messages: Vec<String>,
    },
    /// Nixpacks ends with an error of its own.
    Refused {
        /// Its messages, outermost first, word for word.
        messages: Vec<String>,
        /// What makes it do so.
        because: Source,
    },
    /// Nixpacks itself crashes.
    Panics {
        /// The panic's message, word for word.
        message: String,
        /// Where in Nixpacks.
        place: &'static str,
        /// What makes it do so.
        because: Source,
    },
    /// Another language is chosen (or asked for), whose plans only Nixpacks itself can make.
    OtherProvider {
        /// The providers that would be used, in order.
        names: Vec<String>,
        /// What chooses the first of them that is not Python.
        because: Source,
    },
}

impl PlanError {
    /// An error of Nixpacks with one message.
    pub(super) fn refused(message: impl fmt::Display, because: Source) -> Self {
        Self::Refused { messages: vec![message.to_string()], because }
    }

    /// The same with one more message around it.
    pub(super) fn context(mut self, message: impl Into<String>) -> Self {
        if let Self::Input { messages, .. } | Self::Refused { messages, .. } = &mut self {
            messages.insert(0, message.into());
        }
        self
    }

    /// What is to blame.
    pub fn because(&self) -> Source {
        match self {
            Self::Input { error, .. } => Source::File { path: error.path.clone(), line: error.line },
            Self::Refused { because, .. } | Self::Panics { because, .. } | Self::OtherProvider { because, .. } => {
                because.clone()
            }
        }
    }
}

/// Reads a file as Nixpacks does; its error speaks of the path relative to the folder being planned.
pub(super) fn read(project: &Project, path: impl AsRef<Path>) -> Result<String, PlanError> {
    let path = path.as_ref();
    project.read_text(path).map_err(|error| {
        let shown = path.strip_prefix(project.root()).unwrap_or(path);
        let messages = vec![format!("Error reading {}", shown.display()), error.what.clone()];
        PlanError::Input { error, messages }
    })
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { error, .. } => error.fmt(f),
            Self::Refused { messages, because } => write!(f, "nixpacks refuses: {} ({because})", messages.join(": ")),
            Self::Panics { message, place, because } => {
                write!(f, "nixpacks crashes: {message} (in its {place}, because of {because})")
            }
            Self::OtherProvider { names, because } => {
                write!(f, "{because} makes this a {} project, not a Python one", names.join(" and "))
            }
        }
    }
}

impl std::error::Error for PlanError {}
