//! `shakedown suite`: the regression suite.

mod args;
mod engine;
mod projects;
mod select;
mod show;

use std::path::Path;
use std::thread;

use anyhow::{Context, Result};
use clap::ArgMatches;

pub(super) use self::args::Args;
use self::args::{Command, Format, MergeArgs};
use self::engine::Elsewhere;
use self::select::{Chosen, select};
use super::exit::{Exit, UsageError};
use super::interrupt;
use super::output::{self, Destinations, Output, print};
use crate::rehearse::BackendName;
use crate::report::{Paint, in_json, shown};
use crate::sandbox::docker;
use crate::sandbox::nix::Nixpkgs;
use crate::scenario::{self, CaseResult, CaseStatus, Selected, Settings, State, Summary, discover};

pub(super) fn run(args: Args, matches: &ArgMatches) -> Result<Exit> {
    if let Some(Command::Merge(merge)) = &args.command {
        return merge_reports(merge, matches.subcommand().map_or(matches, |(_, matches)| matches));
    }
    let places = args.output.destinations(matches)?;
    match engine::run(&args)? {
        Some(Elsewhere::Printed) => return Ok(Exit::Works),
        Some(Elsewhere::Ran(summary)) => return report(&places, &args.output, &summary),
        None => {}
    }
    let Chosen { selected, home } = select(&args)?;
    if args.list {
        return list(&selected);
    }
    let settings = settings(&args);
    let interrupted = interrupt::flag()?;
    let state = State::of_suite(&home)?;
    let live = show::Live::new(args.output.progress_paint(), args.output.quiet, settings.backends.len() > 1);
    let summary = scenario::run(&settings, &selected, &state, &interrupted, &mut |event| live.event(event))?;
    live.close();
    report(&places, &args.output, &summary)
}

fn report(places: &Destinations<Format>, output: &Output<Format>, summary: &Summary) -> Result<Exit> {
    places.write_by(output.paint(), |format, paint| render(format, summary, paint))?;
    Ok(exit_of(summary))
}

/// One report and exit code of what the shares of a suite found.
fn merge_reports(args: &MergeArgs, matches: &ArgMatches) -> Result<Exit> {
    let places = args.output.destinations(matches)?;
    let summary = scenario::merge(&args.places).map_err(|error| UsageError(error.to_string()))?;
    report(&places, &args.output, &summary)
}

/// Runs the scenario in `folder`, which is in the suite `dir`, and writes down its report where it is what its file says.
pub(super) fn accept(dir: &Path, folder: &Path, quiet: bool) -> Result<CaseResult> {
    let found = discover(folder).map_err(|error| UsageError(error.to_string()))?;
    let selected = Selected { scenarios: found.scenarios, broken: found.broken, ..Selected::default() };
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
