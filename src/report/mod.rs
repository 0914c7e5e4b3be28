//! Shows what was found: the only room besides `cli` that writes to the terminal.

mod format;
mod github;
mod human;
mod json;
mod junit;
mod live;
mod markdown;
mod paint;
mod sarif;
mod table;
mod words;

pub use format::Format;
pub use live::Live;
pub use paint::Paint;

use std::path::PathBuf;

use crate::diagnose::{Diagnosis, Evidence, Severity};
use crate::rehearse::Rehearsal;

/// Everything a command found out about a project. Every format shows the same one.
#[derive(Debug, Clone)]
pub struct Report {
    /// The project's root, for excerpts.
    pub project: PathBuf,
    /// What was found.
    pub content: Content,
}

/// What a report is about.
#[derive(Debug, Clone)]
pub enum Content {
    /// A run.
    Rehearsal(Box<Rehearsal>),
    /// What can be known without one.
    Findings(Vec<Diagnosis>),
}

impl Report {
    /// The run, where there was one.
    pub fn rehearsal(&self) -> Option<&Rehearsal> {
        match &self.content {
            Content::Rehearsal(rehearsal) => Some(rehearsal),
            Content::Findings(_) => None,
        }
    }

    /// The primary one first.
    pub fn diagnoses(&self) -> &[Diagnosis] {
        match &self.content {
            Content::Rehearsal(rehearsal) => &rehearsal.diagnoses,
            Content::Findings(findings) => findings,
        }
    }

    /// The most telling lines of a failure without a known cause.
    pub fn telling(&self) -> &[Evidence] {
        self.rehearsal().map(|rehearsal| rehearsal.telling.as_slice()).unwrap_or_default()
    }

    /// How bad the worst finding is.
    pub fn worst(&self) -> Option<Severity> {
        self.diagnoses().iter().map(|diagnosis| diagnosis.severity).max()
    }
}
