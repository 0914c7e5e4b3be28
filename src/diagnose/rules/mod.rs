//! The table of everything that is known to go wrong, by stage.

mod build_tools;
mod builds;
mod code;
mod database;
mod imports;
mod install;
mod machine;
mod platform;
mod python;
mod reasons;
mod serving;
mod setup;
mod signs;
mod variables;
mod versions;
mod web;

use std::sync::LazyLock;

use super::rank::Finding;
use super::reading::Reading;
use super::rule::{Reader, Rule};
use crate::log::pattern::captures;
use crate::log::traceback::ends;
use signs::SIGNS;

const TABLES: &[&[Rule]] = &[
    setup::RULES,
    install::RULES,
    machine::RULES,
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
    code::read,
];

/// Every rule, by stage.
pub static RULES: LazyLock<Vec<&'static Rule>> =
    LazyLock::new(|| TABLES.iter().flat_map(|table| table.iter()).collect());

/// A rule by its id.
pub(super) fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}

/// Words by which a line that looks like a cause is none.
const BENIGN: &[(&str, &str)] = &[
    ("local-path-requirement", "/pip-uninstall-"),
    ("missing-env-var", "_DONT_BUILD_RUST"),
    ("missing-env-var", "to ignore"),
    ("missing-env-var", "to suppress"),
    ("missing-env-var", "to disable"),
    ("missing-env-var", "to silence"),
    ("missing-env-var", "to force"),
    ("missing-env-var", "to override"),
    ("missing-env-var", "to enable"),
    ("missing-env-var", "to change"),
    ("missing-env-var", "to turn"),
    ("missing-env-var", "sing default"),
    ("missing-env-var", "alling back"),
    ("missing-env-var", "VIRTUAL_ENV"),
    ("missing-env-var", "$NIXPACKS_PATH"),
    ("missing-env-var", "PIPENV_"),
    ("missing-env-var", "INFO"),
    ("missing-env-var", "HF_TOKEN"),
    ("missing-env-var", "SecretsUsedInArgOrEnv"),
    ("missing-env-var", "UndefinedVar"),
    ("missing-env-var", "variable is not set. Defaulting to a blank string"),
    ("missing-env-var", "optional"),
    ("missing-env-var", "disabled"),
    ("missing-env-var", "kipping"),
    ("missing-env-var", "'DISPLAY'"),
    ("permission-denied", "The cache has been disabled"),
    ("permission-denied", "INFO"),
    ("invalid-token", "INFO"),
    ("invalid-token", "HTTP/1."),
    ("disk-full", "inotify"),
    ("disk-full", "file watch"),
    ("out-of-memory", "\"OOMKilled\": false"),
    ("port-variable-not-expanded", "failed to bind to $PORT"),
    ("port-variable-not-expanded", "Running '"),
    ("permission-denied", "try 'sudo"),
    ("missing-system-header", "sys.path"),
    ("out-of-memory", "container killed on request"),
    ("dependency-version-incompatible", "UserWarning"),
    ("dependency-version-incompatible", "DeprecationWarning"),
    ("dependency-version-incompatible", "FutureWarning"),
    ("dependency-version-incompatible", "(trapped) error reading bcrypt version"),
    ("dependency-version-incompatible", "module 'setuptools"),
    ("dependency-version-incompatible", "module 'distutils"),
    ("dependency-version-incompatible", "module 'pkgutil"),
    ("registry-unreachable", "importing cache"),
    ("interactive-input", "INFO"),
];

/// Findings kept of one rule.
const OF_A_RULE: usize = 200;

/// Everything that any rule finds in the log, unranked.
pub(super) fn findings(reading: &Reading<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(signs) = SIGNS.as_ref() {
        for (at, line) in reading.lines.iter().enumerate() {
            if line.text.len() < 4 {
                continue;
            }
            for known in signs.worth_a_look(&line.text) {
                if BENIGN.iter().any(|(id, word)| *id == known.rule.id && line.text.contains(word)) {
                    continue;
                }
                let Some(captures) = captures(known.regex(), &line.text) else { continue };
                let mut finding = Finding::new(known.rule, at, known.sign.rank);
                finding.subject = captures
                    .iter()
                    .skip(1)
                    .flatten()
                    .map(|group| group.as_str().trim().to_owned())
                    .find(|subject| !subject.is_empty());
                found.push(finding);
            }
        }
    }
    ends(&mut found, OF_A_RULE, |finding| finding.rule.id);
    for reader in READERS {
        reader(reading, &mut found);
    }
    builds::name_packages(reading, &mut found);
    versions::name_requirements(reading, &mut found);
    code::name_places(reading, &mut found);
    reasons::add(reading, &mut found);
    variables::weigh(reading, &mut found);
    serving::weigh(reading, &mut found);
    found
}

/// Adds a finding of the rule `id`.
fn find(found: &mut Vec<Finding>, id: &str, at: usize, rank: u8) -> Option<usize> {
    found.push(Finding::new(rule(id)?, at, rank));
    Some(found.len() - 1)
}

#[cfg(test)]
mod tests;
