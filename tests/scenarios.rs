//! The suite under `scenarios/`, a test per scenario and backend.
//!
//! A scenario that this machine cannot run is skipped by name. With `SHAKEDOWN_BACKENDS_MUST_WORK=1` it fails instead,
//! unless what is missing is a Python version that CI has no need of. `SHAKEDOWN_TEST_BACKENDS=host,docker` chooses
//! backends; the host sandbox alone is the default. `SHAKEDOWN_OFFLINE=1` leaves out what needs the network.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use libtest_mimic::{Arguments, Failed, Trial};
use shakedown::rehearse::BackendName;
use shakedown::scenario::{self, CaseStatus, Scenario, Selected, Selection, Settings, State, discover};

/// Python versions that every machine with `SHAKEDOWN_BACKENDS_MUST_WORK=1` has.
const CERTAIN_PYTHONS: &[&str] = &["3.11", "3.12"];
/// How often the network gets another chance.
const RETRIES: u32 = 2;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value == "1")
}

fn backends() -> Vec<BackendName> {
    let asked = std::env::var("SHAKEDOWN_TEST_BACKENDS").unwrap_or_else(|_| "host".into());
    let known = [BackendName::Auto, BackendName::Host, BackendName::Nix, BackendName::Docker];
    let named = |name: &str| known.into_iter().find(|backend| scenario::backend_name(*backend) == name);
    asked.split(',').map(|name| named(name).unwrap_or_else(|| panic!("there is no backend `{name}`"))).collect()
}

fn run(scenario: Scenario, backend: BackendName) -> Result<(), Failed> {
    let may_be_missing = scenario.definition.python.as_deref().is_some_and(|python| !CERTAIN_PYTHONS.contains(&python))
        || !scenario.definition.runs_on(backend);
    let name = scenario.name.clone();
    let scratch = tempfile::tempdir()?;
    let state = State::at(scratch.path().join("state.ndjson"))?;
    let settings = Settings {
        folder: "scenarios".into(),
        backends: vec![backend],
        jobs: 1,
        retries: RETRIES,
        fail_fast: false,
        accept: false,
    };
    let selected = Selected { scenarios: vec![scenario], ..Selected::default() };
    let summary = scenario::run(&settings, &selected, &state, &AtomicBool::new(false), &mut |_| {})?;
    let result = summary.results.first().ok_or("there is no result")?;
    let why = result.reasons.join("\n");
    match result.status {
        CaseStatus::Passed => Ok(()),
        CaseStatus::Skipped | CaseStatus::Unreachable if may_be_missing || !is_set("SHAKEDOWN_BACKENDS_MUST_WORK") => {
            eprintln!("skipped: {name}: {why}");
            Ok(())
        }
        status => {
            let diff = result.diff.as_deref().unwrap_or_default();
            Err(format!("{}: {why}\n{diff}\n{}", status.name(), result.log.join("\n")).into())
        }
    }
}

/// What no run of a single scenario would notice.
fn fixtures_are_sound() -> Result<(), Failed> {
    let found = discover(&folder())?;
    let mut faults: Vec<String> =
        found.broken.iter().map(|broken| format!("{}: {}", broken.place, broken.message)).collect();
    for scenario in &found.scenarios {
        let accepted = scenario.dir.join("expected.json");
        let heavy = scenario.definition.tags.iter().any(|tag| tag == scenario::HEAVY);
        if !accepted.is_file() && !heavy && scenario.definition.runs_on(BackendName::Host) {
            faults.push(format!("{}: there is no expected.json", scenario.name));
        }
        if scenario.definition.about.trim().is_empty() {
            faults.push(format!("{}: it says nothing about itself", scenario.name));
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("\n").into()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![Trial::test("fixtures are sound", fixtures_are_sound)];
    let selection = Selection { offline: is_set("SHAKEDOWN_OFFLINE"), ..Selection::default() };
    let selected = selection.of(discover(&folder()).unwrap());
    for (name, why) in &selected.left_out {
        if !arguments.list {
            eprintln!("skipped: {name}: {why}");
        }
    }
    for backend in backends() {
        for scenario in &selected.scenarios {
            let title = format!("{}: {}", scenario::backend_name(backend), scenario.name);
            let scenario = scenario.clone();
            trials.push(Trial::test(title, move || run(scenario, backend)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
