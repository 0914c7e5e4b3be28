//! The edits that should cure a cause; a rule names its function in its row. They are proposals: proving them is another
//! room's work.

pub(crate) mod context;
pub(super) mod locks;
pub(super) mod nixpacks;
pub(super) mod platform;
pub(super) mod railpack;
pub(super) mod requirements;
pub(super) mod variables;

use context::FixContext;

use super::case::Case;
use super::table::Rule;
use crate::builder::BuilderKind;
use crate::finding::{Edit, Fix};

/// Edits for a rule's finding, best first; none without a project or where only a person can decide.
pub(super) fn of(case: &Case<'_>, rule: &Rule, subject: Option<&str>) -> Vec<Fix> {
    if case.project.is_none() {
        return Vec::new();
    }
    let context = FixContext { case, subject };
    match case.builder_kind() {
        BuilderKind::Nixpacks => rule.fix.map(|build| build(&context)).unwrap_or_default(),
        BuilderKind::Railpack => {
            let build = rule.on_railpack.fix.or(rule.fix);
            let mut fixes = build.map(|build| build(&context)).unwrap_or_default();
            // Nobody reads these files there.
            let unread = ["nixpacks.toml", "nixpacks.json"];
            let is_read = |edit: &Edit| !unread.iter().any(|name| edit.path().ends_with(name));
            fixes.retain(|fix| fix.edits.iter().all(is_read));
            fixes
        }
    }
}
