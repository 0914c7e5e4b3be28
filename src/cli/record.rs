//! `shakedown record`: the last run, or a failure of the cloud, as a scenario.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Args as ClapArgs;

use super::exit::{Exit, UsageError};
use super::output::{argument, hint, print, warn};
use super::replay::read;
use super::suite;
use crate::diagnose::replay::Failure;
use crate::diagnose::{Case, diagnose, explain};
use crate::project::Project;
use crate::rehearse::is_service;
use crate::run::{last, last_written};
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
    /// The project that the log, or the last run, is of
    #[arg(long, value_name = "PATH")]
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
            is_the_one_meant(&header.project, args.project.as_deref())?;
            is_known(ending.rule.as_deref())?;
            hint("from:", &format!("the run of {}{}", header.project.display(), ago(last_written(&state_folder()?))));
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

/// Refuses a run of another project than the one that is named, or that the user stands in.
fn is_the_one_meant(ran: &Path, named: Option<&Path>) -> Result<()> {
    let again = |project: &Path| format!("run it first: shakedown run{}", argument(project));
    if let Some(named) = named {
        let real = named.canonicalize().map_err(|error| UsageError(format!("{}: {error}", named.display())))?;
        if ran.starts_with(&real) {
            return Ok(());
        }
        let words = format!("the last run was of {}, not of {}; {}", ran.display(), named.display(), again(named));
        return Err(UsageError(words).into());
    }
    let here = std::env::current_dir()?.canonicalize()?;
    let is_other = !ran.starts_with(&here) && !here.starts_with(ran);
    if is_other && is_service(&Project::open(&here)?, Path::new("")) {
        return Err(UsageError(format!(
            "the last run was of {}, and this folder is another project; {}, or record that one with --project {}",
            ran.display(),
            again(Path::new(".")),
            quoted(ran)
        ))
        .into());
    }
    Ok(())
}

/// Refuses a cause that another build of shakedown found: no scenario could name it.
fn is_known(rule: Option<&str>) -> Result<()> {
    let Some(rule) = rule.filter(|rule| explain(rule).is_none()) else { return Ok(()) };
    let words =
        format!("the last run was of another build of shakedown, whose rule {rule} is not known here: run it again");
    Err(UsageError(words).into())
}

/// `, 5 minutes ago`; nothing where the clock says otherwise.
fn ago(at: Option<SystemTime>) -> String {
    let Some(passed) = at.and_then(|at| at.elapsed().ok()) else { return String::new() };
    let (count, unit) = match passed.as_secs() {
        seconds @ 0..60 => (seconds, "second"),
        seconds @ 60..3600 => (seconds / 60, "minute"),
        seconds @ 3600..86400 => (seconds / 3600, "hour"),
        seconds => (seconds / 86400, "day"),
    };
    format!(", {count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

/// Where records of runs are kept: `$XDG_STATE_HOME/shakedown`.
pub(super) fn state_folder() -> Result<PathBuf> {
    Ok(crate::fs::folders::state()
        .context("neither XDG_STATE_HOME nor HOME says where to keep the record of a run")?
        .join("shakedown"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_run_of_another_project_than_the_named_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let api = root.join("api");
        std::fs::create_dir(&api).unwrap();
        assert!(is_the_one_meant(&api, Some(&api)).is_ok());
        // With a root directory the run is of a folder below.
        assert!(is_the_one_meant(&api, Some(&root)).is_ok());
        let error = is_the_one_meant(&root.join("bot"), Some(&api)).unwrap_err().to_string();
        assert!(error.contains(&format!("run it first: shakedown run {}", quoted(&api))), "{error}");
    }

    #[test]
    fn a_run_of_elsewhere_is_not_recorded_from_within_a_project() {
        // Tests run in the folder of this project, whose Cargo.toml makes it one.
        let error = is_the_one_meant(Path::new("/srv/bot"), None).unwrap_err().to_string();
        assert!(error.ends_with("run it first: shakedown run, or record that one with --project /srv/bot"), "{error}");
        let here = std::env::current_dir().unwrap().canonicalize().unwrap();
        assert!(is_the_one_meant(&here.join("scenarios/x/app"), None).is_ok());
    }

    #[test]
    fn a_rule_of_another_build_is_refused() {
        assert!(is_known(None).is_ok() && is_known(Some("missing-env-var")).is_ok());
        assert!(is_known(Some("rule-to-come")).unwrap_err().to_string().ends_with("not known here: run it again"));
    }

    #[test]
    fn the_age_of_a_run_is_told_in_its_largest_unit() {
        let before = |seconds| ago(SystemTime::now().checked_sub(Duration::from_secs(seconds)));
        assert_eq!(before(61), ", 1 minute ago");
        assert_eq!(before(7300), ", 2 hours ago");
        assert_eq!(ago(None), "");
    }
}
