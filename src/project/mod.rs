//! What is in the user's folder, read with places (file and line). Never writes, never runs.

mod source;

pub use source::Source;

use std::path::{Path, PathBuf};

/// A folder that somebody deploys.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The project's root folder, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }
}
