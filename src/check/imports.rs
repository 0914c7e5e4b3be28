//! Modules that Python has dropped, in the code that is started.

use super::facts::Facts;
use super::facts::python;
use super::facts::requirements::{is_used, require};
use super::finding::{Check, Findings, error};
use crate::catalog::modules;
use crate::project::Source;

pub(crate) const REMOVED: Check = error(
    "removed-stdlib-module",
    "Python 3.12 dropped distutils, imp and asyncore; 3.13 dropped audioop, cgi, imghdr, telnetlib and others. A package \
     still imports one.",
);

pub(super) const CHECKS: &[Check] = &[REMOVED];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for module in facts.loaded() {
        removed(facts, &module.path, &module.text, findings);
    }
}

/// Imports at the left margin, where no `try` stands around them.
fn removed(facts: &Facts<'_>, path: &std::path::Path, text: &str, findings: &mut Findings) {
    let minor =
        |version: &str| version.split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok()).unwrap_or_default();
    let Some(python) = python::planned(facts).filter(|python| python.starts_with("3.")) else { return };
    for (index, line) in text.lines().enumerate() {
        let Some(rest) = line.strip_prefix("import ").or_else(|| line.strip_prefix("from ")) else { continue };
        let module = rest.split([' ', ',', ';', '#']).next().unwrap_or_default();
        let Some((since, instead)) = modules::removed_from_stdlib(module) else { continue };
        let top = module.split('.').next().unwrap_or(module);
        let local = facts.app.has_file(format!("{top}.py")) || facts.app.has_folder(top);
        let back = !instead.is_empty() && facts.requirements().of(instead).next().is_some();
        if minor(&python) < minor(since) || local || back {
            continue;
        }
        let finding =
            REMOVED.found(format!("{top} is gone since Python {since}, and the plan takes {python}")).about(top);
        let finding = finding.at(Source::line(facts.app.place(path), index + 1), line);
        let finding = match instead {
            "" => finding.help(format!("take a Python before {since}, or another module")),
            package if is_used(facts) => {
                finding.fix(format!("require {package}, which brings it back"), vec![require(facts, package)])
            }
            package => finding.help(format!("add {package} to the dependencies")),
        };
        findings.push(finding);
    }
}
