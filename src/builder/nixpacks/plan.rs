//! A build plan in Nixpacks' own vocabulary.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::list::List;
use crate::plan::Vars;

/// A build plan; its JSON is what `nixpacks plan --format json` prints.
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
    /// Absent in a derived plan: the key it stands under is its name.
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

impl Plan {
    /// The JSON that `nixpacks plan` prints, without a final newline.
    pub fn to_json(&self) -> String {
        let mut plan = self.clone();
        for phase in plan.phases.get_or_insert_default().values_mut() {
            phase.name = None;
        }
        serde_json::to_string_pretty(&plan).unwrap_or_default()
    }

    /// The start command, where there is one.
    pub fn start_cmd(&self) -> Option<&str> {
        self.start.as_ref()?.cmd.as_deref()
    }

    /// Whether there is no phase at all.
    pub fn is_empty(&self) -> bool {
        self.phases.as_ref().is_none_or(BTreeMap::is_empty)
    }

    /// A phase by name.
    pub fn phase(&self, name: &str) -> Option<&Phase> {
        self.phases.as_ref()?.get(name)
    }
}

impl Phase {
    /// Whether it installs anything with Nix.
    pub fn uses_nix(&self) -> bool {
        !self.nix_pkgs.is_empty() || !self.nix_libs.is_empty()
    }
}
