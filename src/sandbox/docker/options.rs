//! What the user chooses of the docker backend.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When the base image is fetched from its registry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pull {
    /// When it is not there
    #[default]
    Missing,
    /// At each run
    Always,
    /// Never
    Never,
}

/// What the user chose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Instead of the plan's `buildImage`.
    pub base_image: Option<String>,
    /// Instead of the image that the plan starts the app in, where that is one of its own.
    pub run_image: Option<String>,
    /// When to fetch the image.
    pub pull: Pull,
    /// Whether `cacheDirectories` start empty and are forgotten.
    pub no_cache: bool,
    /// Folders of this machine that are to be found at their own place inside, unless there is no network. They are copied:
    /// the engine may be on another machine.
    pub shown: Vec<PathBuf>,
    /// Where what is built is a copy.
    pub copy: Option<CopyOf>,
}

/// A copy of a project with an edit, whose caches are the project's: what it is stays the same wherever the copy lies.
#[derive(Debug, Clone)]
pub struct CopyOf {
    /// The copy's folder.
    pub folder: PathBuf,
    /// The project's.
    pub project: PathBuf,
}

impl Options {
    /// The folder that the caches of `project` go by.
    pub(super) fn own_of(&self, project: &Path) -> PathBuf {
        let inside = self.copy.as_ref().and_then(|copy| Some((copy, project.strip_prefix(&copy.folder).ok()?)));
        match inside {
            // Joined with nothing, a path gets a slash.
            Some((copy, rest)) if rest.as_os_str().is_empty() => copy.project.clone(),
            Some((copy, rest)) => copy.project.join(rest),
            None => project.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_by_its_project() {
        let copy = CopyOf { folder: "/tmp/copy".into(), project: "/home/a/bot".into() };
        let options = Options { copy: Some(copy), ..Options::default() };
        let own = |project: &str| options.own_of(Path::new(project));
        assert_eq!(own("/tmp/copy").as_os_str(), "/home/a/bot");
        assert_eq!(own("/tmp/copy/web").as_os_str(), "/home/a/bot/web");
        assert_eq!(own("/tmp/other").as_os_str(), "/tmp/other");
    }
}
