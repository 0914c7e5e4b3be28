//! The reason that stands some lines from the message that it explains.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnose::rank::Finding;
use crate::diagnose::reading::Reading;

/// What parsers of TOML and JSON say is wrong.
static PARSER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:\|\s*)?((?:duplicate key|unknown field|invalid type|invalid value|missing field|unclosed|unterminated|expected|unexpected|string values must|failed to parse|control character|key with no value|trailing characters|EOF while parsing)\b.*)$",
    )
    .ok()
});
/// A path between quotes, in a line that says what was done to it.
static PATH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(?:failed|could not|cannot|unable) .*[`'‘](/[^`'’]+)[`'’]").ok());

/// The repository that a command clones, without the credentials that its address may hold.
static CLONED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:git clone .*?|Cloning |[Rr]epository ['‘`]?|git\+)((?:https?|ssh)://)(?:[^\s/@]*@)?([\w.-]+[/:][^\s'’`@#]+)").ok()
});

/// How far below a parser's reason is looked for, and how far above the path of a refusal.
const BELOW: usize = 12;
const ABOVE: usize = 4;
const CLONED_ABOVE: usize = 15;

/// Completes the messages of findings whose reason other lines give.
pub(super) fn add(reading: &Reading<'_>, found: &mut [Finding]) {
    for finding in found {
        match finding.rule.id {
            "invalid-pyproject" if finding.subject.is_none() => finding.subject = parser(reading, finding.at),
            "invalid-nixpacks-config" if finding.message.is_none() => {
                let told = finding.rule.message_for(finding.subject.as_deref());
                finding.message = parser(reading, finding.at).map(|reason| format!("{told}: {reason}"));
            }
            "read-only-filesystem" | "permission-denied" if finding.subject.is_none() => {
                let from = finding.at.saturating_sub(ABOVE);
                finding.subject = (from..finding.at).rev().find_map(|at| {
                    let found = PATH.as_ref()?.captures(reading.text(at))?;
                    Some(found[1].to_owned())
                });
            }
            "git-auth-failed" => {
                let from = finding.at.saturating_sub(CLONED_ABOVE);
                let cloned = (from..=finding.at).rev().find_map(|at| {
                    let found = CLONED.as_ref()?.captures(reading.text(at))?;
                    Some(format!("{}{}", &found[1], &found[2]))
                });
                finding.subject = cloned.or(finding.subject.take());
            }
            _ => {}
        }
    }
}

fn parser(reading: &Reading<'_>, at: usize) -> Option<String> {
    let below = at..reading.lines.len().min(at + BELOW);
    below.into_iter().find_map(|at| Some(PARSER.as_ref()?.captures(reading.text(at))?[1].trim().to_owned()))
}
