//! The report that people read.

use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::{Paint, Report, table, words};
use crate::diagnose::{Diagnosis, Evidence, Severity};
use crate::project::Source;
use crate::rehearse::Rehearsal;
use crate::run::{Status, Verdict};

/// A source line longer than this is cut in an excerpt.
const EXCERPT_WIDTH: usize = 160;
/// Evidence beyond this many places is counted, not shown.
const MOST_EVIDENCE: usize = 6;

pub(super) fn render(report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    if let Some(rehearsal) = report.rehearsal() {
        out += &table::render(rehearsal, paint);
        out.push('\n');
        failure(&mut out, rehearsal, paint);
    }
    for (index, diagnosis) in report.diagnoses().iter().enumerate() {
        if index == 1 && report.rehearsal().is_some() {
            let _ = writeln!(out, "{}\n", paint.dim("also seen:"));
        }
        out += &one(diagnosis, &report.project, paint);
        out.push('\n');
    }
    unexplained(&mut out, report, paint);
    if let Some(rehearsal) = report.rehearsal() {
        unverified(&mut out, rehearsal, paint);
        closing(&mut out, rehearsal, report, paint);
    }
    out
}

/// One diagnosis with its excerpts and cures, as `explain` and `fix` show it too.
pub(super) fn one(diagnosis: &Diagnosis, project: &Path, paint: Paint) -> String {
    let label = format!("{}[{}]", words::severity(diagnosis.severity), diagnosis.rule);
    let label = match diagnosis.severity {
        Severity::Error => paint.bad(label),
        Severity::Warning => paint.warn(label),
        Severity::Note => paint.hint(label),
    };
    let mut out = format!("{label}: {}\n", paint.bold(&diagnosis.message));
    for evidence in diagnosis.evidence.iter().take(MOST_EVIDENCE) {
        excerpt(&mut out, evidence, project, paint);
    }
    if let Some(more) = diagnosis.evidence.len().checked_sub(MOST_EVIDENCE + 1) {
        let _ = writeln!(out, "  {}", paint.dim(format!("… and {} more", words::counted(more + 1, "place"))));
    }
    for fix in &diagnosis.fixes {
        let _ = writeln!(out, "  {} {}", paint.hint("fix:"), fix.summary);
    }
    if let Some(advice) = &diagnosis.advice {
        let _ = writeln!(out, "  {} {advice}", paint.hint("help:"));
    }
    out
}

fn excerpt(out: &mut String, evidence: &Evidence, project: &Path, paint: Paint) {
    let _ = writeln!(out, "  {} {}", paint.hint("-->"), evidence.source);
    let text = match (&evidence.source, evidence.text.is_empty()) {
        (Source::File { path, line: Some(line) }, true) => read_line(&project.join(path), *line),
        (_, true) => None,
        (_, false) => Some(evidence.text.clone()),
    };
    if let Some(text) = text {
        let text = console::truncate_str(text.trim_end(), EXCERPT_WIDTH, "…").into_owned();
        let _ = writeln!(out, "   {} {text}", paint.dim("|"));
    }
}

fn read_line(path: &Path, line: usize) -> Option<String> {
    BufReader::new(File::open(path).ok()?).lines().nth(line.checked_sub(1)?)?.ok()
}

fn failure(out: &mut String, rehearsal: &Rehearsal, paint: Paint) {
    for phase in &rehearsal.outcome.phases {
        for cmd in phase.cmds.iter().filter(|cmd| !matches!(cmd.status, Status::Passed | Status::Skipped)) {
            let _ = writeln!(out, "{} {}: {}", paint.bad(&phase.name), words::ending(cmd.status), cmd.cmd);
            out.push('\n');
        }
    }
    if let Some(smoke) = &rehearsal.outcome.smoke {
        if !smoke.result.is_good() {
            let _ = writeln!(out, "{} {}: {}\n", paint.bad("start"), words::found(&smoke.result), smoke.cmd);
        }
        if smoke.heeds_sigterm == Some(false) {
            let _ = writeln!(
                out,
                "{} the app ignores SIGTERM: the platform kills it at every deploy and restart\n",
                paint.hint("note:")
            );
        }
    }
}

fn unexplained(out: &mut String, report: &Report, paint: Paint) {
    let failed = report.rehearsal().is_none_or(|rehearsal| rehearsal.verdict() == Verdict::Fails);
    if !failed || report.telling().is_empty() || !report.diagnoses().is_empty() {
        return;
    }
    let _ = writeln!(out, "{} the most telling lines are", paint.warn("no known cause:"));
    for evidence in report.telling() {
        let _ = writeln!(out, "  {} {}", paint.dim(format!("{}:", evidence.source)), evidence.text);
    }
    out.push('\n');
}

fn unverified(out: &mut String, rehearsal: &Rehearsal, paint: Paint) {
    if rehearsal.unverified.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", paint.warn("not verified here:"));
    for unverified in &rehearsal.unverified {
        let _ = writeln!(out, "  - {}: {}", unverified.what, unverified.why);
    }
    out.push('\n');
}

fn closing(out: &mut String, rehearsal: &Rehearsal, report: &Report, paint: Paint) {
    let took = words::took(rehearsal.took);
    let phase = rehearsal.outcome.failing_phase().unwrap_or("start");
    let cause = report.diagnoses().first().map(|diagnosis| format!(" ({})", diagnosis.rule)).unwrap_or_default();
    let _ = match rehearsal.verdict() {
        Verdict::Works => writeln!(out, "verdict: {} — {took} on {}", paint.good("works"), rehearsal.backend),
        Verdict::Fails => {
            writeln!(out, "verdict: {} at {phase}{cause} — {took} on {}", paint.bad("fails"), rehearsal.backend)
        }
        Verdict::CannotTell => {
            writeln!(out, "verdict: {}{cause} — {took} on {}", paint.warn("cannot tell"), rehearsal.backend)
        }
    };
}
