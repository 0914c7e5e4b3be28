//! What a builder makes of a project, in its own words and in those of a run.

use super::buildable::{Buildable, Refused};
use super::nixpacks::{self, PlanError};
use super::railpack::{self, RailpackAnswer};
use crate::project::InputError;

/// A builder's answer in its own vocabulary, for the checks and reports that speak it.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub enum Planned {
    /// Nixpacks'.
    Nixpacks(Result<nixpacks::Derived, PlanError>),
    /// Railpack's.
    Railpack(Box<RailpackAnswer>),
}

impl Planned {
    /// What is to be run, or what the builder says in its place.
    ///
    /// # Errors
    /// A file that cannot be read, and that no message of the builder speaks of.
    pub fn buildable(&self) -> Result<Result<Buildable, Refused>, InputError> {
        match self {
            Self::Nixpacks(Err(PlanError::Input { error, messages })) if messages.is_empty() => Err(error.clone()),
            Self::Nixpacks(Err(refusal)) => Ok(Err(nixpacks::refused_by_planner(refusal))),
            Self::Nixpacks(Ok(derived)) => Ok(nixpacks::buildable(derived)),
            Self::Railpack(answer) => Ok(railpack::buildable(answer)),
        }
    }
}
