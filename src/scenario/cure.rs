//! A scenario's own fixes, tried for real.

use std::sync::atomic::AtomicBool;

use anyhow::Result;

use super::attempt::Runner;
use super::discover::Scenario;
use super::settings::Settings;
use crate::fix::{Bounds, Proof, prove};
use crate::rehearse::{BackendName, Request, rehearse, unread};

/// Applies the fixes that a scenario's diagnoses offer to copies of its project, and rehearses each, as `shakedown fix` does.
///
/// Errors: no usable backend, an unreadable project that no fix mends, a sandbox that broke.
pub fn cure(scenario: &Scenario, backend: BackendName, interrupted: &AtomicBool) -> Result<Proof> {
    let runner = Runner::new()?;
    let (request, _lease) = runner.prepare(scenario, backend, &Settings::default())?;
    let attempt = |request: &Request| match rehearse(request, interrupted, &mut |_| {}) {
        Ok(rehearsal) => Ok(rehearsal.attempt()),
        Err(error) => unread(request, error),
    };
    let seen = attempt(&request)?;
    prove(&request.path.clone(), seen, Bounds::default(), &mut |copy| attempt(&request.on_copy(copy)))
}
