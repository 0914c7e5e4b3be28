//! Plans that Nixpacks itself would not build: a run that ends before it begins.

use std::time::{Duration, Instant};

use super::{Found, Rehearsal};
use crate::builder::nixpacks::{Derived, Plan, PlanError};
use crate::log::LogBuilder;
use crate::project::Project;
use crate::run::{CmdOutcome, Event, Outcome, PhaseOutcome, Status};
use crate::sandbox::process::Exit;

/// The phase that fails when Nixpacks cannot make a plan that it would build.
const PLAN: &str = "plan";
/// What the platform runs in that phase.
const COMMAND: &str = "nixpacks build";

/// What Nixpacks would print before it gives up.
#[derive(Default)]
pub(super) struct Refused {
    lines: Vec<String>,
    /// 101 for a panic, 1 otherwise.
    code: i32,
}

impl Refused {
    /// Nixpacks makes no plan at all.
    pub(super) fn by_planner(error: &PlanError) -> Self {
        let code = if matches!(error, PlanError::Panics { .. }) { 101 } else { 1 };
        let mut lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        if let PlanError::Refused { messages, .. } = error {
            lines = said(messages);
        }
        Self { lines, code }
    }

    /// Nixpacks plans, and refuses to build the plan.
    pub(super) fn by_builder(derived: &Derived) -> Option<Self> {
        let lines = if derived.is_empty() {
            vec!["Nixpacks was unable to generate a build plan for this app.".to_owned()]
        } else if derived.no_start_command() {
            said(&["No start command could be found".to_owned()])
        } else if let Err(circle) = derived.plan.phases_in_order() {
            said(&[circle.to_string()])
        } else {
            return None;
        };
        Some(Self { lines, code: 1 })
    }

    /// The failed run that comes of it.
    pub(super) fn rehearsal(
        self,
        project: &Project,
        plan: Plan,
        started: Instant,
        emit: &mut dyn FnMut(&Event),
    ) -> Rehearsal {
        let mut log = LogBuilder::new();
        emit(&Event::PhaseStarted { phase: PLAN.into() });
        emit(&Event::CmdStarted { phase: PLAN.into(), cmd: COMMAND.into() });
        for line in &self.lines {
            log.push(Some(PLAN), line.as_bytes());
            log.push(Some(PLAN), b"\n");
            emit(&Event::Line { phase: PLAN.into(), text: line.clone() });
        }
        let (status, took) = (Status::Failed(Exit::Code(self.code)), Duration::ZERO);
        emit(&Event::PhaseFinished { phase: PLAN.into(), status, took });
        let cmds = vec![CmdOutcome { cmd: COMMAND.into(), status, took }];
        let phases = vec![PhaseOutcome { name: PLAN.into(), status, cmds }];
        let outcome = Outcome { phases, smoke: None };
        let found = Found { outcome, log: log.finish(), missing: Vec::new(), unverified: Vec::new(), kept: None };
        found.rehearsal(project, plan, "none".into(), "nothing to run".into(), started, emit)
    }
}

/// An error chain as Nixpacks prints it.
fn said(messages: &[String]) -> Vec<String> {
    let Some((first, causes)) = messages.split_first() else { return Vec::new() };
    let mut lines = vec![format!("Error: {first}")];
    if !causes.is_empty() {
        lines.extend(["".to_owned(), "Caused by:".to_owned()]);
        lines.extend(causes.iter().map(|cause| format!("    {cause}")));
    }
    lines
}
