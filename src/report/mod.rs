//! Shows what was found: the only room besides `cli` that writes to the terminal.

mod format;
mod github;
mod html;
mod human;
mod json;
mod junit;
mod live;
mod markdown;
mod migration;
mod page;
mod paint;
mod repository;
mod rule_page;
mod sanitize;
mod sarif;
mod table;
mod words;

pub use format::Format;
pub use human::not_verified;
pub use json::{SCHEMA, check_schema, replay_schema, run_schema};
pub use live::Live;
pub use migration::{migration_human, migration_json, migration_markdown, migration_schema};
pub use page::{PAGE_HEAD, PAGE_TAIL, escaped_html};
pub use paint::Paint;
pub use rule_page::{rule_index, rule_page};
pub use sanitize::{in_json, shown};

use std::path::PathBuf;

use crate::diagnose::replay::Failure;
use crate::finding::{Diagnosis, Evidence, Severity};
use crate::rehearse::Rehearsal;
use crate::rehearse::replay::Comparison;

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
    /// A log of the cloud.
    Replay(Box<Replay>),
}

/// What a log says, and how a run here compares.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The log's file as the user named it; none where it came by standard input.
    pub log: Option<PathBuf>,
    /// Where it failed.
    pub failure: Failure,
    /// The primary one first.
    pub diagnoses: Vec<Diagnosis>,
    /// The most telling lines of a log without a known cause.
    pub telling: Vec<Evidence>,
    /// The run here, where one was asked for.
    pub here: Option<Comparison>,
}

impl Report {
    /// The run, where there was one.
    pub fn rehearsal(&self) -> Option<&Rehearsal> {
        match &self.content {
            Content::Rehearsal(rehearsal) => Some(rehearsal),
            Content::Findings(_) | Content::Replay(_) => None,
        }
    }

    /// The log of the cloud, where the report is about one.
    pub fn replay(&self) -> Option<&Replay> {
        match &self.content {
            Content::Replay(replay) => Some(replay),
            Content::Rehearsal(_) | Content::Findings(_) => None,
        }
    }

    /// The primary one first.
    pub fn diagnoses(&self) -> &[Diagnosis] {
        match &self.content {
            Content::Rehearsal(rehearsal) => &rehearsal.diagnoses,
            Content::Findings(findings) => findings,
            Content::Replay(replay) => &replay.diagnoses,
        }
    }

    /// The most telling lines of a failure without a known cause.
    pub fn telling(&self) -> &[Evidence] {
        match &self.content {
            Content::Rehearsal(rehearsal) => &rehearsal.telling,
            Content::Replay(replay) => &replay.telling,
            Content::Findings(_) => &[],
        }
    }

    /// How bad the worst finding is.
    pub fn worst(&self) -> Option<Severity> {
        self.diagnoses().iter().map(|diagnosis| diagnosis.severity).max()
    }
}

#[cfg(test)]
mod tests;
