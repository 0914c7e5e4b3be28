//! What a diagnosis is made from.

use crate::builder::{Builder, BuilderKind};
use crate::log::Log;
use crate::log::pattern::Pattern;
use crate::platform::Deploy;
use crate::project::Project;
use crate::run::Outcome;
use crate::sandbox::MissingLibrary;

/// All that is known of one failure. Only the log is always there.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The project, where it is at hand.
    pub project: Option<&'a Project>,
    /// What was printed.
    pub log: &'a Log,
    /// What became of a run of ours.
    pub outcome: Option<&'a Outcome>,
    /// How the platform deploys it.
    pub deploy: Option<&'a Deploy>,
    /// Who built it; where nobody says, the log tells.
    pub builder: Option<&'a Builder>,
    /// What an audit of the installed packages did not find.
    pub missing_libraries: &'a [MissingLibrary],
}

impl<'a> Case<'a> {
    /// A log and nothing else.
    pub fn of_log(log: &'a Log) -> Self {
        Self { project: None, log, outcome: None, deploy: None, builder: None, missing_libraries: &[] }
    }

    /// Whose words it is answered in. What another builder has built is read as Nixpacks' would be.
    pub(super) fn builder_kind(&self) -> BuilderKind {
        match self.builder {
            Some(builder) => builder.kind().unwrap_or(BuilderKind::Nixpacks),
            None if is_of_railpack(self.log) => BuilderKind::Railpack,
            None => BuilderKind::Nixpacks,
        }
    }
}

/// What a builder says of itself.
static BY_RAILPACK: Pattern = Pattern::new(r"(?i)using build driver railpack|\brailpack[ -]v?\d");
static BY_NIXPACKS: Pattern = Pattern::new(r"(?i)using build driver nixpacks|nixpacks[ -]v?\d|using nixpacks");
static RAILPACK: Pattern = Pattern::new(
    r"(?i)\brailpack[ -]v?\d|using build driver railpack|\brailpack (?:prepare|could not)|railpack-plan\.json|\$packages:mise|^mise (?:ERROR|WARN|\S+@\d)|/mise/installs/|/app/\.venv/",
);
static NIXPACKS: Pattern =
    Pattern::new(r"(?i)nixpacks[ -]v?\d|using nixpacks|using build driver nixpacks|/opt/venv/|/nix/store/");

/// Whether Railpack, and not Nixpacks, made what the log is about.
fn is_of_railpack(log: &Log) -> bool {
    let shows = |pattern: &Pattern| log.lines().iter().any(|line| pattern.is_match(&line.text));
    match (shows(&BY_RAILPACK), shows(&BY_NIXPACKS)) {
        (true, false) => true,
        _ => shows(&RAILPACK) && !shows(&NIXPACKS),
    }
}
