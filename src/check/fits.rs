//! Packages whose newest releases do not fit each other or the code.

use super::facts::Facts;
use super::facts::code::has_word;
use super::facts::release::Release;
use super::facts::requirements::{REQUIREMENTS, require};
use super::finding::{Check, Findings, replace_line, warning};
use crate::log::pattern::Pattern;

pub(crate) const FIT: Check = warning(
    "dependency-version-incompatible",
    "A package was renamed, split or changed in a newer release than the code (or another package) was written for. Nothing pins it, or the pins do not belong together.",
);

pub(super) const CHECKS: &[Check] = &[FIT];

/// The first that refuses what passlib 1.7.4, its last release, tries it with.
const BCRYPT: Release = Release { of: "bcrypt", first: [5, 0], python: 8 };

/// The line that names bcrypt, imports aside.
fn hashing(text: &str) -> Option<&str> {
    let is_import = |line: &str| ["import ", "from "].iter().any(|word| line.starts_with(word));
    text.lines().find(|line| {
        let plain = line.trim_start();
        !plain.starts_with('#') && !is_import(plain) && has_word(plain, "bcrypt")
    })
}

/// The first without handlers of events, and the first FastAPI that lets it in.
const STARLETTE: Release = Release { of: "starlette", first: [1, 0], python: 10 };
const FASTAPI: Release = Release { of: "fastapi", first: [0, 133], python: 10 };

/// An app's own, and no client's of Telegram, which takes a function first.
static HANDLER: Pattern = Pattern::ascii(r#"^([A-Za-z_]\w*)\.add_event_handler\(\s*["'](?:startup|shutdown)["']"#);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    event_handlers(facts, findings);
    passlib(facts, findings);
}

/// FastAPI had `add_event_handler` from Starlette, and keeps `on_event` and the router's own.
fn event_handlers(facts: &Facts<'_>, findings: &mut Findings) {
    let is_new = STARLETTE.is_in(facts).or_else(|| FASTAPI.is_in(facts));
    if is_new != Some(true) || !facts.reached().iter().any(|module| module.text.contains("FastAPI(")) {
        return;
    }
    for module in facts.reached() {
        let statements = module.code.statements.iter();
        let handlers: Vec<_> = statements.filter(|statement| HANDLER.is_match(&statement.text)).collect();
        let Some(first) = handlers.first() else { continue };
        let edits = handlers.iter().filter_map(|handler| {
            let line = module.text.lines().nth(handler.line - 1)?;
            let better = line.replacen(".add_event_handler(", ".router.add_event_handler(", 1);
            Some(replace_line(&facts.app.place(&module.path), handler.line, line, better))
        });
        let finding = FIT
            .found("FastAPI has no `add_event_handler` upon Starlette 1.0, which is what the index gives: the app ends with AttributeError")
            .about("starlette")
            .at(facts.app.line(&module.path, Some(first.line)), &first.text)
            .help("write `app.router.add_event_handler(…)`, which every release takes, or do it in a `lifespan`");
        findings.push(finding.likely().fix("add the handlers to the app's router", edits.collect::<Vec<_>>()));
    }
}

fn passlib(facts: &Facts<'_>, findings: &mut Findings) {
    let passlib = facts.requirements().of("passlib").next();
    let Some(passlib) = passlib.filter(|_| facts.is_python() && facts.manager() == Some("requirements")) else {
        return;
    };
    // An extra leaves the choice to the index.
    let by_extra = passlib.requirement.extras.iter().any(|extra| extra == "bcrypt");
    if BCRYPT.is_in(facts).unwrap_or(by_extra) {
        let uses = facts.reached().iter().find_map(|module| {
            let used = has_word(&module.text, "passlib").then(|| hashing(&module.text))??;
            let line = module.text.lines().position(|line| line == used)? + 1;
            Some((facts.app.line(&module.path, Some(line)), used))
        });
        let Some((place, line)) = uses else { return };
        let finding = FIT
            .found("passlib cannot use bcrypt 5, which is what the index gives: every password that is hashed or looked at ends in ValueError")
            .about("bcrypt")
            .at(place, line)
            .at(passlib.source(), &passlib.written)
            .help("pin `bcrypt<5` (4.0.1 also spares passlib's warning), or call bcrypt without passlib");
        let bcrypt = facts.requirements().of("bcrypt").next();
        let edits = match bcrypt {
            None => vec![require(facts, "bcrypt<5")],
            Some(entry) if entry.lines.start() == entry.lines.end() && entry.path.ends_with(REQUIREMENTS) => {
                vec![replace_line(&entry.path, *entry.lines.start(), &entry.written, "bcrypt<5")]
            }
            Some(_) => Vec::new(),
        };
        findings.push(finding.likely().fix("require bcrypt<5", edits));
    }
}
