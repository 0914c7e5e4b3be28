//! Packages whose newest releases do not fit each other, where that shows only when a request comes.

use super::facts::Facts;
use super::facts::code::has_word;
use super::facts::release::Release;
use super::facts::requirements::{REQUIREMENTS, require};
use super::finding::{Check, Findings, warning};

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

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
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
                vec![super::finding::replace_line(&entry.path, *entry.lines.start(), &entry.written, "bcrypt<5")]
            }
            Some(_) => Vec::new(),
        };
        findings.push(finding.likely().fix("require bcrypt<5", edits));
    }
}
