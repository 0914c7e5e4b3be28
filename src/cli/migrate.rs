//! `shakedown migrate`: what changes with another builder, and the edit that makes the deploy work there.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use clap::{ArgMatches, Args as ClapArgs, ValueEnum};

use super::args::Rehearsing;
use super::exit::{Exit, UsageError};
use super::fix::write_edit;
use super::interrupt;
use super::output::{Output, argument, hint};
use crate::builder::Asked;
use crate::fix::{Standing, Trial, TrialCopy};
use crate::migrate::{Migration, Side, changes, is_shown, search, translate};
use crate::platform::Platform;
use crate::project::Project;
use crate::rehearse::{Rehearsal, Request, rehearse_trials, side_by_side};
use crate::report::{Live, in_json, migration_human, migration_json, migration_markdown, shown};
use crate::run::{Event, Status, Verdict};
use crate::sandbox::Interrupted;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    rehearsing: Rehearsing,
    /// The builder of today
    #[arg(long, value_name = "BUILDER", default_value = "nixpacks")]
    from: Asked,
    /// The builder to come; Railway's own files, which end on 2026-12-01, do not count for it
    #[arg(long, value_name = "BUILDER", default_value = "railpack")]
    to: Asked,
    /// Write the edit to the project
    #[arg(long)]
    apply: bool,
    /// With --apply: do not ask, even where the git tree has changes
    #[arg(short, long, requires = "apply")]
    yes: bool,
    #[command(flatten)]
    output: Output<Format>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Both sides, what is otherwise, and a unified diff
    #[default]
    Human,
    /// One object
    Json,
    /// A page for a pull request
    Markdown,
}

pub(super) fn run(args: Args, matches: &ArgMatches) -> Result<Exit> {
    let places = args.output.destinations(matches)?;
    if args.from == Asked::Auto || args.to == Asked::Auto {
        return Err(
            UsageError("--from and --to name a builder: nixpacks, railpack or railpack@VERSION".to_owned()).into()
        );
    }
    let (_, request) = args.rehearsing.request()?;
    let interrupted = interrupt::flag()?;
    let live = Live::new(args.output.progress_paint(), args.output.quiet);
    let (from, to) = (Request { builder: args.from, ..request.clone() }, to_come(&request, args.to));
    let migration = migrate(&from, &to, &interrupted, &live)?;
    drop(live);
    if interrupted.load(Ordering::Relaxed) {
        return Ok(Exit::Interrupted);
    }
    places.write_by(args.output.paint(), |format, paint| match format {
        Format::Human => Ok(shown(&migration_human(&migration, paint)).into_owned()),
        Format::Json => migration_json(&migration).map(|text| in_json(&text).into_owned()),
        Format::Markdown => Ok(shown(&migration_markdown(&migration)).into_owned()),
    })?;
    let proven = migration.proof.as_ref().filter(|proof| proof.standing == Standing::Proven);
    match (proven, migration.to.verdict) {
        (Some(proof), _) if args.apply => write_edit(proof, &request.path, args.yes, places.has(Format::Human)),
        (Some(_), _) => {
            let project = argument(&request.path);
            hint("next:", &format!("shakedown migrate{project} --apply writes the edit (it takes the same options)"));
            Ok(Exit::Works)
        }
        (None, "works") => Ok(Exit::Works),
        (None, "fails") => Ok(Exit::Fails),
        (None, _) => Ok(Exit::CannotTell),
    }
}

/// As it will be: by then nobody reads Railway's own files.
fn to_come(request: &Request, builder: Asked) -> Request {
    let mut to = Request { builder, ..request.clone() };
    if to.deploy.platform.reads_railway() {
        to.deploy.platform = Platform::None;
    }
    to
}

/// Says what is rehearsed, whose own lines are printed below.
fn heading(what: &str) {
    hint("rehearsing:", what);
}

/// The project as it is, with either builder.
fn both(from: &Request, to: &Request, interrupted: &AtomicBool, live: &Live) -> Result<(Rehearsal, Rehearsal)> {
    let requests = [from.clone(), to.clone()];
    let mut told = None;
    let mut found = Vec::new();
    let mut show = |index: usize, event: &Event| {
        if told.replace(index) != Some(index) {
            heading(&format!("as it is, with {}", requests[index].builder));
        }
        live.event(event);
    };
    side_by_side(&requests, interrupted, &mut show, &mut |_, rehearsal| {
        let goes_on = rehearsal.is_ok();
        found.push(rehearsal);
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let mut found = found.into_iter();
    let mut next = || found.next().unwrap_or_else(|| Err(Interrupted.into()));
    Ok((next()?, next()?))
}

fn migrate(from: &Request, to: &Request, interrupted: &AtomicBool, live: &Live) -> Result<Migration> {
    let project = Project::open(&from.path)?;
    let (old, new) = (from.plan(&project)?, to.plan(&project)?);
    let (today, then) = both(from, to, interrupted, live)?;
    let seen = then.attempt();
    let is_open = match seen.verdict {
        _ if interrupted.load(Ordering::Relaxed) => false,
        Verdict::Works => false,
        // A fault that is likely and can be mended; where this machine is what cannot tell, no edit helps.
        Verdict::CannotTell => then.is_in_doubt() && seen.diagnoses.iter().any(|found| !found.fixes.is_empty()),
        Verdict::Fails => true,
    };
    let mut told = None;
    let mut show = |trial: &Trial, event: &Event| {
        if told.as_deref() != Some(trial.root()) {
            told = Some(trial.root().to_owned());
            heading(&format!("a copy ({}), with {}", trial.what, to.builder));
        }
        live.event(event);
    };
    let proof = match is_open {
        true => Some(search(&from.path, seen, &translate(&project, &old, &new), &mut |trials, is_enough| {
            rehearse_trials(to, trials, interrupted, &mut show, &mut |_, _| {}, is_enough)
        })?),
        false => None,
    };
    // What comes of the edit is what will be there.
    let edited = match &proof {
        Some(proof) if is_shown(proof) && !proof.patch.is_empty() => {
            let copy = TrialCopy::of(&from.path)?;
            proof.patch.write_to(copy.root())?;
            Some(to.plan(&Project::open(copy.root())?)?)
        }
        _ => None,
    };
    let changes = changes(&project, &old, edited.as_ref().unwrap_or(&new));
    Ok(Migration { from: side(&today), to: side(&then), changes, proof })
}

/// So many lines of a failure are shown.
const LAST_LINES: usize = 8;

fn side(rehearsal: &Rehearsal) -> Side {
    let outcome = &rehearsal.outcome;
    let failed_phase = outcome.failing_phase().map(str::to_owned);
    let mut of_phases = outcome.phases.iter().flat_map(|phase| &phase.cmds);
    let failed = of_phases.rfind(|cmd| !matches!(cmd.status, Status::Passed | Status::Skipped));
    let failed = failed.map(|cmd| cmd.cmd.clone());
    let lines = rehearsal.log.lines().iter();
    let lines = lines.filter(|line| line.phase.as_deref() == failed_phase.as_deref() && !line.text.trim().is_empty());
    let mut last_lines: Vec<String> = lines.rev().take(LAST_LINES).map(|line| line.text.clone()).collect();
    last_lines.reverse();
    Side {
        builder: rehearsal.builder.as_ref().map(|detected| detected.builder.to_string()).unwrap_or_default(),
        verdict: match rehearsal.verdict() {
            Verdict::Works => "works",
            Verdict::Fails => "fails",
            Verdict::CannotTell => "cannot-tell",
        },
        failed_command: failed_phase.as_ref().and(failed.or_else(|| Some(outcome.smoke.as_ref()?.cmd.clone()))),
        last_lines: if failed_phase.is_some() { last_lines } else { Vec::new() },
        failed_phase,
        diagnoses: rehearsal.diagnoses.clone(),
        unverified: rehearsal.unverified.clone(),
    }
}
