//! Packages that Nixpacks adds for a mere mention.

use crate::check::facts::Facts;
use crate::check::finding::{Check, Findings, note};
use crate::project::Source;

const MENTION: Check = note(
    "package-by-mention",
    "Nixpacks searches the dependency files as plain text, so a comment that mentions psycopg2 or cairo adds system packages. That costs build \
     time, nothing else.",
);

pub(super) const CHECKS: &[Check] = &[MENTION];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    for what in ["phases.setup.nixPkgs", "phases.setup.nixLibs"] {
        for choice in facts.choices(what) {
            let line = facts.line(&choice.because);
            let is_file = matches!(&choice.because, Source::File { path, .. } if path.ends_with("requirements.txt"));
            if is_file && line.trim_start().starts_with('#') {
                let finding =
                    MENTION.found(format!("a comment makes Nixpacks add {}", choice.value)).about(&choice.value);
                findings.push(finding.at(choice.because.clone(), line));
            }
        }
    }
}
