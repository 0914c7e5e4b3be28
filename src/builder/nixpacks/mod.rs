//! What the builder would do, and why. Pure: files and variables in, a [`Plan`] with a [`Choice`] for every decision out.

pub mod external;
mod nix;
pub mod render;
mod setup;

mod derive;
mod draft;
mod error;
mod image;
mod layers;
mod list;
mod lower;
mod merge;
mod options;
mod order;
mod overlay;
mod procfile;
mod providers;
mod python;
mod refusal;

mod variables;
mod wire;

pub use draft::{phase_lists, spellings};
pub use error::PlanError;
pub use image::image;
pub use list::List;
pub use lower::lower;
pub use nix::environments as nix_environments;
pub use options::Options;
pub use order::CircularDependency;
pub(in crate::builder) use providers::regex;
pub use refusal::{buildable, refused_by_planner};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::plan::{Choice, Vars, Warning};
use crate::platform::{Deploy, railway};
use crate::project::{InputError, MAX_FILE, Project};

use derive::Made;
use overlay::Overlay;

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

/// A plan with its reasons.
#[derive(Debug, Clone)]
pub struct Derived {
    /// What the platform would build: Nixpacks' plan under the platform's own settings.
    pub plan: Plan,
    /// What `nixpacks plan` alone makes of the project, where the platform changes it; `None` when it fails alone.
    pub nixpacks: Option<Plan>,
    /// A choice for every value of `plan`, and for the decisions behind them.
    pub choices: Vec<Choice>,
    /// The providers used, in order.
    pub providers: Vec<String>,
    /// What is odd but does not fail.
    pub warnings: Vec<Warning>,
    /// The folder that was planned: the project's own, or the only one inside it.
    pub root: PathBuf,
    /// How the platform deploys.
    pub deploy: Deploy,
}

impl Derived {
    /// Whether nothing says how the app starts; a build then ends with an error.
    pub fn no_start_command(&self) -> bool {
        self.plan.start_cmd().is_none()
    }

    /// Whether there is nothing to build; a build then ends with an error.
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }
}

/// Works out what would be built, and why.
pub fn derive(project: &Project, options: &Options) -> Result<Derived, PlanError> {
    let (deploy, overlay) = platform(project, options)?;
    let Made { plan, mut choices, providers, warnings, root } = derive::make(project, options, &overlay)?;
    let nixpacks = if overlay.is_empty() {
        Some(plan.clone())
    } else {
        derive::make(project, options, &Overlay::default()).ok().map(|made| made.plan)
    };
    choices.extend(deploy.choices());
    Ok(Derived { plan, nixpacks, choices, providers, warnings, root, deploy })
}

fn platform(project: &Project, options: &Options) -> Result<(Deploy, Overlay), PlanError> {
    let read = || {
        let environment = options.environment.as_deref();
        let deploy = match options.platform.reads_railway() {
            true => railway::read(project, environment)?.unwrap_or_default(),
            false => Deploy::default(),
        };
        let overlay = Overlay::of(&deploy)?;
        Ok((deploy, overlay))
    };
    read().map_err(|error| PlanError::Input { error, messages: Vec::new() })
}

/// A plan that somebody saved, as JSON or TOML by its file name.
pub fn from_file(path: &Path) -> Result<Plan, InputError> {
    let text = crate::fs::read_text(path, MAX_FILE).map_err(|error| InputError::new(path, error))?;
    let parse =
        if path.extension().is_some_and(|ext| ext == "toml") { layers::plan_from_toml } else { layers::plan_from_json };
    parse(&text).map_err(|(line, what)| InputError::at(path, line, what))
}

impl Plan {
    /// A plan from JSON, or the line (from 1) and what is wrong there.
    pub fn from_json(text: &str) -> Result<Self, (Option<usize>, String)> {
        layers::plan_from_json(text)
    }

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

#[cfg(test)]
mod tests;
