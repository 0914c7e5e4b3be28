//! What a rehearsal is to the proof of a fix.

use anyhow::{Error, Result};

use super::{Rehearsal, Request};
use crate::check::check;
use crate::finding::Severity;
use crate::fix::{Attempt, phase_rank};
use crate::project::InputError;
use crate::run::Verdict;

impl Rehearsal {
    /// What it found, with all that `check` would mend beside.
    pub fn attempt(&self) -> Attempt {
        Attempt {
            verdict: self.verdict(),
            failed_at: self.outcome.failing_phase().map(phase_rank),
            diagnoses: self.diagnoses.iter().chain(&self.suspects).cloned().collect(),
            unverified: self.unverified.clone(),
        }
    }
}

/// What is known of a project with a file that cannot be read, where that is the error and a fix is known: in the cloud the
/// build ends there. Any other error comes back.
pub fn unread(request: &Request, error: Error) -> Result<Attempt> {
    if !error.is::<InputError>() {
        return Err(error);
    }
    let project = request.project()?;
    let mut diagnoses = check(&project, &request.deploy, &request.plan(&project)?);
    diagnoses.retain(|found| found.severity == Severity::Error);
    if diagnoses.iter().all(|found| found.fixes.is_empty()) {
        return Err(error);
    }
    Ok(Attempt { verdict: Verdict::Fails, failed_at: Some(phase_rank("plan")), diagnoses, unverified: Vec::new() })
}
