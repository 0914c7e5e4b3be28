//! What a builder makes of a project, in its own words and in those of a run.

use std::path::PathBuf;

use super::nixpacks::{self, PlanError};
use super::railpack;
use crate::plan::{Choice, Plan, Vars};
use crate::platform::Deploy;
use crate::project::{InputError, Source};

/// A builder's answer in its own vocabulary, for the checks and reports that speak it.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub enum Planned {
    /// Nixpacks'.
    Nixpacks(Result<nixpacks::Derived, PlanError>),
    /// Railpack's.
    Railpack(Box<OfRailpack>),
}

/// Railpack's answer and what lies around it.
#[derive(Debug)]
pub struct OfRailpack {
    /// With the platform's own settings.
    pub planned: railpack::Planned,
    /// Without them, where they change something.
    pub alone: Option<railpack::Planned>,
    /// How the platform deploys.
    pub deploy: Deploy,
    /// The folder that is built.
    pub root: PathBuf,
    /// What chose the builder.
    pub because: Source,
    /// The variables of the deploy.
    pub variables: Vars,
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
            Self::Railpack(answer) => Ok(railpack::buildable(answer)),
        }
    }
}
