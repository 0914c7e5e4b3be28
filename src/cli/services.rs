//! `shakedown services`: what a repository holds that could be deployed.

use std::fmt::Write;

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::args::Planning;
use super::exit::Exit;
use super::output::{Color, data, hint, print};
use crate::rehearse::{Service, services};
use crate::report::{Paint, SCHEMA, in_json};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    planning: Planning,
    /// How to report
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line a service
    #[default]
    Human,
    /// One object
    Json,
}

/// What `shakedown services --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ServicesReport<'a> {
    /// The version of the format.
    schema: u32,
    /// The root first, then those nearest to it. Places are relative to each service's folder.
    services: &'a [Service],
}

pub(super) fn run(args: Args) -> Result<Exit> {
    let request = args.planning.request(&args.planning.config()?)?;
    let found = services(&request)?;
    match args.format {
        Format::Human => print(&human(&found, Paint::new(args.color.is_on(console::colors_enabled()))))?,
        Format::Json => {
            let report = ServicesReport { schema: SCHEMA, services: &found };
            data(&(in_json(&serde_json::to_string_pretty(&report)?).into_owned() + "\n"))?;
        }
    }
    if found.is_empty() {
        return Ok(Exit::Fails);
    }
    if args.format == Format::Human {
        hint("next:", "shakedown run --root-directory FOLDER");
    }
    Ok(Exit::Works)
}

/// Two lines a service: where it is, who builds it and what it is; how it starts, or why it would not be built.
fn human(services: &[Service], paint: Paint) -> String {
    if services.is_empty() {
        return "no folder here, nor three levels below, is one that a builder would take\n".to_owned();
    }
    let mut out = String::new();
    for service in services {
        let folder = service.folder.display().to_string();
        let languages = match service.providers[..] {
            [] => String::new(),
            _ => format!(", {}", service.providers.join(" and ")),
        };
        let builder = format!("{} ({})", service.builder, service.builder_because);
        let _ = writeln!(out, "{}: {}{languages}", paint.bold(folder), builder);
        let because = service.start_because.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        let start = service.start.as_ref().map(|start| format!("{start}{because}"));
        let problem = service.problem.as_ref().map(|problem| paint.bad(problem));
        let unknown = || paint.dim("the start is not planned here");
        let _ = match (start, problem) {
            (start, Some(problem)) => {
                writeln!(out, "  not built: {problem}{}", start.map(|s| format!("; start: {s}")).unwrap_or_default())
            }
            (Some(start), None) => writeln!(out, "  start: {start}"),
            (None, None) => writeln!(out, "  {}", unknown()),
        };
    }
    out
}
