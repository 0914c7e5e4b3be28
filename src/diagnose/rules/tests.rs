use super::*;
use crate::diagnose::{Case, Log, diagnose};

#[test]
fn every_pattern_compiles() {
    for rule in RULES.iter() {
        for sign in rule.signs {
            if let Err(e) = Regex::new(sign.pattern) {
                panic!("{}: {e}", rule.id);
            }
        }
    }
    assert!(SIGNS.is_some());
}

#[test]
fn every_rule_is_named_by_its_example() {
    let mut faults = Vec::new();
    for rule in RULES.iter() {
        let log = Log::from(rule.example);
        let found = diagnose(&Case::of_log(&log));
        if found.first().map(|diagnosis| diagnosis.rule) != Some(rule.id) {
            faults.push(format!("{}: {:?}", rule.id, found.iter().map(|d| d.rule).collect::<Vec<_>>()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_megabyte_of_varied_lines_is_read_in_seconds() {
    let text: String = (0..16_000)
        .map(|n| format!("{n:x} GET /api/items/{n} handled by worker {} error=none took {} ms\n", n % 7, n * 31 % 977))
        .collect();
    SIGNS.is_some();
    let started = std::time::Instant::now();
    let log = Log::from(text.as_str());
    let read = started.elapsed();
    let reading = Reading::new(&log);
    let parsed = started.elapsed();
    findings(&reading);
    if std::env::var_os("SHAKEDOWN_TIMES").is_some() {
        println!("read {read:?}, parsed {parsed:?}, matched {:?}", started.elapsed());
    }
    diagnose(&Case::of_log(&log));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    if std::env::var_os("SHAKEDOWN_TIMES").is_some() {
        println!("{:?} for {} bytes", started.elapsed(), text.len());
    }
}
