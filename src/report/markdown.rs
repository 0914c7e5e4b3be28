//! Markdown, for a pull request's comment or a step summary.

use std::fmt::Write;

use super::{Report, words};
use crate::finding::{Diagnosis, Severity};
use crate::rehearse::Rehearsal;
use crate::run::{START, Status, Verdict};

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    match report.rehearsal() {
        Some(rehearsal) => run(&mut out, rehearsal),
        None => out += &format!("### shakedown: {}\n\n", words::counted(report.diagnoses().len(), "finding")),
    }
    for diagnosis in report.diagnoses() {
        finding(&mut out, diagnosis);
    }
    if let Some(rehearsal) = report.rehearsal().filter(|rehearsal| !rehearsal.unverified.is_empty()) {
        out += "\n<details><summary>Not verified</summary>\n\n";
        for unverified in &rehearsal.unverified {
            let _ = writeln!(out, "- {}: {}", escaped(&unverified.what), escaped(&unverified.why));
        }
        out += "\n</details>\n";
    }
    out
}

fn run(out: &mut String, rehearsal: &Rehearsal) {
    let (mark, verdict) = match rehearsal.verdict() {
        Verdict::Works => match rehearsal.outcome.ended_after() {
            Some(phase) => ("✅", format!("the deploy works as far as {}", escaped(phase))),
            None => ("✅", "the deploy works".to_owned()),
        },
        Verdict::Fails => ("❌", "the deploy would fail".to_owned()),
        Verdict::CannotTell => ("⚠️", "cannot tell".to_owned()),
    };
    let _ = writeln!(out, "### {mark} shakedown: {verdict}\n\n| phase | result | time |\n|---|---|---|");
    for phase in &rehearsal.outcome.phases {
        let mark = if phase.status == Status::Passed { "✅" } else { "❌" };
        let mark = if phase.status == Status::Skipped { "–" } else { mark };
        let took = words::took(phase.cmds.iter().map(|cmd| cmd.took).sum());
        let _ = writeln!(out, "| {} | {mark} {} | {took} |", escaped(&phase.name), words::ending(phase.status));
    }
    if let Some(smoke) = &rehearsal.outcome.smoke {
        let mark = if smoke.result.is_good() { "✅" } else { "❌" };
        let found = escaped(&words::found(&smoke.result));
        let _ = writeln!(out, "| {START} | {mark} {found} | {} |", words::took(smoke.took));
    }
    out.push('\n');
}

fn finding(out: &mut String, diagnosis: &Diagnosis) {
    let mark = match diagnosis.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Note => "ℹ️",
    };
    let place = diagnosis.evidence.first().map(|evidence| format!(" ({})", code(&evidence.source.to_string())));
    let message = escaped(&diagnosis.message);
    let _ = writeln!(out, "- {mark} **{}**: {message}{}", diagnosis.rule, place.unwrap_or_default());
    for fix in &diagnosis.fixes {
        let _ = writeln!(out, "  - fix: {}", escaped(&fix.summary));
    }
    if let Some(help) = &diagnosis.help {
        let _ = writeln!(out, "  - {}", escaped(help));
    }
}

pub(super) fn code(text: &str) -> String {
    format!("`{}`", text.replace(['`', '\n'], "'"))
}

/// Log text may hold anything; none of it may become markup.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => safe.push(' '),
            '<' => safe.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '@' => {
                safe.push('\\');
                safe.push(character);
            }
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_log_never_becomes_markup() {
        assert_eq!(escaped("<img> [x](y) a|b\n# c"), "&lt;img> \\[x\\](y) a\\|b \\# c");
        assert_eq!(code("a`b"), "`a'b`");
    }
}
