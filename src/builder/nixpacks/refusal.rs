//! Plans that Nixpacks would not build, and what it prints then.

use super::{Derived, PlanError, lower};
use crate::builder::buildable::{Buildable, Refused};

/// What the platform runs.
const COMMAND: &str = "nixpacks build";
/// Exit code of a program that panicked.
const PANICKED: i32 = 101;

/// Nixpacks makes no plan at all.
pub fn refused_by_planner(error: &PlanError) -> Refused {
    let code = if matches!(error, PlanError::Panics { .. }) { PANICKED } else { 1 };
    let lines = match error {
        PlanError::Refused { messages, .. } | PlanError::Input { messages, .. } => said(messages),
        other => other.to_string().lines().map(str::to_owned).collect(),
    };
    Refused { command: COMMAND, lines, code, start: None }
}

/// The plan as it is run, or what Nixpacks says that plans and does not build.
pub fn buildable(derived: &Derived) -> Result<Buildable, Refused> {
    let start = || derived.plan.start_cmd().map(str::to_owned);
    let refused = |lines| Err(Refused { command: COMMAND, lines, code: 1, start: start() });
    if derived.is_empty() {
        return refused(vec!["Nixpacks was unable to generate a build plan for this app.".to_owned()]);
    }
    if derived.no_start_command() {
        return refused(said(&["No start command could be found".to_owned()]));
    }
    let plan = match lower(&derived.plan) {
        Ok(plan) => plan,
        Err(circle) => return refused(said(&[circle.to_string()])),
    };
    let Derived { choices, root, deploy, .. } = derived;
    Ok(Buildable { plan, choices: choices.clone(), root: root.clone(), deploy: deploy.clone() })
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
