//! What the user wants rehearsed, and the plan that comes of it.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::BackendName;
use crate::builder::Planned;
use crate::builder::nixpacks::{self, Derived, Options, Plan, PlanError};
use crate::platform::Deploy;
use crate::project::Project;
use crate::run::Settings;
use crate::sandbox::docker;
use crate::sandbox::nix::Nixpkgs;
use crate::secret::Secrets;

/// Everything about a rehearsal that the user may choose.
#[derive(Debug, Clone)]
pub struct Request {
    /// The project's folder.
    pub path: PathBuf,
    /// What the planner is told.
    pub options: Options,
    /// Who plans.
    pub planner: Planner,
    /// Where to run.
    pub backend: BackendName,
    /// The host interpreter to use instead of searching for one.
    pub python: Option<PathBuf>,
    /// Where the nix backend takes its packages from instead of the plan's archive.
    pub nixpkgs: Option<Nixpkgs>,
    /// How the docker backend gets its image.
    pub docker: docker::Options,
    /// Whether the network is reachable inside.
    pub network: bool,
    /// The most memory the build and the app may use, in bytes.
    pub memory: Option<u64>,
    /// The value of `PORT`; `None` takes a free one, the usual one if it can.
    pub port: Option<u16>,
    /// Leave the sandbox as it is when the run is over, for later runs to go on in.
    pub keep: bool,
    /// How to run; the rehearsal fills in what the project and the platform's files say.
    pub settings: Settings,
    /// What must not be shown.
    pub secrets: Secrets,
}

/// What the user asks for does not go with the project; the message says what would.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AskError(pub String);

/// Who derives the plan.
#[derive(Debug, Clone, Default)]
pub enum Planner {
    /// Our own.
    #[default]
    Builtin,
    /// An installed `nixpacks`.
    Nixpacks(PathBuf),
    /// A plan file in Nixpacks' JSON.
    File(PathBuf),
}

impl Request {
    /// A project, and everything else as it is by default.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            options: Options::default(),
            planner: Planner::default(),
            backend: BackendName::default(),
            python: None,
            nixpkgs: None,
            docker: docker::Options::default(),
            network: true,
            memory: None,
            port: None,
            keep: false,
            settings: Settings::default(),
            secrets: Secrets::default(),
        }
    }

    /// The plan, by whoever is to make it. A plan file comes without reasons.
    ///
    /// # Errors
    /// The planner could not do its work.
    pub fn plan(&self, project: &Project) -> Result<Planned> {
        Ok(Planned::Nixpacks(match &self.planner {
            Planner::Builtin => nixpacks::derive(project, &self.options),
            Planner::Nixpacks(program) => nixpacks::external::derive(program, project, &self.options)?,
            Planner::File(file) => match nixpacks::from_file(file) {
                Ok(plan) => Ok(given(plan, project)),
                Err(error) => Err(PlanError::Input { error, messages: Vec::new() }),
            },
        }))
    }
}

fn given(plan: Plan, project: &Project) -> Derived {
    let (root, deploy) = (project.root().to_owned(), Deploy::default());
    let nixpacks = Some(plan.clone());
    Derived { plan, nixpacks, choices: Vec::new(), providers: Vec::new(), warnings: Vec::new(), root, deploy }
}
