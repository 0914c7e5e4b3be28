//! What a builder makes of a project, in its own words and in those of a run.

use std::path::PathBuf;

use super::nixpacks::{self, PlanError};
use crate::plan::{Choice, Plan};
use crate::platform::Deploy;
use crate::project::InputError;

/// A builder's answer in its own vocabulary, for the checks and reports that speak it.
#[derive(Debug)]
pub enum Planned {
    /// Nixpacks'.
    Nixpacks(Result<nixpacks::Derived, PlanError>),
}

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

impl Planned {
    /// What is to be run, or what the builder says in its place.
    ///
    /// # Errors
    /// A file that the builder cannot read either.
    pub fn buildable(&self) -> Result<Result<Buildable, Refused>, InputError> {
        match self {
            Self::Nixpacks(Err(PlanError::Input { error, .. })) => Err(error.clone()),
            Self::Nixpacks(Err(refusal)) => Ok(Err(nixpacks::refused_by_planner(refusal))),
            Self::Nixpacks(Ok(derived)) => Ok(nixpacks::buildable(derived)),
        }
    }
}
