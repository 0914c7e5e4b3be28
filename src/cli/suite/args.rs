//! The words of `shakedown suite`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use crate::cli::output::Output;
use crate::rehearse::BackendName;
use crate::scenario::Partition;

#[derive(Debug, Clone, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The folder of scenarios; folders of projects that must work, in its place
    #[arg(default_value = "scenarios", value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Only the scenario of this name, or those that have it as a part of theirs; or further folders
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,
    /// Only scenarios with this tag; several add up
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,
    /// Only this share of the scenarios: hash:1/4, or auto for that of this task of a matrix or a job
    #[arg(long, value_name = "SHARE")]
    pub(super) partition: Option<Share>,
    /// Only those that did not pass the last time
    #[arg(long)]
    pub(super) rerun_failed: bool,
    /// Leave out what needs the network
    #[arg(long)]
    pub(super) offline: bool,
    /// Where to run; several run each scenario on each [default: auto]
    #[arg(long = "backend", value_enum, value_name = "BACKEND", value_delimiter = ',')]
    pub(super) backends: Vec<BackendName>,
    /// The nixpkgs that the nix backend uses instead of the plan's archive
    #[arg(long, value_name = "PATH|URL")]
    pub(super) nixpkgs: Option<String>,
    /// How many scenarios run at a time [default: one a processor]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// How often a scenario that met a transient fault (network, registry) is tried again
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) retries: u32,
    /// Begin no further scenario after the first that fails
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Write the reports down as expected.json instead of comparing them
    #[arg(long)]
    pub(super) accept: bool,
    /// Print the names of what would run, one a line, and run nothing
    #[arg(long, conflicts_with = "accept")]
    pub(super) list: bool,
    #[command(flatten)]
    pub(super) cluster: Cluster,
    #[command(flatten)]
    pub(super) output: Output<Format>,
}

/// Where the suite's shares run.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Cluster")]
pub(super) struct Cluster {
    /// Spread the suite over the tasks of a cluster, one share each
    #[arg(long, value_enum, value_name = "ENGINE", requires = "image", conflicts_with_all = ["accept", "list", "rerun_failed", "partition", "fail_fast"])]
    pub(super) engine: Option<Engine>,
    /// The image that the tasks run, made with docker/Dockerfile of shakedown
    #[arg(long, value_name = "IMAGE", requires = "engine")]
    pub(super) image: Option<String>,
    /// How many tasks
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=10_000), requires = "engine")]
    pub(super) tasks: u16,
    /// Kubernetes: the persistent volume claim that holds the scenarios as `suite` and takes reports in `results/JOB`
    #[arg(long, value_name = "CLAIM", default_value = "shakedown", requires = "engine")]
    pub(super) claim: String,
    /// Print what would be submitted, and submit nothing
    #[arg(long, requires = "engine")]
    pub(super) print: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// An Indexed Job of Kubernetes, with --print
    Kubernetes,
    /// A replicated job of the Docker Swarm that this node manages
    Swarm,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Human,
    /// One object with every result
    Json,
    /// A test case a scenario
    Junit,
    /// A page that needs nothing but a browser, with a time line a scenario
    Html,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum Command {
    /// Join the JSON reports of a suite's shares into one report and exit code; a share that is missing or there twice is named
    Merge(MergeArgs),
}

#[derive(Debug, Clone, ClapArgs)]
pub(super) struct MergeArgs {
    /// Where the shares' JSON reports are: folders, with folders in them, or files
    #[arg(required = true, value_name = "FOLDER")]
    pub(super) places: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) output: Output<Format>,
}

/// `--partition`
#[derive(Debug, Clone, Copy)]
pub(super) enum Share {
    /// That of this task, by the variables that its platform sets.
    Auto,
    /// This one.
    Of(Partition),
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Of) }
    }
}
