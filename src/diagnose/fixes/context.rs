//! What a fix is made from.

use std::path::Path;

use crate::diagnose::case::Case;
use crate::diagnose::places::text_of;

/// A cause in a project.
pub(crate) struct FixContext<'a> {
    pub(in crate::diagnose) case: &'a Case<'a>,
    pub(in crate::diagnose) subject: Option<&'a str>,
}

impl FixContext<'_> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text_of(self.case.project?.root(), name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.case.project.is_some_and(|project| project.root().join(name).is_file())
    }

    /// The Nixpacks configuration that is in force, or the one to make.
    pub(super) fn config(&self) -> &'static Path {
        let name =
            if !self.has("nixpacks.toml") && self.has("nixpacks.json") { "nixpacks.json" } else { "nixpacks.toml" };
        Path::new(name)
    }
}
