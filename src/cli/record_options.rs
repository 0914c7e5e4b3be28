//! From a run's options to those of the scenario that `shakedown record` makes of it: what was asked for, on the command
//! line or in `shakedown.toml`. A suite reads neither.

use std::path::{Path, PathBuf};

use super::args::{Planning, Probing, Sandboxing};
use super::config::Config;
use crate::builder::{Asked, BuilderKind};
use crate::plan::Vars;
use crate::platform::{Platform, railway};
use crate::rehearse::{PlanSettings, Request};
use crate::run::SmokeSettings;
use crate::scenario::{RunSettings, Within};
use crate::secret::is_telling;

/// What the planner was told. Files are named from the root.
pub(super) fn plan(planning: &Planning, request: &Request) -> PlanSettings {
    let command = |given: &Option<String>| given.as_deref().map(|given| request.secrets.mask(given).into_owned());
    let repository = request.repository.as_ref().filter(|_| counts(planning, request));
    let folder = std::fs::canonicalize(&request.path).unwrap_or_default();
    PlanSettings {
        root_directory: repository.map(|repository| repository.way_to(&folder)),
        install_cmd: command(&planning.plan.install_cmd),
        build_cmd: command(&planning.plan.build_cmd),
        start_cmd: command(&planning.plan.start_cmd),
        platform: Some(request.deploy.platform).filter(|platform| *platform != Platform::default()),
        builder: Some(request.builder).filter(|builder| *builder != Asked::default()),
        plan: planning.plan.plan.as_deref().map(absolute),
        versions: planning.plan.versions.as_deref().map(absolute),
        ..planning.plan.clone()
    }
}

/// How it was run; for how long is left to the caller.
pub(super) fn run(sandboxing: &Sandboxing, probing: &Probing, config: &Config) -> RunSettings {
    let smoke = &config.smoke;
    let python = sandboxing.python.as_deref().or(config.python.as_deref());
    RunSettings {
        expect: probing.expect.or(smoke.expect),
        // A suite waits for less by default.
        stay: probing.stay.or(smoke.stay).or(Some(SmokeSettings::default().stay)),
        within: Some(probing.within.or(smoke.within).map_or(Within::Platform, Within::Span)),
        grace: probing.grace.or(smoke.grace),
        timeout: sandboxing.timeout.or(config.timeout),
        silence: sandboxing.silence.or(config.silence),
        health: probing.health.clone().or_else(|| smoke.health.clone()),
        memory: sandboxing.memory.or(config.memory),
        processes: sandboxing.processes.or(config.processes),
        disk: sandboxing.disk.or(config.disk),
        port: probing.port.or(smoke.port),
        offline: sandboxing.offline || config.offline,
        reach: config.reach.iter().chain(&sandboxing.reach).cloned().collect(),
        until: None,
        // A bare name is looked for on PATH.
        python: python.map(|python| if python.components().count() > 1 { absolute(python) } else { python.to_owned() }),
        nixpkgs: sandboxing.nixpkgs.as_deref().map(|given| match given.contains("://") {
            true => given.to_owned(),
            false => absolute(Path::new(given)).display().to_string(),
        }),
        base_image: sandboxing.base_image.clone(),
        run_image: sandboxing.run_image.clone(),
        pull: sandboxing.pull,
        no_cache: sandboxing.no_cache,
    }
}

/// Whether the repository around the project has a say in the deploy.
fn counts(planning: &Planning, request: &Request) -> bool {
    let root = || request.project().ok()?.repository();
    planning.plan.root_directory.is_some()
        || request.deploy.reads_railway() && root().is_some_and(|root| railway::file_in(&root).is_some())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The variables of the deploy, with values that give nothing away.
pub(super) fn env(request: &Request) -> Vars {
    let value = |given: &String| match given.split_once('=') {
        Some((name, value)) => Some((name.to_owned(), value.to_owned())),
        None => Some((given.clone(), request.deploy.process_env.get(given)?.clone())),
    };
    let given = request.deploy.env.iter().filter_map(value);
    given.map(|(name, value)| (name.clone(), harmless(&name, &value))).collect()
}

/// What may be written down in place of a value: itself where the builder reads it, or where it is a switch or a small number; else
/// something of its kind.
fn harmless(name: &str, value: &str) -> String {
    const PLACEHOLDER: &str = "placeholder";
    const SWITCHES: &[&str] = &["", "true", "false", "yes", "no", "on", "off"];
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_small = is_number && value.len() <= 5 || SWITCHES.contains(&value.to_ascii_lowercase().as_str());
    if BuilderKind::any_reads(name) || is_small && !is_telling(name) {
        return value.to_owned();
    }
    if is_number {
        return "1".repeat(value.len());
    }
    match value.split_once("://") {
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte)) => {
            format!("{scheme}://{PLACEHOLDER}:{PLACEHOLDER}@{PLACEHOLDER}.invalid/{PLACEHOLDER}")
        }
        _ => PLACEHOLDER.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_gives_nothing_away_is_kept_and_any_other_replaced_by_one_of_its_kind() {
        for (name, value, kept) in [
            ("PORT", "5000", "5000"),
            ("DEBUG", "True", "True"),
            ("EMPTY", "", ""),
            ("NIXPACKS_PYTHON_VERSION", "3.11", "3.11"),
            ("PIN_KEY", "1234", "1111"),
            ("GUILD", "123456789012345678", "111111111111111111"),
            ("API_TOKEN", "true", "placeholder"),
            ("NAME", "hunter2", "placeholder"),
            (
                "DATABASE_URL",
                "postgres://me:pw@db/x",
                "postgres://placeholder:placeholder@placeholder.invalid/placeholder",
            ),
        ] {
            assert_eq!(harmless(name, value), kept, "{name}");
        }
    }
}
