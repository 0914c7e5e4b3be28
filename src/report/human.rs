//! The report that people read.

use std::fmt::Write;
use std::path::Path;

use super::sanitize::in_line;
use super::{Content, Paint, Report, table, words};
use crate::builder::Detected;
use crate::diagnose::replay::Failure;
use crate::finding::{Diagnosis, Evidence, Severity};
use crate::project::Source;
use crate::rehearse::Rehearsal;
use crate::rehearse::replay::{Comparison, Match};
use crate::run::{Status, Verdict};
use crate::sandbox::Unverified;

/// A source line longer than this is cut in an excerpt.
const EXCERPT_WIDTH: usize = 160;
/// The most bytes of a file that a line is shown of.
const MOST_BYTES: u64 = 16 << 20;
/// Evidence beyond this many places is counted, not shown.
const MOST_EVIDENCE: usize = 6;
/// The most lines of the log that are shown as evidence: those of one error message say the same.
const MOST_LOG_LINES: usize = 2;

pub(super) fn render(report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    if let Some(rehearsal) = report.rehearsal() {
        if let Some(Detected { builder, because, doubt }) = &rehearsal.builder {
            let _ = writeln!(out, "{} {builder} ({because})", paint.bold("builder:"));
            if let Some(doubt) = doubt {
                let _ = writeln!(out, "  {} {doubt}", paint.hint("note:"));
            }
        }
        if !rehearsal.is_elsewhere {
            out += &table::render(rehearsal, paint);
        }
        out.push('\n');
        failure(&mut out, rehearsal, paint);
    }
    if let Some(replay) = report.replay() {
        out += &place(&replay.failure, report.diagnoses().is_empty(), paint);
    }
    // A deploy that works has no cause.
    let causes = report.rehearsal().map_or(1, |rehearsal| usize::from(rehearsal.primary().is_some()));
    let is_run = !matches!(report.content, Content::Findings(_));
    let primary = report.diagnoses().first().filter(|_| is_run && causes == 1);
    let repeats = |(index, diagnosis): &(usize, &Diagnosis)| {
        *index > 0 && primary.is_some_and(|primary| says_the_same(primary, diagnosis))
    };
    let told = report.diagnoses().iter().enumerate().filter(|found| !repeats(found));
    for (at, (_, diagnosis)) in told.enumerate() {
        if at == causes && is_run {
            let _ = writeln!(out, "{}\n", paint.dim("also seen:"));
        }
        out += &one(diagnosis, &report.project, paint);
        out.push('\n');
    }
    unexplained(&mut out, report, paint);
    if let Some(comparison) = report.replay().and_then(|replay| replay.here.as_ref()) {
        compared(&mut out, comparison, paint);
    }
    if matches!(report.content, Content::Findings(_)) {
        let _ = writeln!(out, "{}", tally(report.diagnoses()));
    }
    if let Some(rehearsal) = report.rehearsal() {
        let list = not_verified(&rehearsal.unverified, paint);
        if !list.is_empty() {
            out = out + &list + "\n";
        }
        closing(&mut out, rehearsal, paint);
    }
    out
}

/// Whether a consequence tells nothing that its cause does not: the same edit mends both.
fn says_the_same(cause: &Diagnosis, other: &Diagnosis) -> bool {
    let edits = |diagnosis: &Diagnosis| diagnosis.fixes.first().map(|fix| fix.edits.clone());
    let by_edit = edits(other).is_some() && edits(cause) == edits(other);
    by_edit || cause.rule == other.rule && cause.subject == other.subject && cause.message == other.message
}

/// One diagnosis with its excerpts and cures, as `explain` and `fix` show it too.
pub(super) fn one(diagnosis: &Diagnosis, project: &Path, paint: Paint) -> String {
    let label = format!("{}[{}]", words::severity(diagnosis.severity), diagnosis.rule);
    let label = match diagnosis.severity {
        Severity::Error => paint.bad(label),
        Severity::Warning => paint.warn(label),
        Severity::Note => paint.hint(label),
    };
    let mut out = format!("{label}: {}\n", paint.bold(in_line(&diagnosis.message)));
    let is_of_log = |evidence: &&Evidence| matches!(evidence.source, Source::Log { .. });
    let of_log = diagnosis.evidence.iter().filter(is_of_log).take(MOST_LOG_LINES);
    let places = diagnosis.evidence.iter().filter(|evidence| !is_of_log(evidence));
    let shown: Vec<&Evidence> = of_log.chain(places).take(MOST_EVIDENCE).collect();
    for evidence in &shown {
        excerpt(&mut out, evidence, project, paint);
    }
    let more = diagnosis.evidence.len() - shown.len();
    if more > 0 {
        let _ = writeln!(out, "  {}", paint.dim(format!("… and {} more", words::counted(more, "place"))));
    }
    for fix in &diagnosis.fixes {
        let _ = writeln!(out, "  {} {}", paint.hint("fix:"), fix.summary);
    }
    let plain = |text: &str| text.replace('`', "");
    let is_said = |help: &&String| diagnosis.fixes.iter().any(|fix| plain(&fix.summary) == plain(help));
    if let Some(help) = diagnosis.help.as_ref().filter(|help| !is_said(help)) {
        let _ = writeln!(out, "  {} {help}", paint.hint("help:"));
    }
    out
}

fn excerpt(out: &mut String, evidence: &Evidence, project: &Path, paint: Paint) {
    let _ = writeln!(out, "  {} {}", paint.hint("-->"), in_line(&evidence.source.to_string()));
    if let Some(text) = line_of(evidence, project) {
        let _ = writeln!(out, "   {} {text}", paint.dim("|"));
    }
}

/// The line that a piece of evidence points at, where there is one.
pub(super) fn line_of(evidence: &Evidence, project: &Path) -> Option<String> {
    let text = match (&evidence.source, evidence.text.is_empty()) {
        (Source::File { path, line: Some(line) }, true) => read_line(&project.join(path), *line)?,
        (_, true) => return None,
        (_, false) => evidence.text.clone(),
    };
    Some(console::truncate_str(text.trim_end(), EXCERPT_WIDTH, "…").into_owned())
}

fn read_line(path: &Path, line: usize) -> Option<String> {
    let bytes = crate::fs::read(path, MOST_BYTES).ok()?;
    String::from_utf8_lossy(&bytes).lines().nth(line.checked_sub(1)?).map(str::to_owned)
}

/// Where a log's deploy failed, or how far it came.
pub(super) fn place(failure: &Failure, nameless: bool, paint: Paint) -> String {
    let mut out = String::new();
    let ended = failure.exit_code.is_some_and(|code| code != 0);
    if let Some(phase) = failure.phase.as_ref().filter(|_| nameless && !ended) {
        let _ = writeln!(out, "the log comes to {phase}, and shows no exit code");
    } else if let Some(phase) = &failure.phase {
        let exit = failure.exit_code.map(|code| format!(" with exit code {code}")).unwrap_or_default();
        let command = failure.command.as_ref().map(|command| format!(": {command}")).unwrap_or_default();
        let _ = writeln!(out, "{} failed{exit}{command}", paint.bad(phase));
    }
    let nixpacks = failure.nixpacks.as_ref().map(|version| format!(", Nixpacks {version}")).unwrap_or_default();
    let railpack = failure.railpack.as_ref().map(|version| format!(", Railpack {version}")).unwrap_or_default();
    let _ = writeln!(out, "{}\n", paint.dim(format!("log form: {}{nixpacks}{railpack}", failure.form)));
    out
}

pub(super) fn compared(out: &mut String, comparison: &Comparison, paint: Paint) {
    let _ = match comparison.outcome {
        Match::Reproduced => writeln!(out, "here: {}, for the same cause", paint.good("reproduced")),
        Match::Differs => writeln!(out, "here: {}, elsewhere or for another cause", paint.warn("fails differently")),
        Match::DoesNotHappen => writeln!(out, "here: {}", paint.warn("does not happen here")),
        Match::CannotTell => writeln!(out, "here: {}", paint.warn("cannot tell")),
    };
    if let Some(failed) = comparison.failed.as_ref().filter(|_| comparison.outcome == Match::Differs) {
        let rule = failed.rule.map_or_else(String::new, |rule| format!(" [{rule}]"));
        let _ = writeln!(out, "  {} fails{rule}: {}", paint.bad(&failed.phase), in_line(&failed.message));
    }
    if let Some(help) = comparison.failed.as_ref().and_then(|failed| failed.help.as_ref()) {
        let _ = writeln!(out, "  {}: {}", paint.hint("help"), in_line(help));
    }
    for difference in &comparison.differences {
        let _ = writeln!(out, "  - {difference}");
    }
    for fix in &comparison.fixes {
        let _ = writeln!(out, "  {}: {}", paint.good("fix"), in_line(&fix.summary));
    }
}

/// `1 error, 2 warnings`, the worst first.
fn tally(findings: &[Diagnosis]) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counted = [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| (count(severity), severity))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| words::counted(count, words::severity(severity)));
    let counted: Vec<String> = counted.collect();
    if counted.is_empty() { "nothing found".to_owned() } else { counted.join(", ") }
}

pub(super) fn failure(out: &mut String, rehearsal: &Rehearsal, paint: Paint) {
    for phase in &rehearsal.outcome.phases {
        for cmd in phase.cmds.iter().filter(|cmd| !matches!(cmd.status, Status::Passed | Status::Skipped)) {
            let _ = writeln!(out, "{} {}: {}", paint.bad(&phase.name), words::ending(cmd.status), cmd.cmd);
            out.push('\n');
        }
    }
    if let Some(smoke) = &rehearsal.outcome.smoke {
        if !smoke.result.is_good() {
            let _ = writeln!(out, "{} {}: {}", paint.bad("start"), words::found(&smoke.result), smoke.cmd);
            // Of `a && b` it is not plain which one it was.
            if let Some(running) = smoke.running.as_ref().filter(|_| words::is_chain(&smoke.cmd)) {
                let running = console::truncate_str(running, EXCERPT_WIDTH, "…");
                let _ = writeln!(out, "  {} `{running}` was running then", paint.hint("note:"));
            }
            out.push('\n');
        }
        if smoke.result.is_good() && smoke.stops_on_sigterm == Some(false) {
            let _ = writeln!(
                out,
                "{} the app does not end on SIGTERM, so the platform kills it at every deploy and restart\n",
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

/// What no rehearsal here says anything about; empty where that is nothing.
pub fn not_verified(unverified: &[Unverified], paint: Paint) -> String {
    let lines = unverified
        .iter()
        .map(|unverified| format!("  - {}: {}\n", in_line(&unverified.what), in_line(&unverified.why)));
    let list: String = lines.collect();
    if list.is_empty() { list } else { format!("{}\n{list}", paint.warn("not verified here:")) }
}

fn closing(out: &mut String, rehearsal: &Rehearsal, paint: Paint) {
    let (took, on) = (words::took(rehearsal.took), words::on(&rehearsal.backend));
    let phase = rehearsal.outcome.failing_phase().unwrap_or("start");
    let named = rehearsal.primary().map(|diagnosis| diagnosis.rule);
    let cause = rehearsal.outcome.was_interrupted().then_some("interrupted").or(named);
    let absent = rehearsal.absent.as_ref().map(|absent| format!(": {} is not on this machine", absent.what));
    let cause = cause.map(|cause| format!(" ({cause}{})", absent.unwrap_or_default())).unwrap_or_default();
    let _ = match rehearsal.verdict() {
        Verdict::Works => {
            let as_far = rehearsal.outcome.ended_after().map(|phase| format!(" as far as {phase}")).unwrap_or_default();
            writeln!(out, "verdict: {}{as_far} — {took}{on}", paint.good("works"))
        }
        Verdict::Fails => {
            writeln!(out, "verdict: {} at {phase}{cause} — {took}{on}", paint.bad("fails"))
        }
        Verdict::CannotTell => {
            writeln!(out, "verdict: {}{cause} — {took}{on}", paint.warn("cannot tell"))
        }
    };
}
