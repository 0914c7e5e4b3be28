//! A project as the provider sees it.

use crate::builder::nixpacks::error::{PlanError, read};
use crate::builder::nixpacks::variables::Variables;
use crate::plan::{Choice, Warning};
use crate::project::Project;

/// A project as the provider sees it; its questions are asked in Nixpacks' order, since the first error wins.
pub(super) struct View<'a> {
    pub(super) project: &'a Project,
    pub(super) vars: &'a Variables,
    pub(super) choices: Vec<Choice>,
    pub(super) warnings: Vec<Warning>,
}

pub(super) fn read_if_present(project: &Project, name: &str) -> Result<Option<String>, PlanError> {
    if project.has_file(name) { read(project, name).map(Some) } else { Ok(None) }
}
