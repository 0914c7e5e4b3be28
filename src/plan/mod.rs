//! What the builder would do, and why. Pure: files and variables in, a [`Plan`] with a [`Choice`] for every decision out.

mod list;
mod order;

pub use list::List;
pub use order::CircularDependency;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::project::Source;

/// Variables by name, sorted.
pub type Vars = BTreeMap<String, String>;

/// A build plan in Nixpacks' own vocabulary; its JSON is what `nixpacks plan --format json` prints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Providers asked for by name; empty when detection chose.
    #[serde(default, skip_serializing_if = "List::is_absent")]
    pub providers: List,
    /// The base image of the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_image: Option<String>,
    /// Variables of the build and of the started app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<Vars>,
    /// Files written to `/assets/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_assets: Option<Vars>,
    /// Phases by name; [`Plan::phases_in_order`] gives the order they run in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<BTreeMap<String, Phase>>,
    /// How the app starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
}

/// A named part of the build: packages, commands, and what they need.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phase {
    /// Equal to the key it stands under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Phases that run before this one.
    #[serde(default, skip_serializing_if = "List::is_absent")]
    pub depends_on: List,
    /// Nix attributes to install.
    #[serde(default, alias = "nixPackages", skip_serializing_if = "List::is_absent")]
    pub nix_pkgs: List,
    /// Nix attributes whose libraries are put on `LD_LIBRARY_PATH`.
    #[serde(default, alias = "nixLibraries", skip_serializing_if = "List::is_absent")]
    pub nix_libs: List,
    /// URLs of Nix overlays.
    #[serde(default, skip_serializing_if = "List::is_absent")]
    pub nix_overlays: List,
    /// The nixpkgs commit that the packages come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nixpkgs_archive: Option<String>,
    /// Debian or Ubuntu packages to install.
    #[serde(default, alias = "aptPackages", skip_serializing_if = "List::is_absent")]
    pub apt_pkgs: List,
    /// Shell commands, each run in a login shell of its own.
    #[serde(default, alias = "commands", skip_serializing_if = "List::is_absent")]
    pub cmds: List,
    /// When present, only these files of the project are there while the phase runs.
    #[serde(default, skip_serializing_if = "List::is_absent")]
    pub only_include_files: List,
    /// Directories kept from one build to the next.
    #[serde(default, skip_serializing_if = "List::is_absent")]
    pub cache_directories: List,
    /// Directories put in front of `PATH`, from this phase on.
    #[serde(default, alias = "envPaths", skip_serializing_if = "List::is_absent")]
    pub paths: List,
}

/// How the app starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// The start command, run by `bash -l -c`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmd: Option<String>,
    /// An image the built app is copied into; the venv and Nix do not come along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_image: Option<String>,
    /// The only files copied into `run_image`.
    #[serde(default, skip_serializing_if = "List::is_absent")]
    pub only_include_files: List,
    /// The user the app runs as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// One decision of the planner: `python = 3.11`, because `runtime.txt:1` says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The plan's key, for example `phases.install.cmds`.
    pub what: String,
    /// The value chosen, in the plan's own words.
    pub value: String,
    /// The place or rule that chose it.
    pub because: Source,
}
