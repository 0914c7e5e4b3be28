//! The suite under `scenarios/`, a test per scenario and backend.
//!
//! A scenario that this machine cannot run is skipped by name. With `SHAKEDOWN_BACKENDS_MUST_WORK=1` it fails instead,
//! unless what is missing is a Python version that CI has no need of. Scenarios tagged `parity` run on every backend that can
//! have what they name, where all must come to the same report; the others on the host's alone. `SHAKEDOWN_TEST_BACKENDS=host,docker` chooses
//! backends for all of them. `SHAKEDOWN_OFFLINE=1` leaves out what needs the network.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use libtest_mimic::{Arguments, Failed, Trial};
use shakedown::rehearse::BackendName;
use shakedown::sandbox::docker::{self, Pull};
use shakedown::sandbox::nix::Nixpkgs;
use shakedown::scenario::{self, CaseStatus, Scenario, Selected, Selection, Settings, State, discover};

/// Python versions that every machine with `SHAKEDOWN_BACKENDS_MUST_WORK=1` has.
const CERTAIN_PYTHONS: &[&str] = &["3.11", "3.12"];
/// How often the network gets another chance.
const RETRIES: u32 = 2;
/// The tag of scenarios that say the same on every backend.
const PARITY: &str = "parity";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value == "1")
}

/// Those that the environment asks for.
fn asked_for() -> Option<Vec<BackendName>> {
    let asked = std::env::var("SHAKEDOWN_TEST_BACKENDS").ok()?;
    let named = |name| BackendName::parse(name).unwrap_or_else(|| panic!("there is no backend `{name}`"));
    Some(asked.split(',').map(named).collect())
}

/// Where a scenario runs unless the environment says otherwise.
fn own_backends(scenario: &Scenario) -> Vec<BackendName> {
    let mut all = vec![BackendName::Host, BackendName::Nix, BackendName::Docker];
    match scenario.definition.tags.iter().any(|tag| tag == PARITY) {
        true => all.retain(|backend| scenario.definition.backend_for(*backend).is_some()),
        false => all.truncate(1),
    }
    all
}

/// What the small nixpkgs needs and the nix backend does not know of.
fn lacks(backend: BackendName) -> Option<&'static str> {
    let patches = backend != BackendName::Nix || which::which("patchelf").is_ok();
    (!patches).then_some("patchelf, which the small nixpkgs is made with, is not installed")
}

fn run(scenario: Scenario, backend: BackendName) -> Result<(), Failed> {
    let may_be_missing = scenario.definition.python.as_deref().is_some_and(|python| !CERTAIN_PYTHONS.contains(&python))
        || scenario.definition.backend_for(backend).is_none();
    let title = title(&scenario, backend);
    if let Some(why) = lacks(backend) {
        return skipped(&title, why, may_be_missing);
    }
    let scratch = tempfile::tempdir()?;
    let state = State::at(scratch.path().join("state.ndjson"))?;
    let settings = Settings {
        folder: "scenarios".into(),
        backends: vec![backend],
        nixpkgs: Some(Nixpkgs::Path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nixpkgs"))),
        // Nothing is fetched that the machine was not readied with, and nothing is kept from one run for the next.
        docker: docker::Options { pull: Pull::Never, no_cache: true, ..docker::Options::default() },
        jobs: 1,
        retries: RETRIES,
        ..Settings::default()
    };
    let selected = Selected { scenarios: vec![scenario], ..Selected::default() };
    let summary = scenario::run(&settings, &selected, &state, &AtomicBool::new(false), &mut |_| {})?;
    let result = summary.results.first().ok_or("there is no result")?;
    let why = result.reasons.join("\n");
    match result.status {
        CaseStatus::Passed => Ok(()),
        CaseStatus::Skipped | CaseStatus::Unreachable => skipped(&title, &why, may_be_missing),
        status => {
            let diff = result.diff.as_deref().unwrap_or_default();
            Err(format!("{}: {why}\n{diff}\n{}", status.name(), result.log.join("\n")).into())
        }
    }
}

fn title(scenario: &Scenario, backend: BackendName) -> String {
    format!("{}: {}", backend.name(), scenario.name)
}

/// Says so by name, and fails where what is missing must be there.
fn skipped(title: &str, why: &str, may_be_missing: bool) -> Result<(), Failed> {
    if !may_be_missing && is_set("SHAKEDOWN_BACKENDS_MUST_WORK") {
        return Err(format!("it cannot run here: {why}").into());
    }
    eprintln!("skipped: {title}: {why}");
    Ok(())
}

/// What no run of a single scenario would notice.
fn fixtures_are_sound() -> Result<(), Failed> {
    let found = discover(&folder())?;
    let mut faults: Vec<String> =
        found.broken.iter().map(|broken| format!("{}: {}", broken.place, broken.message)).collect();
    for scenario in &found.scenarios {
        let accepted = scenario.dir.join("expected.json");
        let heavy = scenario.definition.tags.iter().any(|tag| tag == scenario::HEAVY);
        if !accepted.is_file() && !heavy && scenario.definition.backend_for(BackendName::Host).is_some() {
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
    let mut arguments = Arguments::from_args();
    // A scenario waits for half of its time.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads = arguments.test_threads.or(Some(2 * processors));
    let mut trials = vec![Trial::test("fixtures are sound", fixtures_are_sound)];
    let selection = Selection { offline: is_set("SHAKEDOWN_OFFLINE"), ..Selection::default() };
    let selected = selection.of(discover(&folder()).unwrap());
    for (name, why) in &selected.left_out {
        if !arguments.list {
            eprintln!("skipped: {name}: {why}");
        }
    }
    let asked_for = asked_for();
    for scenario in selected.scenarios {
        for backend in asked_for.clone().unwrap_or_else(|| own_backends(&scenario)) {
            let scenario = scenario.clone();
            trials.push(Trial::test(title(&scenario, backend), move || run(scenario, backend)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
