//! `shakedown plan`: the plan alone.

use std::fmt::Write;

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};

use super::args::Planning;
use super::exit::Exit;
use super::output::{Color, data, hint, print, warn};
use super::services::next;
use crate::builder::nixpacks::{Derived, PlanError, render};
use crate::builder::railpack::{self, Version};
use crate::builder::{Asked, Planned, RailpackAnswer};
use crate::check::Facts;
use crate::check::plan::NO_PLAN;
use crate::finding::Diagnosis;
use crate::plan::Choice;
use crate::platform::Platform;
use crate::rehearse::{Request, services};
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
    let request = args.planning.request(&args.planning.config()?)?;
    let project = request.project()?;
    let paint = Paint::new(args.color.is_on(console::colors_enabled()));
    let whole = request.plan(&project)?;
    let planned = match &whole {
        Planned::Nixpacks(planned) => planned,
        Planned::Railpack(answer) => return railpack(&args, &request, answer, paint),
    };
    let derived = match planned {
        Ok(derived) => derived,
        Err(PlanError::Input { error, .. }) => return Err(error.clone().into()),
        Err(refusal) => {
            warn("error:", &refusal.to_string());
            return Ok(Exit::Fails);
        }
    };
    // The builder prints such a plan all the same.
    if derived.is_empty() {
        tell_nothing_planned(&args.planning, &request, &Facts::new(&project, &request.deploy, &whole).findings())?;
    }
    for warning in &derived.warnings {
        warn("warning:", &format!("{} ({})", warning.message, warning.source));
    }
    match (args.explain, args.format) {
        (true, Format::Human) => print(&explained(&derived.choices, paint))?,
        (true, Format::Json) => data(&(serde_json::to_string_pretty(&derived.choices)? + "\n"))?,
        (false, Format::Human) => print(&render::nixpacks_box(&derived.plan)?)?,
        (false, Format::Json) => data(&nixpacks_json(derived, request.deploy.platform))?,
    }
    Ok(Exit::Works)
}

/// What `check` says of a project without a plan, and the folder that has one.
fn tell_nothing_planned(planning: &Planning, request: &Request, findings: &[Diagnosis]) -> Result<()> {
    for found in findings.iter().filter(|found| found.rule == NO_PLAN.id) {
        warn("warning:", &format!("the plan is empty: {}", found.message));
        found.help.iter().for_each(|help| hint("help:", help));
    }
    if let Some(command) = next("plan", &services(request)?, planning) {
        hint("next:", &format!("{command} plans it"));
    }
    Ok(())
}

/// Railpack's box, what `railpack plan` prints, or the reasons.
fn railpack(args: &Args, request: &Request, answer: &RailpackAnswer, paint: Paint) -> Result<Exit> {
    let RailpackAnswer { planned, alone, because, .. } = answer;
    let alone = alone.as_ref().filter(|_| request.deploy.platform == Platform::Auto);
    let release = request.railpack.release.clone().unwrap_or_else(|| planned.version.to_string());
    if request.builder == Asked::Auto {
        warn(
            "note:",
            &format!(
                "Railpack {} builds this project ({because}); --builder nixpacks plans with Nixpacks",
                planned.version
            ),
        );
    }
    if !planned.version.is_known() {
        let (version, rules) = (planned.version, Version::known_for(planned.version));
        warn(
            "note:",
            &format!("the rules of Railpack {version} are not known; {rules}'s are applied{}", version.beside()),
        );
    }
    for note in planned.unverified_notes() {
        warn("not verified:", &note);
    }
    match (args.explain, args.format) {
        (true, Format::Human) => print(&explained(&planned.choices, paint))?,
        (true, Format::Json) => data(&(serde_json::to_string_pretty(&planned.choices)? + "\n"))?,
        (false, Format::Human) => print(&railpack::railpack_box(planned, &release))?,
        (false, Format::Json) => {
            if alone.is_some() {
                warn("note:", "railway's settings change this plan; --platform railway shows it with them");
            }
            let shown = alone.unwrap_or(planned);
            data(&(shown.plan.as_ref().map_or_else(railpack::nothing_to_json, railpack::Plan::to_json) + "\n"))?;
        }
    }
    if planned.plan.is_some() {
        return Ok(Exit::Works);
    }
    let unsupported = || format!("a {} project: only Python is planned here", planned.provider.unwrap_or("nameless"));
    warn("error:", &planned.fault().map_or_else(unsupported, str::to_owned));
    Ok(Exit::Fails)
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
fn explained(choices: &[Choice], paint: Paint) -> String {
    let mut out = String::new();
    for choice in choices {
        let value = choice.value.replace('\n', " ");
        let because = paint.hint(format!("← {}", choice.because));
        let _ = writeln!(out, "{} = {value}  {because}", paint.bold(&choice.what));
    }
    out
}
