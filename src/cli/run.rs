//! `shakedown [run]`: the main job.

use std::path::Path;

use anyhow::Result;
use clap::{ArgMatches, Args as ClapArgs};

use super::args::Rehearsing;
use super::exit::Exit;
use super::interrupt;
use super::output::{Output, argument, hint, way_to_fix};
use super::record::state_folder;
use super::record_options;
use super::shell;
use crate::check::variables::rehearsal_options;
use crate::rehearse::{Rehearsal, Request, rehearse_then};
use crate::report::{Content, Live, Report};
use crate::run::{Event, Header, Record, Until, Verdict};
use crate::sandbox::{Kept, quoted};
use crate::scenario::{Asked, RunSettings};

#[derive(Debug, Clone, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    rehearsing: Rehearsing,
    #[command(flatten)]
    output: Output,
    /// Let uv install the plan's Python where this machine lacks it
    #[arg(long, help_heading = "Sandbox")]
    fetch_python: bool,
    /// Stop after this phase
    #[arg(long, value_name = "PHASE")]
    until: Option<String>,
    /// Begin with this phase, in the sandbox that an earlier `--keep` left
    #[arg(long, value_name = "PHASE")]
    from: Option<String>,
    /// Keep the sandbox, and say how to get back in
    #[arg(long)]
    keep: bool,
    /// Open a shell in the sandbox where a phase fails
    #[arg(long)]
    shell: bool,
}

pub(super) fn run(args: Args, matches: &ArgMatches) -> Result<Exit> {
    let destinations = args.output.destinations(matches)?;
    let interrupted = interrupt::flag()?;
    let (config, mut request) = args.rehearsing.request()?;
    let Rehearsing { planning, sandboxing, probing } = &args.rehearsing;
    request.settings.until = args.until.map(Until::After);
    request.settings.from = args.from;
    request.keep = args.keep;
    request.fetch_python = args.fetch_python;
    let live = Live::new(args.output.progress_paint(), args.output.quiet);
    let until = request.settings.until.as_ref().map(|until| until.phase().to_owned());
    let run = RunSettings { until, ..record_options::run(sandboxing, probing, &config) };
    let asked = Asked {
        env: record_options::env(&request),
        plan: record_options::plan(planning, &request),
        run,
        backend: Some(request.backend),
        from: request.settings.from.clone(),
    };
    let mut record = recording(&request, &asked);
    let mut tell = |event: &Event| {
        live.event(event);
        record.iter_mut().for_each(|record| record.event(event));
    };
    let rehearsal = rehearse_then(&request, &interrupted, &mut tell, |ran, sandbox| {
        live.close();
        match args.shell && ran.outcome.verdict() == Verdict::Fails {
            true => shell::open(sandbox, &ran.vars, &interrupted).map(drop),
            false => Ok(()),
        }
    })?;
    let exit = Exit::of_run(&rehearsal);
    let report = Report { project: request.path, content: Content::Rehearsal(Box::new(rehearsal)) };
    destinations.write(&report, args.output.paint())?;
    if let Some(kept) = report.rehearsal().and_then(|rehearsal| rehearsal.kept.as_ref()) {
        tell_kept(kept, &report.project);
    }
    if destinations.has_human() && report.rehearsal().is_some_and(is_fixable) {
        hint("next:", &way_to_fix(&report.project));
    }
    let missing = report.rehearsal().and_then(|rehearsal| rehearsal_options(rehearsal.diagnoses.first()?));
    if let Some(options) = missing.filter(|_| destinations.has_human() && exit == Exit::Fails) {
        let project = argument(&report.project);
        hint("next:", &format!("shakedown run{project} {options} goes on with it (and the same options)"));
    }
    Ok(exit)
}

/// Whether the first cause of a failed deploy comes with an edit.
fn is_fixable(rehearsal: &Rehearsal) -> bool {
    rehearsal.verdict() == Verdict::Fails && rehearsal.diagnoses.first().is_some_and(|first| !first.fixes.is_empty())
}

/// How to get back into a kept sandbox, and how to be rid of it.
fn tell_kept(kept: &Kept, project: &Path) {
    let project = quoted(project);
    hint("kept:", &format!("shakedown shell --kept {project}        to look around in the sandbox"));
    hint("     ", &format!("shakedown run --from PHASE {project}    to run it again from a phase on"));
    hint("     ", &format!("{}    to remove it", kept.removal()));
}

/// The run's record, as far as there is a place for it: a home that cannot be written to is no reason not to run.
fn recording(request: &Request, asked: &Asked) -> Option<Record> {
    let header = Header {
        project: std::fs::canonicalize(&request.path).ok()?,
        asked: serde_json::to_value(asked).ok()?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Record::create(&state_folder().ok()?, &header).ok()
}
