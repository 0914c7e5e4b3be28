//! How a suite is run.

use std::path::PathBuf;

use crate::rehearse::BackendName;
use crate::sandbox::docker;
use crate::sandbox::nix::Nixpkgs;

/// Everything that the user may choose about a suite.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where the scenarios are, for the accept command.
    pub folder: PathBuf,
    /// Every scenario runs on each of them.
    pub backends: Vec<BackendName>,
    /// Where the nix backend takes its packages from instead of the plan's archive.
    pub nixpkgs: Option<Nixpkgs>,
    /// How the docker backend gets its image.
    pub docker: docker::Options,
    /// How many run at a time.
    pub jobs: usize,
    /// How often a scenario that met a transient fault is tried again.
    pub retries: u32,
    /// Begin no further scenario after one that is bad.
    pub fail_fast: bool,
    /// Write reports down instead of comparing them.
    pub accept: bool,
}
