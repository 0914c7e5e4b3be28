//! What Railpack plans, and what lies around it.

use std::path::PathBuf;

use super::Planned;
use crate::plan::Vars;
use crate::platform::Deploy;
use crate::project::Source;

/// Railpack's answer and what lies around it.
#[derive(Debug)]
pub struct OfRailpack {
    /// With the platform's own settings.
    pub planned: Planned,
    /// Without them, where they change something.
    pub alone: Option<Planned>,
    /// How the platform deploys.
    pub deploy: Deploy,
    /// The folder that is built.
    pub root: PathBuf,
    /// What chose the builder.
    pub because: Source,
    /// The variables of the deploy.
    pub variables: Vars,
}
