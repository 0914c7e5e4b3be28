//! `shakedown record`: the last run, or a failure of the cloud, as a scenario.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args as ClapArgs;

use super::exit::{Exit, UsageError};
use super::output::{print, warn};
use super::replay::read;
use super::suite;
use crate::diagnose::replay::Failure;
use crate::diagnose::{Case, diagnose};
use crate::run::last;
use crate::sandbox::quoted;
use crate::scenario::{Asked, CaseStatus, Recording, record};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The scenario's name
    name: String,
    /// The folder of scenarios
    #[arg(long, default_value = "scenarios", value_name = "DIR")]
    dir: PathBuf,
    /// A log of the cloud whose failure is expected, instead of the last run's
    #[arg(long, value_name = "LOG", requires = "project")]
    log: Option<PathBuf>,
    /// The project that the log is of
    #[arg(long, value_name = "PATH", requires = "log")]
    project: Option<PathBuf>,
    /// Write the scenario and do not run it
    #[arg(long)]
    no_run: bool,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: Args) -> Result<Exit> {
    let folder = match args.log.as_ref().zip(args.project.as_ref()) {
        Some((log, project)) => {
            let log = read(log)?;
            let diagnoses = diagnose(&Case::of_log(&log));
            let primary = diagnoses.first();
            let failure = Failure::of(&log, primary);
            if primary.is_none() && failure.exit_code.is_none_or(|code| code == 0) {
                return Err(UsageError("the log shows no failure that a scenario could expect".into()).into());
            }
            let phase = failure.phase;
            let (failed_phase, rule) = (phase.as_deref(), primary.map(|primary| primary.rule));
            let (name, verdict) = (args.name.as_str(), "fails");
            let asked = Asked::default();
            record(&args.dir, &Recording { name, project, asked, verdict, failed_phase, rule })
        }
        None => {
            let (header, ending) = last(&state_folder()?).map_err(|error| UsageError(format!("{error:#}")))?;
            let ending = ending.ok_or_else(|| UsageError("the last run was cut off: run it again".into()))?;
            if ending.interrupted {
                return Err(UsageError("the last run was interrupted: run it again".into()).into());
            }
            let recording = Recording {
                name: &args.name,
                project: &header.project,
                asked: serde_json::from_value(header.asked).unwrap_or_default(),
                verdict: &ending.verdict,
                failed_phase: ending.failed_phase.as_deref(),
                rule: ending.rule.as_deref(),
            };
            record(&args.dir, &recording)
        }
    };
    let folder = folder.map_err(|error| UsageError(format!("{error:#}")))?;
    print(&format!("wrote {}\n", folder.display()))?;
    let suite = format!("shakedown suite {} {}", quoted(&args.dir), args.name);
    // Whether a failure of the cloud happens here is for the user to look at.
    if args.no_run || args.log.is_some() {
        print(&format!("next: {suite} --accept\n"))?;
        return Ok(Exit::Works);
    }
    let result = suite::accept(&args.dir, &folder, args.quiet)?;
    let reasons = result.reasons.join("; ");
    Ok(match result.status {
        CaseStatus::Passed => {
            print(&format!("passes: {suite}\n"))?;
            Exit::Works
        }
        CaseStatus::Interrupted => Exit::Interrupted,
        CaseStatus::Skipped | CaseStatus::Unreachable => {
            print(&format!("not tried: {reasons}\nnext: {suite} --accept\n"))?;
            Exit::Works
        }
        CaseStatus::Failed | CaseStatus::Fixed | CaseStatus::Broken => {
            warn("warning:", &format!("the scenario does not repeat the run: {reasons}"));
            Exit::Fails
        }
    })
}

/// Where records of runs are kept: `$XDG_STATE_HOME/shakedown`.
pub(super) fn state_folder() -> Result<PathBuf> {
    Ok(crate::fs::folders::state()
        .context("neither XDG_STATE_HOME nor HOME says where to keep the record of a run")?
        .join("shakedown"))
}
