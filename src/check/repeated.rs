//! Work that is done once in every process, where one alone may do it.

use super::facts::Facts;
use super::facts::command::{Invocation, invocations};
use super::facts::start::Start;
use super::finding::{Check, Findings, warning};
use crate::project::Source;

const REPEATED: Check = warning(
    "work-in-every-process",
    "Every worker of a server, and every replica, runs the whole code. A bot that polls is then refused as the second of its kind, and a scheduler \
     does each job as many times as there are processes.",
);

pub(super) const CHECKS: &[Check] = &[REPEATED];

/// Calls that do in each process what one is to do, and what they are called.
const ONCE: &[(&str, &str)] = &[
    (".infinity_polling(", "a bot that polls"),
    (".run_polling(", "a bot that polls"),
    (".start_polling(", "a bot that polls"),
    (".updater.start_polling(", "a bot that polls"),
    ("BackgroundScheduler(", "a scheduler"),
    ("AsyncIOScheduler(", "a scheduler"),
    ("repeat_every(", "a job that repeats itself"),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let once = facts.reached().iter().find_map(|module| {
        let mut statements = module.code.statements.iter();
        let (statement, what) = statements.find_map(|statement| {
            let (_, what) = ONCE.iter().find(|(call, _)| statement.text.contains(call))?;
            Some((statement, *what))
        })?;
        Some((facts.app.line(&module.path, Some(statement.line)), statement.text.as_str(), what))
    });
    let Some((place, text, what)) = once else { return };
    for (several, source, shown) in processes(facts) {
        let finding = REPEATED
            .found(format!("{what} runs in each of {several}"))
            .about(what)
            .at(place.clone(), text)
            .at(source, shown)
            .likely();
        let help = "run one process, or give this work a service of its own, started by a command of its own";
        findings.push(finding.help(help));
    }
}

/// What makes several processes: in words, where, and as it is written.
pub(super) fn processes(facts: &Facts<'_>) -> Vec<(String, Source, String)> {
    let mut found = Vec::new();
    for start in Start::all(facts) {
        for invocation in invocations(start.command) {
            if let Some(count) = workers(facts, &invocation).filter(|count| *count > 1) {
                found.push((
                    format!("{}'s {count} workers", invocation.program),
                    start.source.clone(),
                    start.command.to_owned(),
                ));
            }
        }
    }
    if let Some(file) = facts.railway() {
        let key = ["deploy", "numReplicas"];
        let count = file.get(&key).and_then(serde_json::Value::as_u64).filter(|count| *count > 1);
        found.extend(
            count.map(|count| (format!("{count} replicas"), file.source(&key), format!("numReplicas {count}"))),
        );
    }
    found
}

fn workers(facts: &Facts<'_>, invocation: &Invocation<'_>) -> Option<u64> {
    let named = match invocation.program {
        "gunicorn" => invocation.option(&["-w", "--workers"]),
        "uvicorn" | "granian" | "sanic" | "fastapi" => invocation.option(&["--workers"]),
        "hypercorn" => invocation.option(&["-w", "--workers"]),
        _ => return None,
    };
    named
        .or_else(|| facts.variable("WEB_CONCURRENCY").filter(|_| matches!(invocation.program, "gunicorn" | "uvicorn")))?
        .parse()
        .ok()
}
