//! What a plan is made of beside the project, in the words of the command line and of scenario.toml.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::{AskError, Planner, PlannerName, Request};
use crate::builder::{Asked, railpack};
use crate::platform::{Platform, railway};
use crate::project::Repository;

/// What the planner is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PlanSettings {
    /// The folder of PATH that is deployed alone, as a platform's root directory; Railway's files still count at PATH
    #[arg(long, value_name = "DIR")]
    pub root_directory: Option<PathBuf>,
    /// The Nixpacks configuration to use instead of nixpacks.toml or nixpacks.json
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use this install command
    #[arg(short, long, value_name = "CMD")]
    pub install_cmd: Option<String>,
    /// Use this build command
    #[arg(short, long, value_name = "CMD")]
    pub build_cmd: Option<String>,
    /// Use this start command
    #[arg(short, long, value_name = "CMD")]
    pub start_cmd: Option<String>,
    /// Add Nix packages
    #[arg(short, long, value_name = "PKG", num_args = 1..)]
    pub pkgs: Vec<String>,
    /// Add Nix libraries
    #[arg(short, long, value_name = "LIB", num_args = 1..)]
    pub libs: Vec<String>,
    /// Add apt packages
    #[arg(short, long, value_name = "PKG", num_args = 1..)]
    pub apt: Vec<String>,
    /// Who derives the plan: shakedown itself, or an installed nixpacks
    #[arg(long, value_enum, default_value_t)]
    pub planner: PlannerName,
    /// Take the plan from this JSON file instead of deriving one
    #[arg(long, value_name = "FILE", conflicts_with = "planner")]
    pub plan: Option<PathBuf>,
    /// Where the project is deployed: Railway's own files count there only [default: auto]
    #[arg(long, value_enum)]
    pub platform: Option<Platform>,
    /// Who builds: auto, nixpacks, railpack or railpack@VERSION
    #[arg(long, value_name = "BUILDER")]
    #[schemars(with = "Option<String>")]
    pub builder: Option<Asked>,
    /// The releases that tools have, for Railpack: JSON, tool to versions, oldest first
    #[arg(long, value_name = "FILE")]
    pub versions: Option<PathBuf>,
    /// Railpack's configuration, relative to the project, instead of railpack.json
    #[arg(long, value_name = "FILE")]
    pub config_file: Option<String>,
    /// A tool of the build before, for Railpack
    #[arg(long, value_name = "TOOL@VERSION")]
    pub previous: Vec<String>,
    /// Let Railpack fail where nothing says how the app starts, as Railway does
    #[arg(long)]
    pub error_missing_start: bool,
    /// The Railway environment whose overrides apply
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
}

impl PlanSettings {
    /// Puts these wishes into the request for the project at its path. The plan and the table of versions are files below `base`.
    ///
    /// # Errors
    /// [`AskError`]: the root directory leads out of the project, or the table of versions cannot be read.
    /// [`Unavailable`](crate::sandbox::Unavailable): there is no `nixpacks` on PATH.
    pub fn apply(&self, base: &Path, request: &mut Request) -> Result<()> {
        if let Some(dir) = &self.root_directory {
            let folder = request.path.join(below(dir)?);
            request.repository = Repository::given(&request.path, &folder);
            request.path = folder;
        }
        let deploy = &mut request.deploy;
        deploy.build_cmd.clone_from(&self.build_cmd);
        deploy.start_cmd.clone_from(&self.start_cmd);
        deploy.platform = self.platform.unwrap_or_default();
        deploy.environment.clone_from(&self.environment);
        // Where nobody says the platform, the file stands for what the service's settings say.
        deploy.railway_ended = deploy.platform == Platform::Railway && railway::has_ended();
        let nixpacks = &mut request.nixpacks;
        nixpacks.config.clone_from(&self.config);
        nixpacks.install_cmd.clone_from(&self.install_cmd);
        nixpacks.pkgs.clone_from(&self.pkgs);
        nixpacks.libs.clone_from(&self.libs);
        nixpacks.apt.clone_from(&self.apt);
        let railpack = &mut request.railpack;
        railpack.config_file.clone_from(&self.config_file);
        railpack.previous.clone_from(&self.previous);
        railpack.error_missing_start = self.error_missing_start;
        railpack.versions = self.versions.as_ref().map(|file| read_versions(&base.join(file))).transpose()?;
        request.builder = self.builder.unwrap_or_default();
        request.planner = match &self.plan {
            Some(file) => Planner::File(base.join(file)),
            None => self.planner.find()?,
        };
        Ok(())
    }
}

/// A platform's root directory, which may be written with a slash before it.
fn below(dir: &Path) -> Result<&Path, AskError> {
    let dir = dir.strip_prefix("/").unwrap_or(dir);
    match dir.components().any(|part| part == Component::ParentDir) {
        true => Err(AskError(format!("--root-directory {}: leads out of the project", dir.display()))),
        false => Ok(dir),
    }
}

fn read_versions(file: &Path) -> Result<railpack::Table, AskError> {
    let text = std::fs::read_to_string(file).map_err(|error| AskError(format!("{}: {error}", file.display())))?;
    railpack::Table::from_json(&text).map_err(|error| AskError(format!("{}: {error}", file.display())))
}
