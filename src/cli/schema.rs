//! `shakedown schema`: the formats that people write by hand, for editors and validators.

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};

use super::exit::Exit;
use super::output::print;
use crate::scenario::Definition;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Which format
    #[arg(value_enum)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// scenario.toml
    Scenario,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let schema = match args.format {
        Format::Scenario => Definition::schema(),
    };
    print(&(serde_json::to_string_pretty(&schema)? + "\n"))?;
    Ok(Exit::Works)
}
