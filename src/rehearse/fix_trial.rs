//! What a rehearsal is to the proof of a fix.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Error, Result};

use super::{Rehearsal, Request, side_by_side};
use crate::check::check;
use crate::finding::Severity;
use crate::fix::{Attempt, Trial, phase_rank};
use crate::project::InputError;
use crate::run::{Event, Verdict};
use crate::sandbox::Interrupted;

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

/// Rehearses copies of a request's project as [`prove`] wants it; `tell` hears what each came to.
///
/// # Errors
/// Those of a rehearsal that say nothing of the edit, and [`Interrupted`].
///
/// [`prove`]: crate::fix::prove
pub fn rehearse_trials(
    request: &Request,
    trials: &[Trial],
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(&Trial, &Event),
    tell: &mut dyn FnMut(&Trial, &Attempt),
    is_enough: &mut dyn FnMut(&Attempt) -> bool,
) -> Result<Vec<Attempt>> {
    let requests: Vec<Request> = trials.iter().map(|trial| request.on_copy(trial.root())).collect();
    let mut found = Vec::new();
    let mut emit = |index: usize, event: &Event| emit(&trials[index], event);
    side_by_side(&requests, interrupted, &mut emit, &mut |index, rehearsal| {
        if interrupted.load(Ordering::Relaxed) {
            found.push(Err(Interrupted.into()));
            return ControlFlow::Break(());
        }
        let attempt = rehearsal.map(|rehearsal| rehearsal.attempt()).or_else(|error| unread(&requests[index], error));
        let goes_on = attempt.as_ref().is_ok_and(|attempt| {
            tell(&trials[index], attempt);
            !is_enough(attempt)
        });
        found.push(attempt);
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    found.into_iter().collect()
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
