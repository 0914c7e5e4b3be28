//! A sandbox that outlived its run, for people to look into and for later runs to go on in.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a kept sandbox is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// A path as a shell takes it back.
pub fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.into_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

impl Kept {
    /// What to type to remove it; `shakedown doctor --clean` removes it as well.
    pub fn removal(&self) -> String {
        match self {
            Self::Folder(folder) => format!("rm -rf {}", quoted(folder)),
            Self::Container { engine, name } => format!("{engine} rm --force {name}"),
        }
    }
}
