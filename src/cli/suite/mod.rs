//! `shakedown suite`: the regression suite.

mod show;

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result};
use clap::{ArgMatches, Args as ClapArgs, ValueEnum};

use super::exit::{Exit, UsageError};
use super::interrupt;
use super::output::{self, Output, print};
use crate::rehearse::BackendName;
use crate::report::{Paint, in_json, shown};
use crate::sandbox::docker;
use crate::sandbox::nix::Nixpkgs;
use crate::scenario::{
    self, CaseResult, CaseStatus, FILE, Partition, Selected, Selection, Settings, State, SuiteError, Summary, discover,
};

#[derive(Debug, Clone, ClapArgs)]
pub(super) struct Args {
    /// The folder of scenarios
    #[arg(default_value = "scenarios", value_name = "DIR")]
    dir: PathBuf,
    /// Only the scenario of this name, or those that have it as a part of theirs
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only scenarios with this tag; several add up
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Only this share of the scenarios, for a CI matrix: hash:1/4
    #[arg(long, value_name = "SHARE")]
    partition: Option<Partition>,
    /// Only those that did not pass the last time
    #[arg(long)]
    rerun_failed: bool,
    /// Leave out what needs the network
    #[arg(long)]
    offline: bool,
    /// Where to run; several run each scenario on each [default: auto]
    #[arg(long = "backend", value_enum, value_name = "BACKEND", value_delimiter = ',')]
    backends: Vec<BackendName>,
    /// The nixpkgs that the nix backend uses instead of the plan's archive
    #[arg(long, value_name = "PATH|URL")]
    nixpkgs: Option<String>,
    /// How many scenarios run at a time [default: one a processor]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// How often a scenario that met a transient fault (network, registry) is tried again
    #[arg(long, value_name = "N", default_value_t = 0)]
    retries: u32,
    /// Begin no further scenario after the first that fails
    #[arg(long)]
    fail_fast: bool,
    /// Write the reports down as expected.json instead of comparing them
    #[arg(long)]
    accept: bool,
    /// Print the names of what would run, one a line, and run nothing
    #[arg(long, conflicts_with = "accept")]
    list: bool,
    #[command(flatten)]
    output: Output<Format>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
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

pub(super) fn run(args: Args, matches: &ArgMatches) -> Result<Exit> {
    let places = args.output.destinations(matches)?;
    let selected = select(&args)?;
    if args.list {
        return list(&selected);
    }
    let settings = settings(&args);
    let interrupted = interrupt::flag()?;
    let state = State::of_suite(&args.dir)?;
    let live = show::Live::new(args.output.progress_paint(), args.output.quiet, settings.backends.len() > 1);
    let summary = scenario::run(&settings, &selected, &state, &interrupted, &mut |event| live.event(event))?;
    live.close();
    places.write_by(args.output.paint(), |format, paint| render(format, &summary, paint))?;
    Ok(exit_of(&summary))
}

/// Runs the scenario in `folder`, which is in the suite `dir`, and writes down its report where it is what its file says.
pub(super) fn accept(dir: &Path, folder: &Path, quiet: bool) -> Result<CaseResult> {
    let found = discover(folder).map_err(|error| UsageError(error.to_string()))?;
    let selected = Selected { scenarios: found.scenarios, broken: found.broken, left_out: Vec::new() };
    let settings = Settings {
        folder: dir.to_owned(),
        backends: vec![BackendName::Auto],
        jobs: 1,
        accept: true,
        ..Settings::default()
    };
    let interrupted = interrupt::flag()?;
    let live = show::Live::new(Paint::new(console::colors_enabled_stderr()), quiet, false);
    let state = State::of_suite(dir)?;
    let summary = scenario::run(&settings, &selected, &state, &interrupted, &mut |event| live.event(event))?;
    live.close();
    summary.results.into_iter().next().context("the scenario has no result")
}

fn select(args: &Args) -> Result<Selected> {
    let found = discover(&args.dir).map_err(|error| UsageError(explain(&error, &args.dir)))?;
    let only = match args.rerun_failed {
        true => Some(State::of_suite(&args.dir)?.unfinished()),
        false => None,
    };
    if only.as_ref().is_some_and(Vec::is_empty) {
        output::warn("note:", "nothing failed the last time, so there is nothing to run again");
        return Ok(Selected::default());
    }
    let selection = Selection {
        names: args.names.clone(),
        tags: args.tags.clone(),
        partition: args.partition,
        offline: args.offline,
        only,
    };
    let selected = selection.of(found);
    let nothing = selected.scenarios.is_empty() && selected.broken.is_empty() && selected.left_out.is_empty();
    // An empty share is what becomes of few scenarios and many machines.
    if nothing && args.partition.is_none() && !args.rerun_failed {
        let text = format!("no scenario in {} has that name or tag; --list shows all", args.dir.display());
        return Err(UsageError(text).into());
    }
    Ok(selected)
}

/// A name where the folder belongs is a likely slip.
fn explain(error: &SuiteError, dir: &Path) -> String {
    let name = Path::new("scenarios").join(dir).join(FILE);
    match error {
        SuiteError::Unreadable { .. } if name.is_file() => {
            format!("{error}; to run the scenario of that name: shakedown suite scenarios {}", dir.display())
        }
        _ => error.to_string(),
    }
}

fn settings(args: &Args) -> Settings {
    let backends = match args.backends.is_empty() {
        true => vec![BackendName::Auto],
        false => args.backends.clone(),
    };
    Settings {
        folder: args.dir.clone(),
        backends,
        nixpkgs: args.nixpkgs.as_deref().map(Nixpkgs::parse),
        docker: docker::Options::default(),
        jobs: args.jobs.map_or_else(|| thread::available_parallelism().map_or(1, Into::into), usize::from),
        retries: args.retries,
        fail_fast: args.fail_fast,
        accept: args.accept,
    }
}

fn list(selected: &Selected) -> Result<Exit> {
    let broken = selected.broken.iter().map(|broken| &broken.name);
    let mut names: Vec<&String> = selected.scenarios.iter().map(|scenario| &scenario.name).chain(broken).collect();
    names.sort();
    print(&names.iter().map(|name| format!("{name}\n")).collect::<String>())?;
    for (name, why) in &selected.left_out {
        output::warn("left out:", &format!("{name}: {why}"));
    }
    Ok(Exit::Works)
}

fn render(format: Format, summary: &Summary, paint: Paint) -> Result<String> {
    Ok(match format {
        Format::Human => shown(&show::summary(summary, paint)).into_owned(),
        Format::Json => in_json(&scenario::json(summary)?).into_owned(),
        Format::Junit => shown(&scenario::junit(summary)?).into_owned(),
        Format::Html => shown(&scenario::html(summary)?).into_owned(),
    })
}

/// A suite that could not reach the network says nothing, unless something else is wrong as well.
fn exit_of(summary: &Summary) -> Exit {
    match () {
        () if summary.interrupted => Exit::Interrupted,
        () if summary.results.iter().any(|result| result.status.is_bad()) => Exit::Fails,
        () if summary.count(CaseStatus::Unreachable) > 0 => Exit::Transient,
        () => Exit::Works,
    }
}
