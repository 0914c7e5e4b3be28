//! The edits that should cure a cause; a rule names its function in its row. They are proposals: proving them is another
//! room's work.

pub(crate) mod context;
pub(super) mod nix;
pub(super) mod requirements;

use context::FixContext;

use super::case::Case;
use super::table::Rule;
use crate::finding::Fix;

/// Edits for a rule's finding, best first; none without a project or where only a person can decide.
pub(super) fn of(case: &Case<'_>, rule: &Rule, subject: Option<&str>) -> Vec<Fix> {
    if case.project.is_none() {
        return Vec::new();
    }
    rule.fix.map(|build| build(&FixContext { case, subject })).unwrap_or_default()
}
