//! What the user chooses of the docker backend.

use std::path::PathBuf;

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
}
