//! Servers: where they listen, what they were asked to load.

use std::sync::LazyLock;

use regex::Regex;

use super::find;
use crate::diagnose::rank::Finding;
use crate::diagnose::reading::Reading;
use crate::diagnose::rule::{DECISIVE, HINT, LAST_RESORT};
use crate::log::pattern::{ascii, captures};
use crate::log::traceback::Home;

static LISTENS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    ascii(
        r"(?:Listening at:|running on|Running on|development server at|Listening on|Serving on|started on|URL:) *(?:TCP address )?(?:https?://)?(127\.0\.0\.1|localhost|0\.0\.0\.0|\[::\]|\[?::1?\]?|\d+\.\d+\.\d+\.\d+)[:/](\d+)?",
    )
});
static ATTRIBUTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"module '([\w.]+)' has no attribute '(\w+)'").ok());
static SQLITE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"connect\(\s*f?["']([^"']+)["']"#).ok());

const UNHEALTHY: &[&str] = &[
    "never became healthy",
    "ealthcheck failed",
    "ealth check",
    "failed to respond",
    "No open",
    "port scan",
    "ort scan",
    "connection refused",
    "502 Bad Gateway",
];

const HARMLESS: &[&str] = &[
    "Handling signal",
    "Shutting down",
    "SIGTERM",
    "SIGINT",
    "KeyboardInterrupt",
    "Press Ctrl+C to force quit",
    "HTTP/1.1\" 200",
    "HTTP/1.1\" 30",
    "HTTP/1.0\" 200",
    "ngrok",
    "Stopping Container",
];

/// What says that a process was asked to end.
const ASKED: &[&str] = &["SIGTERM", "Handling signal: term", "Stopping all processes", "Idling", "Stopping Container"];
/// How many lines later it may have gone.
const GOING: usize = 12;

/// Memory is not what a platform's kill after a missed start is about, and a process that was asked to end did well to.
pub(super) fn weigh(reading: &Reading<'_>, found: &mut Vec<Finding>) {
    found.retain(|finding| {
        finding.rule.id != "process-exits-immediately"
            || reading.back_from(finding.at, GOING, |text| ASKED.iter().any(|word| text.contains(word))).is_none()
    });
    // Another Python than the planned one is no want of pip.
    if let Some(absent) = super::rule("start-program-not-found") {
        let named = |finding: &&mut Finding| {
            let line = reading.lines.get(finding.at);
            finding.rule.id == "pip-not-found"
                && line.is_some_and(|line| line.phase.as_deref() == Some("start") && line.text.contains("python"))
        };
        found.iter_mut().filter(named).for_each(|finding| finding.rule = absent);
    }
    // gunicorn guesses at memory after a time-out too; without one the guess is likely.
    if !reading.mentions("WORKER TIMEOUT") {
        let guesses = found.iter_mut().filter(|finding| finding.rule.id == "out-of-memory");
        guesses.for_each(|guess| guess.rank = guess.rank.max(HINT));
    }
    if reading.mentions("Boot timeout") || reading.mentions("R10") {
        found.retain(|finding| finding.rule.id != "out-of-memory" || !reading.text(finding.at).contains("137"));
    }
}

pub(super) fn read(reading: &Reading<'_>, found: &mut Vec<Finding>) {
    loopback(reading, found);
    wrong_attribute(reading, found);
    sqlite_file(reading, found);
    excerpt_of_nix(reading, found);
}

fn loopback(reading: &Reading<'_>, found: &mut Vec<Finding>) {
    let mut local = None;
    for (at, line) in reading.lines.iter().enumerate() {
        let Some(captures) = captures(LISTENS.as_ref(), &line.text) else { continue };
        if matches!(&captures[1], "127.0.0.1" | "localhost" | "::1" | "[::1]") {
            local.get_or_insert((
                at,
                captures.get(2).map_or(captures[1].to_owned(), |port| format!("{}:{}", &captures[1], port.as_str())),
            ));
        } else {
            return;
        }
    }
    let Some((at, address)) = local else { return };
    let told =
        |words: &[&str]| reading.lines[at..].iter().any(|line| words.iter().any(|word| line.text.contains(word)));
    let unhealthy = reading.lines[at..].iter().any(|line| UNHEALTHY.iter().any(|word| line.text.contains(word)));
    // Somebody got an answer, or ended it: then it is a laptop's log, or the address did no harm.
    let harmless = told(HARMLESS) || reading.lines[at..].iter().any(|line| line.text.trim() == "^C");
    if !unhealthy && (harmless || !reading.raised.is_empty()) {
        return;
    }
    if let Some(index) = find(found, "wrong-bind-host", at, if unhealthy { DECISIVE } else { LAST_RESORT }) {
        found[index].subject = Some(address);
    }
}

/// `module:attribute` with a module that imports but lacks the attribute, as gunicorn's traceback shows it.
fn wrong_attribute(reading: &Reading<'_>, found: &mut Vec<Finding>) {
    for raised in &reading.raised {
        let Some(captures) = ATTRIBUTE.as_ref().and_then(|regex| regex.captures(&raised.message)) else { continue };
        let by_server = raised.frames.iter().rev().find(|frame| frame.home() != Home::Standard).is_some_and(|frame| {
            let file = frame.file.replace('\\', "/");
            ["gunicorn/", "uvicorn/", "hypercorn/", "celery/", "daphne/", "flask/", "granian/", "waitress/"]
                .iter()
                .any(|server| file.contains(server))
        });
        if by_server && let Some(index) = find(found, "wrong-app-attribute", raised.at, DECISIVE) {
            found[index].subject = Some(captures[2].to_owned());
        }
    }
}

fn sqlite_file(reading: &Reading<'_>, found: &mut [Finding]) {
    for finding in
        found.iter_mut().filter(|finding| finding.rule.id == "sqlite-path-unwritable" && finding.subject.is_none())
    {
        let raised = reading.raised_at(finding.at);
        finding.subject = raised.and_then(|raised| {
            raised
                .frames
                .iter()
                .rev()
                .find_map(|frame| SQLITE.as_ref()?.captures(&frame.code).map(|found| found[1].to_owned()))
        });
    }
}

/// The word under Nix' caret, where the message itself names none; and whose package set it is that lacks a name.
fn excerpt_of_nix(reading: &Reading<'_>, found: &mut [Finding]) {
    for finding in found.iter_mut().filter(|finding| finding.rule.id == "unknown-nix-package") {
        if let Some(name) = finding.subject.as_ref().filter(|_| reading.text(finding.at).contains("E: ")) {
            finding.message = Some(format!("apt knows no package `{name}` in the image's release"));
            finding.advice = Some(format!("take `{name}` out of aptPkgs, or give it its name in that release"));
        }
    }
    for finding in
        found.iter_mut().filter(|finding| finding.rule.id == "unknown-nix-package" && finding.subject.is_none())
    {
        finding.subject = (finding.at..reading.lines.len().min(finding.at + 10)).find_map(|at| {
            let caret =
                reading.text(at).find('^').filter(|_| reading.text(at).trim_matches([' ', '|', '^']).is_empty())?;
            let code = reading.text(at.checked_sub(1)?);
            let word_start = code.get(..caret)?.rfind([' ', '|']).map_or(0, |blank| blank + 1);
            code.get(word_start..)?.split(' ').next().filter(|word| !word.is_empty()).map(str::to_owned)
        });
    }
}
