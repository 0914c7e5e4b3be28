//! Why a plan is what it is.

use serde::Serialize;

use crate::project::Source;

/// One decision of the planner: `python = 3.11`, because `runtime.txt:1` says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The plan's key, for example `phases.install.cmds`.
    pub what: String,
    /// The value chosen, in the plan's own words.
    pub value: String,
    /// The place or rule that chose it.
    pub because: Source,
}

/// Something worth saying that does not stop a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What, in the builder's own words where it says so itself.
    pub message: String,
    /// The place it is about.
    pub source: Source,
}
