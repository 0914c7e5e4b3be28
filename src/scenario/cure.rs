//! A scenario's own fixes, tried for real.

use std::sync::atomic::AtomicBool;

use anyhow::Result;

use super::attempt::Runner;
use super::discover::Scenario;
use super::settings::Settings;
use crate::fix::{Bounds, Proof, prove};
use crate::rehearse::{BackendName, rehearse, rehearse_trials, unread};

/// Applies the fixes that a scenario's diagnoses offer to copies of its project, and rehearses each, as `shakedown fix` does.
///
/// Errors: no usable backend, an unreadable project that no fix mends, a sandbox that broke.
pub fn cure(scenario: &Scenario, backend: BackendName, interrupted: &AtomicBool) -> Result<Proof> {
    let runner = Runner::new()?;
    let (request, _lease) = runner.prepare(scenario, backend, &Settings::default())?;
    let seen = rehearse(&request, interrupted, &mut |_| {})
        .map(|rehearsal| rehearsal.attempt())
        .or_else(|error| unread(&request, error))?;
    prove(&request.path, seen, Bounds::default(), &mut |trials, is_enough| {
        rehearse_trials(&request, trials, interrupted, &mut |_, _| {}, &mut |_, _| {}, is_enough)
    })
}
