//! Plans that the builder would not build: a run that ends before it begins.

use std::time::Duration;

use super::conclusion::Found;
use super::rehearsal::Rehearsal;
use crate::builder::{Detected, Refused};
use crate::log::LogBuilder;
use crate::plan::{Command, Plan, Start};
use crate::platform::Deploy;
use crate::project::Project;
use crate::run::{CmdOutcome, Event, Outcome, PhaseOutcome, Status};
use crate::sandbox::process::Exit;

/// The phase that fails when the builder cannot make a plan that it would build.
const PLAN: &str = "plan";

/// The failed run that comes of it.
pub(super) fn rehearsal(
    refused: &Refused,
    builder: Option<&Detected>,
    project: &Project,
    emit: &mut dyn FnMut(&Event),
) -> Rehearsal {
    let mut log = LogBuilder::new();
    emit(&Event::PhaseStarted { phase: PLAN.into() });
    emit(&Event::CmdStarted { phase: PLAN.into(), cmd: refused.command.into(), is_run: true });
    for line in &refused.lines {
        log.push(Some(PLAN), line.as_bytes());
        log.push(Some(PLAN), b"\n");
        emit(&Event::Line { phase: PLAN.into(), text: line.clone() });
    }
    let (status, took) = (Status::Failed(Exit::Code(refused.code)), Duration::ZERO);
    emit(&Event::PhaseFinished { phase: PLAN.into(), status, took });
    let cmds = vec![CmdOutcome { cmd: refused.command.into(), status, took, origin: None }];
    let phases = vec![PhaseOutcome { name: PLAN.into(), status, cmds }];
    let outcome = Outcome { phases, smoke: None };
    let found = Found {
        outcome,
        deploy: Deploy::default(),
        builder: builder.map(|detected| detected.builder.clone()),
        log: log.finish(),
        missing: Vec::new(),
        unverified: Vec::new(),
        kept: None,
        index: None,
        is_offline: false,
        jobs: Vec::new(),
    };
    let plan = Plan { start: refused.start.as_deref().map(start), ..Plan::default() };
    found.rehearsal(project, plan, "none".into(), "nothing to run".into())
}

/// A start that is shown and never run.
fn start(shown: &str) -> Start {
    Start { command: Command { shown: shown.to_owned(), argv: Vec::new() }, ..Start::default() }
}
