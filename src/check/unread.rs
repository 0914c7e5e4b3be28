//! Python files that the start reaches and that Python, or this tool, does not read.

use super::facts::Facts;
use super::facts::reach::Unread;
use super::finding::{Check, Findings, error, note};
use crate::finding::Severity;

pub(crate) const ENCODING: Check = error(
    "python-source-encoding",
    "Python reads its sources as UTF-8 unless a `# coding:` line says otherwise. A file in UTF-16 or another encoding, or with null \
     bytes in it, ends with a SyntaxError as soon as it is imported.",
);
const NOT_FOLLOWED: Check = note(
    "source-not-followed",
    "A Python file that the start reaches is too large to be code, or cannot be read here. What it imports, and which variables and files \
     it wants, is not known to the checks; a run shows it.",
);

pub(super) const CHECKS: &[Check] = &[ENCODING, NOT_FOLLOWED];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for module in facts.reached() {
        let shown = facts.app.place(&module.path);
        let (finding, line) = match &module.unread {
            None => continue,
            Some(Unread::Encoding { what, line }) => {
                let severity = if module.is_certain { Severity::Error } else { Severity::Warning };
                let finding = ENCODING.found(format!("{} {what}: Python cannot read it", shown.display()));
                (finding.severity(severity).help("save it as UTF-8"), Some(*line))
            }
            Some(Unread::Here(why)) => {
                let message = format!("{} is not looked at: {why}", shown.display());
                (NOT_FOLLOWED.found(message).help("`shakedown run` shows what comes of it"), None)
            }
        };
        findings.push(finding.about(shown.display().to_string()).at(facts.app.line(&module.path, line), ""));
    }
}
