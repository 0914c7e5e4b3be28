//! The edits that should cure a cause; a rule names its function in its row. They are proposals: proving them is another
//! room's work.

pub(super) mod nix;
pub(super) mod requirements;

use std::path::Path;

use super::case::Case;
use super::table::Rule;
use crate::finding::Fix;

/// What a fix is made from.
pub(crate) struct FixContext<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) subject: Option<&'a str>,
}

impl FixContext<'_> {
    fn text(&self, name: &str) -> Option<String> {
        super::places::text_of(self.case.project?.root(), name)
    }

    fn has(&self, name: &str) -> bool {
        self.case.project.is_some_and(|project| project.root().join(name).is_file())
    }

    /// The Nixpacks configuration that is in force, or the one to make.
    fn config(&self) -> &'static Path {
        let name =
            if !self.has("nixpacks.toml") && self.has("nixpacks.json") { "nixpacks.json" } else { "nixpacks.toml" };
        Path::new(name)
    }
}

/// Edits for a rule's finding, best first; none without a project or where only a person can decide.
pub(super) fn of(case: &Case<'_>, rule: &Rule, subject: Option<&str>) -> Vec<Fix> {
    if case.project.is_none() {
        return Vec::new();
    }
    rule.fix.map(|build| build(&FixContext { case, subject })).unwrap_or_default()
}
