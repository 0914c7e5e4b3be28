//! A builder's answer in the words of a run.

use std::path::PathBuf;

use crate::plan::{Choice, Plan};
use crate::platform::Deploy;

/// A plan that the builder would build.
#[derive(Debug, Clone)]
pub struct Buildable {
    /// What is run.
    pub plan: Plan,
    /// Why it is what it is.
    pub choices: Vec<Choice>,
    /// The folder that is built: the project's own, or one inside it.
    pub root: PathBuf,
    /// How the platform deploys.
    pub deploy: Deploy,
}

/// What the builder prints before it gives up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// The command that the platform runs.
    pub command: &'static str,
    /// Its output.
    pub lines: Vec<String>,
    /// Its exit code.
    pub code: i32,
    /// How the app would start, as far as a plan says so.
    pub start: Option<String>,
}
