//! `shakedown plan`: the plan alone.

use std::fmt::Write;

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};

use super::args::Planning;
use super::config::Config;
use super::exit::Exit;
use super::output::{Color, print, warn};
use crate::builder::Planned;
use crate::builder::nixpacks::{Derived, PlanError, render};
use crate::platform::Platform;
use crate::project::Project;
use crate::report::Paint;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    planning: Planning,
    /// The Nixpacks box, or Nixpacks' own JSON (what `nixpacks plan` prints)
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Say for every value which file and line, rule or default chose it
    #[arg(long)]
    explain: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Human,
    Json,
}

pub(super) fn run(args: Args) -> Result<Exit> {
    let request = args.planning.request(&Config::read(&args.planning.path)?)?;
    let project = Project::open(&request.path)?;
    let paint = Paint::new(args.color.is_on(console::colors_enabled()));
    let Planned::Nixpacks(planned) = request.plan(&project)?;
    let derived = match planned {
        Ok(derived) => derived,
        Err(PlanError::Input { error, .. }) => return Err(error.into()),
        Err(refusal) => {
            warn("error:", &refusal.to_string());
            return Ok(Exit::Fails);
        }
    };
    for warning in &derived.warnings {
        warn("warning:", &format!("{} ({})", warning.message, warning.source));
    }
    match (args.explain, args.format) {
        (true, Format::Human) => print(&explained(&derived, paint))?,
        (true, Format::Json) => print(&(serde_json::to_string_pretty(&derived.choices)? + "\n"))?,
        (false, Format::Human) => print(&render::nixpacks_box(&derived.plan)?)?,
        (false, Format::Json) => print(&nixpacks_json(&derived, request.options.platform))?,
    }
    Ok(Exit::Works)
}

/// What `nixpacks plan` would print: the platform's own settings are in it only when they are asked for.
fn nixpacks_json(derived: &Derived, platform: Platform) -> String {
    match &derived.nixpacks {
        Some(own) if platform == Platform::Auto => {
            if *own != derived.plan {
                let hint = "railway's settings change this plan; --platform railway shows it with them";
                warn("note:", hint);
            }
            own.to_json() + "\n"
        }
        _ => derived.plan.to_json() + "\n",
    }
}

/// A value a line, with what chose it.
fn explained(derived: &Derived, paint: Paint) -> String {
    let mut out = String::new();
    for choice in &derived.choices {
        let value = choice.value.replace('\n', " ");
        let because = paint.hint(format!("← {}", choice.because));
        let _ = writeln!(out, "{} = {value}  {because}", paint.bold(&choice.what));
    }
    out
}
