//! Every case under `tests/logs/cases` has its cause: short logs in the shapes and words of many tools, versions and platforms.
//!
//! `=== cause | what` begins a case; its log follows.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use shakedown::diagnose::{Case, RULES, diagnose};

use shakedown::log::Log;

struct LabelledLog {
    cause: String,
    name: String,
    log: String,
}

fn cases() -> Vec<LabelledLog> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs/cases");
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases: Vec<LabelledLog> = Vec::new();
    for file in files {
        for line in fs::read_to_string(&file).unwrap().lines() {
            if let Some(head) = line.strip_prefix("=== ") {
                let (cause, what) = head.split_once(" | ").unwrap();
                let name = format!("{}: {cause}: {what}", file.file_stem().unwrap().to_string_lossy());
                cases.push(LabelledLog { cause: cause.to_owned(), name, log: String::new() });
            } else {
                let log = &mut cases.last_mut().unwrap().log;
                log.push_str(&line.replace("\\e", "\x1b"));
                log.push('\n');
            }
        }
    }
    cases
}

#[test]
fn every_case_has_its_cause() {
    let mut faults = Vec::new();
    for case in cases() {
        let found: Vec<&str> =
            diagnose(&Case::of_log(&Log::from(case.log.as_str()))).iter().map(|found| found.rule).collect();
        if found.first().copied().unwrap_or("none") != case.cause {
            faults.push(format!("{} -> {found:?}", case.name));
        }
    }
    assert!(faults.is_empty(), "{} faults: {faults:#?}", faults.len());
}

#[test]
fn every_cause_is_told_in_three_ways_at_least_and_health_in_many() {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases() {
        *count.entry(case.cause).or_default() += 1;
    }
    let cases = |id: &str| count.get(id).copied().unwrap_or_default();
    let rare: Vec<String> = RULES
        .iter()
        .filter(|rule| cases(rule.id) < 3)
        .map(|rule| {
            format!(
                "{} has {} of 3 cases: add `=== {} | …` to a file of tests/logs/cases",
                rule.id,
                cases(rule.id),
                rule.id
            )
        })
        .collect();
    assert!(rare.is_empty(), "{rare:#?}");
    assert!(count["none"] >= 40, "{}", count["none"]);
    assert!(count.keys().all(|id| id == "none" || RULES.iter().any(|rule| rule.id == id)));
}
