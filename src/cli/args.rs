//! Argument groups that several commands share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use bytesize::ByteSize;
use clap::Args;

use super::config::{self, Config};
use super::output::warn;
use super::values::{memory, size, span};
use super::variables::{read_env_file, refuse_what_no_process_takes};
use crate::plan::Vars;
use crate::project::Repository;
use crate::rehearse::{BackendName, PlanSettings, Request};
use crate::run::{SmokeKind, Window};
use crate::sandbox::nix::Nixpkgs;
use crate::sandbox::{Reach, Reuse, docker};
use crate::secret::Secrets;

/// What is planned, and from what.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Plan")]
pub(super) struct Planning {
    /// The project's folder
    #[arg(default_value = ".", value_name = "PATH", help_heading = None)]
    pub(super) path: PathBuf,
    /// A variable of the deploy: NAME=VALUE, or NAME to take it from this shell
    #[arg(short, long = "env", value_name = "NAME[=VALUE]")]
    pub(super) env: Vec<String>,
    /// A file of NAME=VALUE lines
    #[arg(long, value_name = "FILE")]
    pub(super) env_file: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) plan: PlanSettings,
}

/// With fewer processes no build comes to its end.
const FEWEST: u32 = 16;

/// Where the plan is run, and within what limits.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sandbox")]
pub(super) struct Sandboxing {
    /// Where to run [default: auto]
    #[arg(long, value_enum, env = "SHAKEDOWN_BACKEND")]
    pub(super) backend: Option<BackendName>,
    /// The host interpreter to use instead of searching for one
    #[arg(long, value_name = "PATH")]
    pub(super) python: Option<PathBuf>,
    /// The nixpkgs that the nix backend uses instead of the plan's archive
    #[arg(long, value_name = "PATH|URL")]
    pub(super) nixpkgs: Option<String>,
    /// The image that the docker backend builds on instead of the plan's
    #[arg(long, value_name = "IMAGE")]
    pub(super) base_image: Option<String>,
    /// The image that the docker backend starts the app in instead of the plan's, where Railpack builds
    #[arg(long, value_name = "IMAGE")]
    pub(super) run_image: Option<String>,
    /// When the docker backend fetches its image
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(super) pull: docker::Pull,
    /// Leave the docker backend's cache volumes alone
    #[arg(long)]
    pub(super) no_cache: bool,
    /// The most memory the build and the app may use: 512MB, or that of a plan, railway-hobby [default: half of this machine's]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub(super) memory: Option<ByteSize>,
    /// How many processes there may be at once [default: 4096]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(i64::from(FEWEST)..))]
    pub(super) processes: Option<u32>,
    /// How much the run may write to disk [default: 20GB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) disk: Option<ByteSize>,
    /// Run without network; what an earlier run installed is used without asking the package index
    #[arg(long)]
    pub(super) offline: bool,
    /// Let the sandbox reach this service of your machine, for example localhost:5432; the verdict says so
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "offline")]
    pub(super) reach: Vec<Reach>,
    /// Run every command, also where an earlier run's work would do, with wheels that the index still names; so too where CI=true
    #[arg(long)]
    pub(super) fresh: bool,
    /// How long each command may take [default: 30m]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) timeout: Option<Duration>,
    /// How long a command may print nothing [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) silence: Option<Duration>,
}

/// How the started app is judged.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Smoke probe")]
pub(super) struct Probing {
    /// What the app should do [default: chosen from the plan and the project]
    #[arg(long, value_enum, value_name = "KIND")]
    pub(super) expect: Option<SmokeKind>,
    /// How long a bot or worker must stay up [default: 10s]
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(super) stay: Option<Duration>,
    /// How long a web app has until it answers, or a script until it ends [default: healthcheckTimeout, else 60s and up to 300s while it is at work]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) within: Option<Duration>,
    /// How long the app has to end after SIGTERM [default: 3s]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) grace: Option<Duration>,
    /// The value of PORT [default: a free one]
    #[arg(long, value_name = "PORT")]
    pub(super) port: Option<u16>,
    /// The path that must answer 200 [default: railway.json's healthcheckPath]
    #[arg(long, value_name = "PATH")]
    pub(super) health: Option<String>,
}

/// All that a rehearsal is asked with.
#[derive(Debug, Clone, Args)]
pub(super) struct Rehearsing {
    #[command(flatten)]
    pub(super) planning: Planning,
    #[command(flatten)]
    pub(super) sandboxing: Sandboxing,
    #[command(flatten)]
    pub(super) probing: Probing,
}

impl Rehearsing {
    /// What to rehearse, with the settings of PATH that are in it.
    pub(super) fn request(&self) -> Result<(Config, Request)> {
        let config = self.planning.config()?;
        let mut request = self.planning.request(&config)?;
        self.sandboxing.apply(&config, &mut request);
        self.probing.apply(&config.smoke, &mut request);
        Ok((config, request))
    }
}

impl Planning {
    /// The settings of PATH; those of the root directory where PATH has none.
    pub(super) fn config(&self) -> Result<Config> {
        match self.plan.root_directory.as_ref().filter(|_| !Config::is_in(&self.path)) {
            Some(dir) => Config::read(&self.path.join(dir.strip_prefix("/").unwrap_or(dir))),
            None => Config::read(&self.path),
        }
    }

    /// What to rehearse; sandbox and probe as they are by default.
    pub(super) fn request(&self, config: &Config) -> Result<Request> {
        let process_env: Vars = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let mut env: Vec<String> = config.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        for file in config.env_file.iter().map(|file| self.path.join(file)).chain(self.env_file.iter().cloned()) {
            env.extend(read_env_file(&file)?);
        }
        env.extend(self.env.iter().cloned());
        refuse_what_no_process_takes(&env)?;
        for name in env.iter().filter(|given| !given.contains('=') && !process_env.contains_key(*given)) {
            warn("warning:", &format!("--env {name}: this shell has no {name}, so the deploy has none either"));
        }
        let secrets = Secrets::of(env.iter().filter_map(|given| match given.split_once('=') {
            Some((name, value)) => Some((name, value)),
            None => Some((given.as_str(), process_env.get(given)?.as_str())),
        }));
        let mut request = Request { repository: Repository::around(&self.path), secrets, ..Request::new(&self.path) };
        self.settings(config).apply(Path::new(""), &mut request)?;
        request.deploy.env = env;
        request.deploy.process_env = process_env;
        Ok(request)
    }

    /// What the planner is told, by the command line or else by the settings.
    pub(super) fn settings(&self, config: &Config) -> PlanSettings {
        PlanSettings {
            root_directory: self.plan.root_directory.clone().or_else(|| config.root_directory.clone()),
            platform: self.plan.platform.or(config.platform),
            builder: self.plan.builder.or(config.builder),
            ..self.plan.clone()
        }
    }
}

impl Sandboxing {
    /// Puts the user's wishes into the request.
    pub(super) fn apply(&self, config: &Config, request: &mut Request) {
        request.backend = self.backend.or(config.backend).unwrap_or_default();
        request.python = self.python.clone().or_else(|| config.python.clone());
        request.nixpkgs = self.nixpkgs.as_deref().map(Nixpkgs::parse);
        request.docker = docker::Options {
            base_image: self.base_image.clone(),
            run_image: self.run_image.clone(),
            pull: self.pull,
            no_cache: self.no_cache,
            ..docker::Options::default()
        };
        request.network = !self.offline && !config.offline;
        request.reach = config.reach.iter().chain(&self.reach).cloned().collect();
        let is_fresh = self.fresh || std::env::var("CI").is_ok_and(|value| value == "true");
        request.reuse = if is_fresh { Reuse::Keep } else { Reuse::Show };
        request.memory = self.memory.or(config.memory).map(|size| size.as_u64());
        let quotas = &mut request.quotas;
        quotas.processes = self.processes.or(config.processes).map_or(quotas.processes, |most| most.max(FEWEST));
        quotas.disk = self.disk.or(config.disk).map_or(quotas.disk, |size| size.as_u64());
        let limits = &mut request.settings.limits;
        limits.total = self.timeout.or(config.timeout).unwrap_or(limits.total);
        limits.silence = self.silence.or(config.silence).or(limits.silence);
    }
}

impl Probing {
    /// Puts the user's wishes into the request.
    pub(super) fn apply(&self, config: &config::Smoke, request: &mut Request) {
        request.port = self.port.or(config.port);
        let smoke = &mut request.settings.smoke;
        smoke.kind = self.expect.or(config.expect);
        smoke.stay = self.stay.or(config.stay).unwrap_or(smoke.stay);
        smoke.window = self.within.or(config.within).map_or(smoke.window, Window::asked);
        smoke.grace = self.grace.or(config.grace).unwrap_or(smoke.grace);
        smoke.path = self.health.clone().or_else(|| config.health.clone());
    }
}
