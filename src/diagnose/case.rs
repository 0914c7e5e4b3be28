//! What a diagnosis is made from.

use crate::log::Log;
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
    /// What an audit of the installed packages did not find.
    pub missing_libraries: &'a [MissingLibrary],
}

impl<'a> Case<'a> {
    /// A log and nothing else.
    pub fn of_log(log: &'a Log) -> Self {
        Self { project: None, log, outcome: None, deploy: None, missing_libraries: &[] }
    }
}
