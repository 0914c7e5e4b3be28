//! The table of everything that is known to go wrong, by stage.

mod build_tools;
mod builds;
mod database;
mod imports;
mod install;
mod platform;
mod python;
mod serving;
mod setup;
mod variables;
mod versions;
mod web;

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::rank::Finding;
use super::reading::Reading;
use super::rule::{Reader, Rule, Sign};

const TABLES: &[&[Rule]] = &[
    setup::RULES,
    install::RULES,
    build_tools::RULES,
    python::RULES,
    database::RULES,
    web::RULES,
    platform::RULES,
    database::LATE,
];

const READERS: &[Reader] = &[
    imports::read,
    imports::read_interpreter,
    variables::read,
    versions::read,
    builds::read,
    serving::read,
    imports::read_own_errors,
];

/// Every rule, by stage.
pub static RULES: LazyLock<Vec<&'static Rule>> =
    LazyLock::new(|| TABLES.iter().flat_map(|table| table.iter()).collect());

/// A rule by its id.
pub(super) fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}

struct Signs {
    set: RegexSet,
    each: Vec<(&'static Rule, Sign, Regex)>,
}

static SIGNS: LazyLock<Option<Signs>> = LazyLock::new(|| {
    let mut each = Vec::new();
    for rule in RULES.iter() {
        for sign in rule.signs {
            each.push((*rule, *sign, Regex::new(sign.pattern).ok()?));
        }
    }
    let set = regex::RegexSetBuilder::new(each.iter().map(|(_, sign, _)| sign.pattern))
        .size_limit(64 << 20)
        .dfa_size_limit(16 << 20)
        .build()
        .ok()?;
    Some(Signs { set, each })
});

/// Everything that any rule finds in the log, unranked.
pub(super) fn findings(reading: &Reading<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(signs) = SIGNS.as_ref() {
        for (at, line) in reading.lines.iter().enumerate() {
            for index in signs.set.matches(&line.text) {
                let (rule, sign, regex) = &signs.each[index];
                let mut finding = Finding::new(rule, at, sign.rank);
                if let Some(captures) = regex.captures(&line.text) {
                    finding.subject = captures
                        .iter()
                        .skip(1)
                        .flatten()
                        .map(|group| group.as_str().trim().to_owned())
                        .find(|subject| !subject.is_empty());
                }
                found.push(finding);
            }
        }
    }
    for reader in READERS {
        reader(reading, &mut found);
    }
    builds::name_packages(reading, &mut found);
    versions::name_requirements(reading, &mut found);
    found
}

/// Adds a finding of the rule `id`.
fn find(found: &mut Vec<Finding>, id: &str, at: usize, rank: u8) -> Option<usize> {
    found.push(Finding::new(rule(id)?, at, rank));
    Some(found.len() - 1)
}

#[cfg(test)]
mod tests;
