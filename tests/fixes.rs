//! The fix that a scenario's report offers, applied to a copy and rehearsed until the deploy works, on the host backend.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use libtest_mimic::{Arguments, Failed, Trial};
use shakedown::fix::Standing;
use shakedown::rehearse::BackendName;
use shakedown::sandbox::Unavailable;
use shakedown::scenario::{Scenario, Selection, cure, discover};

/// Scenarios whose fix makes the deploy work. Of the others most need a package that their own small index does not have.
const CURED: &[&str] = &[
    "activation-is-lost",
    "cache-missed-at-start",
    "command-among-requirements",
    "data-file-behind-dockerignore",
    "encoding-locale",
    "founding-bot-offline",
    "lazy-import-of-another-list",
    "local-path-requirement",
    "merge-marker-in-requirements",
    "missing-shared-library",
    "module-in-another-case",
    "nixpkgs-without-the-dots",
    "package-json-makes-it-node",
    "pip-as-a-nix-package",
    "pip-not-found",
    "port-variable-not-expanded",
    "python-m-pip-not-found",
    "relative-import-in-a-package",
    "requirements-file-misspelt",
    "requirements-in-utf-16",
    "resolution-conflict-of-two-pins",
    "tool-versions-crash-nixpacks",
    "wheel-wrong-platform",
    "windows-line-endings",
    "windows-only-requirement",
];

fn cures(scenario: &Scenario) -> Result<(), Failed> {
    let proof = match cure(scenario, BackendName::Host, &AtomicBool::new(false)) {
        Ok(proof) => proof,
        Err(error) if error.is::<Unavailable>() && std::env::var("SHAKEDOWN_BACKENDS_MUST_WORK").is_err() => {
            eprintln!("skipped: {}: {error}", scenario.name);
            return Ok(());
        }
        Err(error) => return Err(format!("{error:#}").into()),
    };
    let steps: Vec<_> = proof.steps.iter().map(|step| step.fix.summary.as_str()).collect();
    let left: Vec<_> =
        proof.attempt.diagnoses.iter().map(|found| format!("{}: {}", found.rule, found.message)).collect();
    match proof.standing {
        Standing::Proven => Ok(()),
        standing => Err(format!("{standing:?} after {steps:?}; left: {left:#?}").into()),
    }
}

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let selected = Selection { offline: true, ..Selection::default() }.of(discover(&folder).unwrap());
    let scenarios = selected.scenarios.into_iter().filter(|scenario| CURED.contains(&scenario.name.as_str()));
    let mut trials: Vec<_> =
        scenarios.map(|scenario| Trial::test(scenario.name.clone(), move || cures(&scenario))).collect();
    let all = trials.len() == CURED.len();
    trials.push(Trial::test("each is there", move || if all { Ok(()) } else { Err("a scenario is missing".into()) }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
