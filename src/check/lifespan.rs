//! A server that leaves out what an app does before it serves.

use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::{Check, Findings, warning};
use crate::log::pattern::Pattern;

const NOT_RUN: Check = warning(
    "lifespan-not-run",
    "Daphne knows nothing of ASGI's lifespan (daphne 4.2.3): what FastAPI, Starlette, Litestar and Quart do before they serve, in `lifespan`, \
     `on_startup` or `before_serving`, is never run, and the log does not say so. What the pages need of it is missing.",
);

pub(super) const CHECKS: &[Check] = &[NOT_RUN];

/// What names work of the start-up.
static START_UP: Pattern = Pattern::ascii(
    r#"\b(?:lifespan|on_startup)\s*=\s*[\w\[]|\.on_event\(\s*["']startup["']|\.add_event_handler\(\s*["']startup["']|\.(?:before_serving|while_serving)\b"#,
);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for start in Start::all(facts) {
        if !invocations(start.command).iter().any(|invocation| invocation.program == "daphne") {
            continue;
        }
        let found = facts.reached().iter().find_map(|module| {
            let statement = module.code.statements.iter().find(|statement| START_UP.is_match(&statement.text))?;
            Some((facts.app.line(&module.path, Some(statement.line)), &statement.text))
        });
        let Some((place, text)) = found else { continue };
        let finding = NOT_RUN
            .found("Daphne serves the app without running its start-up")
            .about("daphne")
            .at(place, text)
            .at(start.source.clone(), start.command);
        findings.push(finding.help(
            "serve it by uvicorn, hypercorn or granian (`uvicorn main:app --host 0.0.0.0 --port $PORT`), which run it",
        ));
    }
}
