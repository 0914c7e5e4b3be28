//! Why something of the user's could not be read.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file or folder that cannot be used, with the place where known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// Relative to the project, or as given where the project itself is meant.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: Option<usize>,
    /// What is wrong, as a lower-case fragment or in the parser's own words.
    pub what: String,
}

impl InputError {
    /// A fault of the whole file.
    pub fn new(path: impl Into<PathBuf>, what: impl fmt::Display) -> Self {
        Self { path: path.into(), line: None, what: what.to_string() }
    }

    /// A fault at a line, counted from 1.
    pub fn at(path: impl AsRef<Path>, line: Option<usize>, what: impl fmt::Display) -> Self {
        Self { path: path.as_ref().to_owned(), line, what: what.to_string() }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path.display(), self.what),
            None => write!(f, "{}: {}", self.path.display(), self.what),
        }
    }
}

impl std::error::Error for InputError {}
