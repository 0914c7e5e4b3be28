//! The edits that should cure a cause, by rule. They are proposals: proving them is another room's work.

mod nix;
mod requirements;

use std::path::Path;

use super::judge::Case;
use super::rule::Rule;
use crate::finding::Fix;

/// What a cure is made from.
pub(super) struct Patient<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) subject: Option<&'a str>,
}

impl Patient<'_> {
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

type Cure = fn(&Patient<'_>) -> Vec<Fix>;

const CURES: &[(&str, Cure)] = &[
    ("externally-managed", nix::externally_managed),
    ("pip-not-found", nix::externally_managed),
    ("unknown-nix-package", nix::unknown_package),
    ("missing-shared-library", nix::shared_library),
    ("missing-system-header", nix::header),
    ("missing-system-binary", nix::program),
    ("missing-compiler", nix::compiler),
    ("missing-rust", nix::rust),
    ("git-missing", nix::git),
    ("missing-python-module", requirements::missing_module),
    ("start-program-not-found", requirements::missing_module),
    ("setuptools-pkg-resources-missing", requirements::setuptools),
    ("removed-stdlib-module", requirements::stdlib_replacement),
    ("numpy-abi-mismatch", requirements::old_numpy),
    ("windows-only-requirement", requirements::windows_only),
    ("invalid-requirement", requirements::drop_line),
    ("local-path-requirement", requirements::drop_path),
    ("encoding-locale", nix::utf8),
];

/// Edits for a rule's finding, best first; none without a project or where only a person can decide.
pub(super) fn of(case: &Case<'_>, rule: &Rule, subject: Option<&str>) -> Vec<Fix> {
    if case.project.is_none() {
        return Vec::new();
    }
    let patient = Patient { case, subject };
    CURES.iter().find(|(id, _)| *id == rule.id).map(|(_, cure)| cure(&patient)).unwrap_or_default()
}
