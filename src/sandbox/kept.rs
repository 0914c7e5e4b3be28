//! A sandbox that outlived its run, for people to look into and for later runs to go on in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a kept sandbox is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// The run's own directory.
    Folder(PathBuf),
    /// A container that goes on without us.
    Container {
        /// `docker` or `podman`.
        engine: String,
        /// Its name there.
        name: String,
    },
}

impl Kept {
    /// What to type to remove it; `shakedown doctor --clean` removes it as well.
    pub fn removal(&self) -> String {
        match self {
            Self::Folder(folder) => format!("rm -rf '{}'", folder.display()),
            Self::Container { engine, name } => format!("{engine} rm --force {name}"),
        }
    }
}
