//! `shakedown replay`: what a log of the cloud says, and whether it happens here too.

use std::fs::File;
use std::io::stdin;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{ArgMatches, Args as ClapArgs};

use super::args::{Planning, Probing, Rehearsing, Sandboxing};
use super::exit::{Exit, UsageError};
use super::interrupt;
use super::output::{Output, hint, way_to_fix};
use crate::builder::Asked;
use crate::check::Facts;
use crate::diagnose::replay::Failure;
use crate::diagnose::{self, Case, diagnose, telling_lines};
use crate::fix::TrialCopy;
use crate::log::Log;
use crate::rehearse::replay::{Comparison, Installed, Logged, compare, installed_in, note_installed};
use crate::rehearse::{PlanSettings, Request, rehearse};
use crate::report::{Content, Live, Replay, Report};
use crate::run::Event;
use crate::sandbox::quoted;

/// Where the log's versions stand in the copy that is run.
const CONSTRAINTS: &str = ".shakedown-constraints.txt";

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The log of a build or deploy; - is standard input
    log: PathBuf,
    /// The project's folder, to run it here too and compare
    path: Option<PathBuf>,
    /// A variable of the deploy: NAME=VALUE, or NAME to take it from this shell
    #[arg(short, long = "env", value_name = "NAME[=VALUE]", requires = "path")]
    env: Vec<String>,
    /// A file of NAME=VALUE lines
    #[arg(long, value_name = "FILE", requires = "path")]
    env_file: Vec<PathBuf>,
    #[command(flatten)]
    plan: PlanSettings,
    /// Install the versions that the log speaks of
    #[arg(long, requires = "path")]
    pin_from_log: bool,
    /// Let installers see only releases up to this date (pip from 26.0 on, uv)
    #[arg(long, value_name = "YYYY-MM-DD", requires = "path", value_parser = date)]
    before: Option<String>,
    #[command(flatten)]
    sandboxing: Sandboxing,
    #[command(flatten)]
    probing: Probing,
    #[command(flatten)]
    output: Output,
}

fn date(text: &str) -> Result<String, String> {
    let day = humantime::parse_rfc3339(&format!("{text}T00:00:00Z"));
    day.map(|_| text.to_owned()).map_err(|_| "a date is wanted, such as 2025-12-31".to_owned())
}

pub(super) fn run(args: Args, matches: &ArgMatches) -> Result<Exit> {
    let destinations = args.output.destinations(matches)?;
    let log = read(&args.log)?;
    if log.lines().iter().all(|line| line.text.trim().is_empty()) {
        return Err(UsageError(format!("{}: the log is empty", args.log.display())).into());
    }
    let diagnoses = diagnose(&Case::of_log(&log));
    let failure = Failure::of(&log, diagnoses.first());
    let logged = Logged { log: &log, failure: &failure, primary: diagnoses.first() };
    let here = match &args.path {
        Some(path) => Some(here(&args, path, &logged)?),
        None => None,
    };
    let transient =
        diagnoses.first().and_then(|primary| diagnose::rule(primary.rule)).is_some_and(|rule| rule.transient);
    let telling = if diagnoses.is_empty() { telling_lines(&log, None) } else { Vec::new() };
    let (is_nameless, is_compared) = (diagnoses.is_empty(), here.is_some());
    let is_fixable = here.as_ref().is_some_and(|here| !here.fixes.is_empty());
    let name = Some(args.log.clone()).filter(|log| log.as_os_str() != "-");
    let replay = Replay { log: name, failure, diagnoses, telling, here };
    let report = Report { project: args.path.unwrap_or_default(), content: Content::Replay(Box::new(replay)) };
    destinations.write(&report, args.output.paint())?;
    if is_nameless && !is_compared && destinations.has_human() {
        let log = if args.log.as_os_str() == "-" { "LOG".to_owned() } else { quoted(&args.log) };
        hint("next:", &format!("shakedown replay {log} PROJECT rehearses the project here, where more can be seen"));
    }
    if is_fixable && destinations.has_human() {
        hint("next:", &way_to_fix(&report.project));
    }
    Ok(match () {
        // Why it failed, or whether it did at all, the log does not tell.
        () if is_nameless => Exit::CannotTell,
        () if transient => Exit::Transient,
        () => Exit::Fails,
    })
}

/// Reads a log; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Log> {
    let read = match path.as_os_str() == "-" {
        true => Log::read(stdin()),
        false => File::open(path).and_then(Log::read),
    };
    Ok(read.map_err(|error| UsageError(format!("cannot read the log {}: {error}", path.display())))?)
}

/// Runs the project here, as near to the log as can be.
fn here(args: &Args, path: &Path, logged: &Logged<'_>) -> Result<Comparison> {
    let planning = Planning {
        path: path.to_owned(),
        env: args.env.clone(),
        env_file: args.env_file.clone(),
        plan: args.plan.clone(),
    };
    let rehearsing = Rehearsing { planning, sandboxing: args.sandboxing.clone(), probing: args.probing.clone() };
    let (config, mut request) = rehearsing.request()?;
    // What made the cloud's build makes this one, too.
    if let (None, Some(release)) = (args.plan.builder.or(config.builder), &logged.failure.railpack) {
        request.builder = Asked::Railpack(release.parse().ok());
    }
    if let Some(date) = &args.before {
        for name in ["PIP_UPLOADED_PRIOR_TO", "UV_EXCLUDE_NEWER"] {
            request.deploy.env.push(format!("{name}={date}"));
        }
    }
    let copy = if args.pin_from_log { Some(pinned(logged.log, &mut request)?) } else { None };
    let unset = unset(&request)?;
    let interrupted = interrupt::flag()?;
    let live = Live::new(args.output.progress_paint(), args.output.quiet);
    let mut installed = Installed::new();
    let rehearsal = rehearse(&request, &interrupted, &mut |event| {
        if let Event::Line { text, .. } = event {
            note_installed(text, &mut installed);
        }
        live.event(event);
    })?;
    drop(copy);
    let mut comparison = compare(logged, &rehearsal, &installed, &unset);
    if args.before.is_some() {
        let note = "--before holds back releases only where the installer knows how: pip from 26.0 on, and uv";
        comparison.differences.push(note.to_owned());
    }
    Ok(comparison)
}

/// The names of the variables that the code wants set and nobody gives.
fn unset(request: &Request) -> Result<Vec<String>> {
    let project = request.project()?;
    let planned = request.plan(&project)?;
    let mut names: Vec<String> = Vec::new();
    for read in Facts::new(&project, &request.deploy, &planned).unset_variables() {
        if !names.contains(&read.name) {
            names.push(read.name);
        }
    }
    Ok(names)
}

/// A copy of the project in which pip is held to the log's versions.
fn pinned(log: &Log, request: &mut Request) -> Result<TrialCopy> {
    let copy = TrialCopy::of(&request.path)?;
    let pins: String = installed_in(log).iter().map(|(name, version)| format!("{name}=={version}\n")).collect();
    std::fs::write(copy.root().join(CONSTRAINTS), pins)?;
    request.path = copy.root().to_owned();
    request.deploy.env.push(format!("PIP_CONSTRAINT=/app/{CONSTRAINTS}"));
    Ok(copy)
}
