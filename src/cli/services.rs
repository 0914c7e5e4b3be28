//! `shakedown services`: what a repository holds that could be deployed.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::args::Planning;
use super::exit::Exit;
use super::output::{Color, argument, data, hint, print};
use crate::rehearse::{Service, services};
use crate::report::{Paint, SCHEMA, in_json};
use crate::sandbox::quoted;

/// What is said of a folder that would be built and that nothing starts.
pub(super) const NO_START: &str =
    "nothing in it starts: a library, or a service that the platform's own settings start";

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
    if args.format == Format::Human
        && let Some(command) = next("run", &found, &args.planning)
    {
        hint("next:", &format!("{command} rehearses its deploy"));
    }
    Ok(Exit::Works)
}

/// The folder of the first service that can be rehearsed.
fn first_to_run(services: &[Service]) -> Option<&Path> {
    services
        .iter()
        .find(|service| service.problem.is_none() && service.start.is_some() && !service.is_library)
        .map(|found| found.folder.as_path())
}

/// A command for it.
pub(super) fn next(command: &str, services: &[Service], planning: &Planning) -> Option<String> {
    let above = planning.plan.root_directory.clone().unwrap_or_default();
    let folder: PathBuf = above.join(first_to_run(services)?).components().collect();
    let project = argument(&planning.path);
    Some(match folder == Path::new(".") || folder.as_os_str().is_empty() {
        true => format!("shakedown {command}{project}"),
        false => format!("shakedown {command} --root-directory {}{project}", quoted(&folder)),
    })
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
            (_, None) if service.is_library => writeln!(out, "  {NO_START}"),
            (Some(start), None) => writeln!(out, "  start: {start}"),
            (None, None) => writeln!(out, "  {}", unknown()),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearse::{PlanSettings, Request};

    #[test]
    fn the_next_command_names_a_folder_that_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        write("libs/common/pyproject.toml");
        write("services/my api/main.py");
        let found = || services(&Request::new(dir.path())).unwrap();
        let command = "shakedown run --root-directory 'services/my api'";
        let of = |path: &str| Planning {
            path: path.into(),
            env: Vec::new(),
            env_file: Vec::new(),
            plan: PlanSettings::default(),
        };
        assert_eq!(next("run", &found(), &of(".")).unwrap(), command);
        assert_eq!(next("run", &found(), &of("m")).unwrap(), format!("{command} m"));
        write("main.py");
        assert_eq!(next("plan", &found(), &of("m")).unwrap(), "shakedown plan m");
        assert_eq!(next("plan", &[], &of("m")), None);
    }
}
