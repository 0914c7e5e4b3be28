//! Nixpacks' plan of a project, and why it is so. Pure: files and variables in, a [`Plan`] with a [`Choice`] for every decision out.

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
mod plan;
mod procfile;
mod providers;
mod python;
mod refusal;
mod saved;
mod variables;
mod wire;

pub use draft::{phase_lists, spellings};
pub use error::PlanError;
pub use image::image;
pub use layers::CONFIG_FILES;
pub use list::List;
pub use lower::lower;
pub use nix::environments as nix_environments;
pub use options::Options;
pub use order::CircularDependency;
pub use plan::{Phase, Plan, Start};
pub use refusal::{buildable, refused_by_planner};
pub use saved::from_file;

use std::path::PathBuf;

use crate::builder::DeployOptions;
use crate::plan::{Choice, Warning};
use crate::platform::{Deploy, railway};
use crate::project::Project;

use derive::Made;
use overlay::Overlay;

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
    /// The configuration file that was asked for in place of nixpacks.toml, relative to `root`.
    pub config: Option<PathBuf>,
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
pub fn derive(project: &Project, given: &DeployOptions, options: &Options) -> Result<Derived, PlanError> {
    let (deploy, overlay) = platform(project, given)?;
    let Made { plan, mut choices, providers, warnings, root } = derive::make(project, given, options, &overlay)?;
    let nixpacks = if overlay.is_empty() {
        Some(plan.clone())
    } else {
        derive::make(project, given, options, &Overlay::default()).ok().map(|made| made.plan)
    };
    choices.extend(deploy.choices());
    let config = options.config.clone();
    Ok(Derived { plan, nixpacks, choices, providers, warnings, root, config, deploy })
}

fn platform(project: &Project, given: &DeployOptions) -> Result<(Deploy, Overlay), PlanError> {
    let read = || {
        let environment = given.environment.as_deref();
        let deploy = match given.reads_railway() {
            true => railway::read(project, environment)?.unwrap_or_default(),
            false => Deploy::default(),
        };
        let overlay = Overlay::of(&deploy)?;
        Ok((deploy, overlay))
    };
    read().map_err(|error| PlanError::Input { error, messages: Vec::new() })
}

#[cfg(test)]
mod tests;
