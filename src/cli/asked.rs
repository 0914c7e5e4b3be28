//! From a run's options to those of the scenario that `shakedown record` makes of it.

use super::args::{Planning, Probing, Sandboxing};
use super::config::Config;
use crate::run::SmokeSettings;
use crate::scenario::{Asked, PlanSettings, RunSettings};
use crate::secret::Secrets;

/// What the user asked for, on the command line or in `shakedown.toml`; a suite reads neither.
pub(super) fn asked(
    planning: &Planning,
    sandboxing: &Sandboxing,
    probing: &Probing,
    config: &Config,
    secrets: &Secrets,
) -> Asked {
    let command = |given: &Option<String>| given.as_deref().map(|given| secrets.mask(given).into_owned());
    let plan = PlanSettings {
        config: planning.config.clone(),
        install_cmd: command(&planning.install_cmd),
        build_cmd: command(&planning.build_cmd),
        start_cmd: command(&planning.start_cmd),
        pkgs: planning.pkgs.clone(),
        libs: planning.libs.clone(),
        apt: planning.apt.clone(),
        platform: planning.platform,
        environment: planning.environment.clone(),
    };
    let smoke = &config.smoke;
    let run = RunSettings {
        expect: probing.expect.or(smoke.expect),
        // A suite waits for less by default.
        stay: probing.stay.or(smoke.stay).or(Some(SmokeSettings::default().stay)),
        within: probing.within.or(smoke.within),
        grace: probing.grace.or(smoke.grace),
        timeout: sandboxing.timeout.or(config.timeout),
        silence: sandboxing.silence.or(config.silence),
        health: probing.health.clone().or_else(|| smoke.health.clone()),
        memory: sandboxing.memory.or(config.memory),
        port: probing.port.or(smoke.port),
        offline: sandboxing.offline || config.offline,
    };
    Asked { plan, run }
}
