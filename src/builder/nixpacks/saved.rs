//! Plans that stand in files.

use std::path::Path;

use super::plan::Plan;
use super::wire::BuildPlan;
use crate::project::{InputError, MAX_FILE};

/// A plan that somebody saved, as JSON or TOML by its file name.
pub fn from_file(path: &Path) -> Result<Plan, InputError> {
    let text = crate::fs::read_text(path, MAX_FILE).map_err(|error| InputError::new(path, error))?;
    let parse = if path.extension().is_some_and(|ext| ext == "toml") { plan_from_toml } else { plan_from_json };
    parse(&text).map_err(|(line, what)| InputError::at(path, line, what))
}

impl Plan {
    /// A plan from JSON, or the line (from 1) and what is wrong there.
    pub fn from_json(text: &str) -> Result<Self, (Option<usize>, String)> {
        plan_from_json(text)
    }
}

/// A plan from TOML, or the line and what is wrong there.
pub(super) fn plan_from_toml(text: &str) -> Result<Plan, (Option<usize>, String)> {
    toml::from_str(text)
        .map(BuildPlan::into)
        .map_err(|error| (error.line_col().map(|(line, _)| line + 1), error.to_string()))
}

/// A plan from JSON, or the line and what is wrong there.
pub(super) fn plan_from_json(text: &str) -> Result<Plan, (Option<usize>, String)> {
    serde_json::from_str(text)
        .map(BuildPlan::into)
        .map_err(|error| (Some(error.line()).filter(|line| *line > 0), error.to_string()))
}
