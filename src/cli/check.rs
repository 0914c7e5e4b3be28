//! `shakedown check`: everything that can be known without running.

use anyhow::Result;
use clap::{ArgMatches, Args as ClapArgs};

use super::args::Planning;
use super::config::Config;
use super::exit::Exit;
use super::output::Output;
use crate::check::check;
use crate::finding::Severity;
use crate::project::Project;
use crate::report::{Content, Report};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    planning: Planning,
    #[command(flatten)]
    output: Output,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: Args, matches: &ArgMatches) -> Result<Exit> {
    let destinations = args.output.destinations(matches)?;
    let request = args.planning.request(&Config::read(&args.planning.path)?)?;
    let project = Project::open(&request.path)?;
    let derived = request.plan(&project)?;
    let findings = check(&project, &request.options, &derived);
    let report = Report { project: request.path, content: Content::Findings(findings) };
    let worst = report.worst();
    destinations.write(&report, args.output.paint())?;
    let fails = if args.strict { Severity::Warning } else { Severity::Error };
    Ok(if worst.is_some_and(|worst| worst >= fails) { Exit::Fails } else { Exit::Works })
}
