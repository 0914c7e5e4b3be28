//! Generated projects, planned by the published `nixpacks` crate and by us: no difference is allowed, and every branch
//! that the generators are meant to reach must have been reached.
#![allow(clippy::unwrap_used)]

mod case;
mod coverage;
mod generate;
mod odd;
mod oracle;
mod ours;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};

use case::Case;

fn differences(case: &Case, reached: &mut dyn FnMut(&str)) -> Result<(), String> {
    let folder = case.write();
    let theirs = oracle::plan(case, folder.path());
    let ours = ours::plan(case, folder.path());
    coverage::labels(case, folder.path(), &ours, reached);
    ours::compare(&theirs, &ours)
}

/// How often the cases are made anew while a branch is not reached.
const ROUNDS: u64 = 10;

#[test]
fn generated_projects_are_planned_alike() {
    oracle::quieten_panics();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000);
    let seeds = FileFailurePersistence::Direct(concat!(env!("CARGO_MANIFEST_DIR"), "/seeds.txt"));
    let config = Config { cases, failure_persistence: Some(Box::new(seeds)), ..Config::default() };
    let reached = RefCell::new(BTreeMap::<String, usize>::new());
    let missed = || {
        let reached = reached.borrow();
        coverage::EXPECTED.iter().filter(|label| !reached.contains_key(**label)).collect::<Vec<_>>()
    };
    // Some branches are rare: as many cases again, a few times, before one counts as out of reach.
    for round in 0..ROUNDS {
        // A runner counts its cases over all its runs, so that each round wants one of its own.
        let rng_seed = match config.rng_seed {
            RngSeed::Fixed(seed) => RngSeed::Fixed(seed + round),
            RngSeed::Random => RngSeed::Random,
        };
        let outcome = TestRunner::new(Config { rng_seed, ..config.clone() }).run(&generate::cases(), |case| {
            let mut count = |label: &str| *reached.borrow_mut().entry(label.to_owned()).or_default() += 1;
            differences(&case, &mut count).map_err(TestCaseError::fail)
        });
        if let Err(failure) = outcome {
            panic!("{failure}");
        }
        if missed().is_empty() {
            break;
        }
    }
    println!("{:#?}", reached.borrow());
    assert!(missed().is_empty(), "never reached in {ROUNDS} times {cases} cases: {:?}", missed());
}
