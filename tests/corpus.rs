//! Scores the diagnoses against labelled logs: `SHAKEDOWN_CORPUS=logs.jsonl cargo test --test corpus`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::env;
use std::fs;

use serde::Deserialize;
use shakedown::diagnose::{Case, diagnose};
use shakedown::log::Log;

#[derive(Deserialize)]
struct Labelled {
    log: String,
    cause: String,
    #[serde(default)]
    alt_causes: Option<Vec<String>>,
    #[serde(default)]
    detail: Option<String>,
}

fn main() {
    let Some(path) = env::var_os("SHAKEDOWN_CORPUS") else {
        println!("skipped: corpus: SHAKEDOWN_CORPUS names no file of labelled logs");
        return;
    };
    let text = fs::read_to_string(&path).unwrap();
    let only: Option<(usize, usize)> = env::var("SHAKEDOWN_CORPUS_PART")
        .ok()
        .and_then(|part| part.split_once('/').map(|(i, n)| (i.parse().unwrap(), n.parse().unwrap())));
    let verbose = env::var_os("SHAKEDOWN_CORPUS_VERBOSE").is_some();
    let (mut strict, mut loose, mut confident, mut total, mut named) = (0, 0, 0, 0, 0);
    let mut wrong: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        if only.is_some_and(|(part, of)| index % of != part) {
            continue;
        }
        let labelled: Labelled = serde_json::from_str(line).unwrap();
        let found = diagnose(&Case::of_log(&Log::from(labelled.log.as_str())));
        let primary = found.first().map_or("none", |diagnosis| diagnosis.rule);
        total += 1;
        let exact = primary == labelled.cause;
        let also = labelled.alt_causes.unwrap_or_default().iter().any(|cause| cause == primary);
        strict += usize::from(exact);
        loose += usize::from(exact || also);
        confident += usize::from(primary != "none" && !exact && !also);
        let detail = labelled.detail.unwrap_or_default().to_lowercase();
        let names_it = found.first().is_some_and(|diagnosis| {
            let said =
                format!("{} {}", diagnosis.message, diagnosis.subject.as_deref().unwrap_or_default()).to_lowercase();
            detail.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).any(|word| said.contains(word))
        });
        named += usize::from(names_it);
        if !exact {
            *wrong.entry((labelled.cause.clone(), primary.to_owned())).or_default() += 1;
        }
        if verbose && (!exact || !names_it) {
            let others: Vec<&str> = found.iter().skip(1).map(|diagnosis| diagnosis.rule).collect();
            let message = found.first().map_or("", |diagnosis| diagnosis.message.as_str());
            println!(
                "{index:4} {} -> {primary}{} | {message} | detail: {detail} | also {others:?}",
                labelled.cause,
                if also { " (alt)" } else { "" }
            );
        }
    }
    println!("\n{:<36} {:<36} count", "labelled", "diagnosed");
    for ((cause, primary), count) in &wrong {
        println!("{cause:<36} {primary:<36} {count}");
    }
    let percent = |n: usize| n as f64 * 100.0 / total.max(1) as f64;
    println!(
        "\n{total} logs: right {strict} ({:.1} %), with alternatives {loose} ({:.1} %), wrong and confident {confident}, detail named {named}",
        percent(strict),
        percent(loose)
    );
}
