//! What the user wants rehearsed, and the plan that comes of it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backend_name::BackendName;
use crate::builder::nixpacks::{self, Derived, Plan, PlanError};
use crate::builder::{Asked, Builder, DeployOptions, Detected, Planned, RailpackAnswer, detect, railpack, version_on};
use crate::platform::{self, Deploy};
use crate::project::{InputError, Project, Repository, Source};
use crate::run::Settings;
use crate::sandbox::nix::Nixpkgs;
use crate::sandbox::{CopyOf, Quotas, Reach, Reuse, Unavailable, docker, netns};
use crate::secret::Secrets;

/// Everything about a rehearsal that the user may choose.
#[derive(Debug, Clone)]
pub struct Request {
    /// The project's folder.
    pub path: PathBuf,
    /// Where that is a copy.
    pub copy: Option<CopyOf>,
    /// The repository that the folder is deployed alone out of.
    pub repository: Option<Repository>,
    /// What any builder is told.
    pub deploy: DeployOptions,
    /// Who builds.
    pub builder: Asked,
    /// What Nixpacks is told beside that.
    pub nixpacks: nixpacks::Options,
    /// What Railpack is told beside that.
    pub railpack: railpack::Options,
    /// Who plans.
    pub planner: Planner,
    /// Where to run.
    pub backend: BackendName,
    /// The host interpreter to use instead of searching for one.
    pub python: Option<PathBuf>,
    /// Whether uv may install the plan's interpreter where this machine lacks it.
    pub fetch_python: bool,
    /// Where the nix backend takes its packages from instead of the plan's archive.
    pub nixpkgs: Option<Nixpkgs>,
    /// How the docker backend gets its image.
    pub docker: docker::Options,
    /// Whether the network is reachable inside.
    pub network: bool,
    /// Services of this machine that are let in.
    pub reach: Vec<Reach>,
    /// The most memory the build and the app may use, in bytes.
    pub memory: Option<u64>,
    /// What else they may use.
    pub quotas: Quotas,
    /// The value of `PORT`; `None` takes a free one, the usual one if it can.
    pub port: Option<u16>,
    /// Leave the sandbox as it is when the run is over, for later runs to go on in.
    pub keep: bool,
    /// Whether what earlier runs made may be shown again.
    pub reuse: Reuse,
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

/// Who derives the plan, as people say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlannerName {
    /// Our own, equal to Nixpacks 1.41.0
    #[default]
    Builtin,
    /// The `nixpacks` on PATH
    Nixpacks,
}

impl PlannerName {
    /// The planner of that name.
    ///
    /// # Errors
    /// [`Unavailable`]: there is no `nixpacks` on PATH.
    pub fn find(self) -> Result<Planner, Unavailable> {
        match self {
            Self::Builtin => Ok(Planner::Builtin),
            Self::Nixpacks => which::which("nixpacks").map(Planner::Nixpacks).map_err(|_| Unavailable {
                missing: "--planner nixpacks: there is no nixpacks on PATH".to_owned(),
                cures: vec!["install it, for example with cargo install nixpacks --version 1.41.0 --locked".to_owned()],
            }),
        }
    }
}

impl Request {
    /// The same of a copy of the project, with an edit.
    pub fn on_copy(&self, copy: &Path) -> Self {
        let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let of = CopyOf { folder: canonical(copy), project: canonical(&self.path) };
        Self { path: copy.to_owned(), copy: Some(of), ..self.clone() }
    }

    /// Whether it can run beside one like it. With the variables of a real deploy and the network both may log in as one, and a
    /// service, a port, this machine's loopback and the files of a kept sandbox are there once.
    pub(super) fn shares_nothing(&self) -> bool {
        let has_variables = !self.deploy.env.is_empty() || self.path.join(".env").exists();
        let is_anonymous = !self.network || !has_variables;
        let has_own_loopback = || !self.network || self.backend == BackendName::Docker || netns::has_all_ports();
        let has_cores = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        let is_lone = is_anonymous && self.reach.is_empty() && self.port.is_none() && !self.keep;
        is_lone && has_cores && has_own_loopback()
    }

    /// A project, and everything else as it is by default.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            copy: None,
            repository: None,
            deploy: DeployOptions::default(),
            builder: Asked::default(),
            nixpacks: nixpacks::Options::default(),
            railpack: railpack::Options::default(),
            planner: Planner::default(),
            backend: BackendName::default(),
            python: None,
            fetch_python: false,
            nixpkgs: None,
            docker: docker::Options::default(),
            network: true,
            reach: Vec::new(),
            memory: None,
            quotas: Quotas::default(),
            port: None,
            keep: false,
            reuse: Reuse::default(),
            settings: Settings::default(),
            secrets: Secrets::default(),
        }
    }

    /// The project.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn project(&self) -> Result<Project, InputError> {
        Ok(Project::open(&self.path)?.within(self.repository.clone()))
    }

    /// The plan, by whoever is to make it. A plan file comes without reasons.
    ///
    /// # Errors
    /// The planner could not do its work.
    pub fn plan(&self, project: &Project) -> Result<Planned> {
        self.plan_for(project, self.detected(project).as_ref())
    }

    /// [`Request::plan`], once it is known who builds.
    pub(super) fn plan_for(&self, project: &Project, detected: Option<&Detected>) -> Result<Planned> {
        match detected.map(|detected| (&detected.builder, detected)) {
            Some((Builder::Railpack(version), detected)) => {
                Ok(self.plan_railpack(project, *version, detected.because.clone())?)
            }
            // Of what is not rehearsed here, too: `check` speaks of Nixpacks' plan.
            Some((Builder::Nixpacks | Builder::Dockerfile | Builder::Other(_), _)) | None => {
                self.plan_nixpacks(project)
            }
        }
    }

    fn plan_nixpacks(&self, project: &Project) -> Result<Planned> {
        Ok(Planned::Nixpacks(match &self.planner {
            Planner::Builtin => nixpacks::derive(project, &self.deploy, &self.nixpacks),
            Planner::Nixpacks(program) => nixpacks::external::derive(program, project, &self.deploy, &self.nixpacks)?,
            Planner::File(file) => match nixpacks::from_file(file) {
                Ok(plan) => Ok(given(plan, project)),
                Err(error) => Err(PlanError::Input { error, messages: Vec::new() }),
            },
        }))
    }

    /// Who builds the project, and what says so; none where a plan is given or another program derives it. Where nothing
    /// can be read, Nixpacks' planner says it best.
    pub fn detected(&self, project: &Project) -> Option<Detected> {
        let platform = self.deploy.platform;
        let asked = |builder| Some(Detected { builder, because: Source::Flag("--builder".to_owned()), doubt: None });
        match (&self.planner, self.builder) {
            (Planner::Nixpacks(_) | Planner::File(_), _) => None,
            (Planner::Builtin, Asked::Nixpacks) => asked(Builder::Nixpacks),
            (Planner::Builtin, Asked::Railpack(version)) => {
                asked(Builder::Railpack(version.unwrap_or_else(|| version_on(platform))))
            }
            (Planner::Builtin, Asked::Auto) => detect(project, &self.deploy).ok(),
        }
    }

    fn plan_railpack(
        &self,
        project: &Project,
        version: railpack::Version,
        because: Source,
    ) -> Result<Planned, InputError> {
        let options = railpack::Options { version: Some(version), ..self.railpack.clone() };
        let mut given = self.deploy.clone();
        let mut planned = railpack::plan(project, &given, &options);
        let environment = self.deploy.environment.as_deref();
        let on_railway = self.deploy.reads_railway();
        let settings = if on_railway { platform::railway::read(project, environment)? } else { None };
        let mut alone = None;
        let deploy = settings.unwrap_or_default();
        let commands = [(&deploy.build_command, &mut given.build_cmd), (&deploy.start_command, &mut given.start_cmd)];
        let mut is_changed = false;
        for (set, option) in commands {
            if let (Some(set), None) = (set, &option) {
                *option = Some(set.value.clone());
                is_changed = true;
            }
        }
        if is_changed {
            alone = Some(std::mem::replace(&mut planned, railpack::plan(project, &given, &options)));
        }
        let root = project.root().to_owned();
        Ok(Planned::Railpack(Box::new(RailpackAnswer {
            planned,
            alone,
            deploy,
            root,
            because,
            variables: railpack::variables(&given),
        })))
    }
}

fn given(plan: Plan, project: &Project) -> Derived {
    let (root, deploy) = (project.root().to_owned(), Deploy::default());
    let nixpacks = Some(plan.clone());
    Derived {
        plan,
        nixpacks,
        choices: Vec::new(),
        providers: Vec::new(),
        warnings: Vec::new(),
        root,
        config: None,
        deploy,
    }
}
