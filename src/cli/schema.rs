//! `shakedown schema`: the formats that people write by hand, and the reports that programs read.

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};
use schemars::schema_for;

use super::config::Config;
use super::doctor;
use super::exit::Exit;
use super::fix::FixReport;
use super::output::data;
use super::services::ServicesReport;
use crate::report;
use crate::scenario::{self, Definition};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Which format
    #[arg(value_enum)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// shakedown.toml
    Config,
    /// scenario.toml
    Scenario,
    /// What `run --format json` prints
    Run,
    /// What `check --format json` prints
    Check,
    /// What `fix --format json` prints
    Fix,
    /// What `migrate --format json` prints
    Migrate,
    /// What `replay --format json` prints
    Replay,
    /// What `suite --format json` prints
    Suite,
    /// What `services --format json` prints
    Services,
    /// What `doctor --format json` prints
    Doctor,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Scenario => "scenario",
            Self::Run => "run",
            Self::Check => "check",
            Self::Fix => "fix",
            Self::Migrate => "migrate",
            Self::Replay => "replay",
            Self::Suite => "suite",
            Self::Services => "services",
            Self::Doctor => "doctor",
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let mut schema = match args.format {
        Format::Config => Config::schema(),
        Format::Scenario => Definition::schema(),
        Format::Run => report::run_schema().to_value(),
        Format::Check => report::check_schema().to_value(),
        Format::Fix => schema_for!(FixReport<'static>).to_value(),
        Format::Migrate => report::migration_schema().to_value(),
        Format::Replay => report::replay_schema().to_value(),
        Format::Suite => scenario::json_schema().to_value(),
        Format::Services => schema_for!(ServicesReport<'static>).to_value(),
        Format::Doctor => doctor::schema().to_value(),
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$id".to_owned(), scenario::schema_address(args.format.name()).into());
    }
    data(&(serde_json::to_string_pretty(&schema)? + "\n"))?;
    Ok(Exit::Works)
}
