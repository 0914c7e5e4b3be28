//! Names of system packages that are slips of the hand.

use super::facts::Facts;
use super::finding::{Check, Findings, error, replace_once};
use super::nixpacks::setup::UNKNOWN_PACKAGE;
use crate::catalog::suggest::slip_of;
use crate::catalog::{debian, nix_packages};

pub(crate) const MISSPELT: Check = error(
    "package-misspelt",
    "A system package has a name that is a slip of the hand away from a well-known one. Nix and apt stop at a name that they do not have; a run here \
     can only leave out what this machine does not know.",
)
.decides_or_doubts();

pub(super) const CHECKS: &[Check] = &[MISSPELT];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if findings.has(&UNKNOWN_PACKAGE) {
        return;
    }
    let attributes = || nix_packages::PACKAGES.iter().flat_map(|package| package.attributes).copied();
    for list in facts.builder().nix_lists() {
        misspelt(facts, list, "nixpkgs", |name| slip_of(name, attributes()), findings);
    }
    for list in facts.builder().apt_lists() {
        misspelt(facts, list, "Debian", |name| slip_of(name, debian::packages()), findings);
    }
}

fn misspelt(
    facts: &Facts<'_>,
    list: &'static str,
    home: &str,
    meant: impl Fn(&str) -> Option<&'static str>,
    findings: &mut Findings,
) {
    for choice in facts.choices(list) {
        let Some(meant) = meant(&choice.value) else { continue };
        let line = facts.line(&choice.because);
        let finding = MISSPELT
            .found(format!("{home} is not known to have `{}`; `{meant}` is what is usually meant", choice.value))
            .about(choice.value.as_str())
            .at(choice.because.clone(), &line)
            .likely();
        let say = format!("say {meant}");
        let edit = replace_once(&choice.because, &line, &format!("\"{}\"", choice.value), &format!("\"{meant}\""));
        findings.push(match edit {
            Some(edit) => finding.fix(say, vec![edit]),
            None => finding.help(say),
        });
    }
}
