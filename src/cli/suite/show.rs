//! The suite on a terminal: what runs, what is over, what to look at.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};

use crate::report::{Paint, shown};
use crate::scenario::{Case, CaseResult, CaseStatus, SuiteEvent, Summary};

/// How many of the slowest scenarios are named.
const SLOWEST: usize = 5;
/// How much of what a scenario printed is shown; the JSON has more.
const LAST_LINES: usize = 12;
/// A suite that is over sooner has no slow scenarios to name.
const SLOW: f64 = 10.0;

/// Progress on stderr: a line a result, and on a terminal a bar with what is running.
pub(super) struct Live {
    paint: Paint,
    quiet: bool,
    several_backends: bool,
    term: Term,
    bar: Option<ProgressBar>,
    running: RefCell<BTreeMap<Case, String>>,
}

impl Live {
    pub(super) fn new(paint: Paint, quiet: bool, several_backends: bool) -> Self {
        let term = Term::stderr();
        let bar = (!quiet && term.is_term()).then(|| {
            let style = ProgressStyle::with_template("{pos}/{len} {elapsed} {msg}");
            let bar = ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { paint, quiet, several_backends, term, bar, running: RefCell::default() }
    }

    pub(super) fn event(&self, event: &SuiteEvent<'_>) {
        if self.quiet {
            return;
        }
        match event {
            SuiteEvent::Planned { cases } => {
                if let Some(bar) = &self.bar {
                    bar.set_length(*cases as u64);
                }
            }
            SuiteEvent::Started { case } => self.runs(case, "plan"),
            SuiteEvent::Phase { case, phase } => self.runs(case, phase),
            SuiteEvent::Finished { result } => {
                self.running.borrow_mut().remove(&result.case);
                self.line(&line(result, self.several_backends, self.paint));
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
                self.show_running();
            }
        }
    }

    pub(super) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn runs(&self, case: &Case, phase: &str) {
        self.running.borrow_mut().insert((*case).clone(), phase.to_owned());
        self.show_running();
    }

    fn show_running(&self) {
        let Some(bar) = &self.bar else { return };
        let running = self.running.borrow();
        let titles = running.iter().map(|(case, phase)| format!("{}: {phase}", case.title(self.several_backends)));
        let text = titles.collect::<Vec<_>>().join(", ");
        let width = usize::from(self.term.size().1).saturating_sub(20);
        bar.set_message(console::truncate_str(&shown(&text), width, "…").into_owned());
    }

    fn line(&self, text: &str) {
        let write = || {
            // A terminal that has gone away is no reason to stop.
            let _ = self.term.write_line(&shown(text));
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

fn mark(status: CaseStatus, paint: Paint) -> String {
    let word = format!("{:>11}", status.name());
    match status {
        CaseStatus::Passed => paint.good(word),
        CaseStatus::Skipped => paint.dim(word),
        CaseStatus::Unreachable | CaseStatus::Fixed | CaseStatus::Interrupted => paint.warn(word),
        CaseStatus::Failed | CaseStatus::Broken => paint.bad(word),
    }
}

fn line(result: &CaseResult, several_backends: bool, paint: Paint) -> String {
    let took = match result.attempts {
        0 => "      –".to_owned(),
        _ => format!("{:>6.1}s", result.seconds),
    };
    let mut line = format!("{} {took}  {}", mark(result.status, paint), result.title(several_backends));
    let why = result.reasons.first().filter(|_| result.status != CaseStatus::Passed);
    if let Some(why) = why {
        let _ = write!(line, "{}", paint.dim(format!(": {why}")));
    }
    line
}

/// The end of what the last phase printed.
fn last_lines(log: &[String]) -> &[String] {
    let phase = |line: &String| line.split_once(" │ ").map(|(phase, _)| phase.to_owned());
    let last = log.last().and_then(phase);
    let length = log.iter().rev().take(LAST_LINES).take_while(|line| phase(line) == last).count();
    &log[log.len() - length..]
}

/// What to look at, then the counts.
pub(super) fn summary(summary: &Summary, paint: Paint) -> String {
    let mut out = String::new();
    let several = summary.has_several_backends();
    for result in summary.results.iter().filter(|result| result.status.is_bad()) {
        let _ = writeln!(out, "{} {}", mark(result.status, paint).trim_start(), paint.bold(result.title(several)));
        for reason in &result.reasons {
            let _ = writeln!(out, "  {reason}");
        }
        for line in result.diff.iter().flat_map(|diff| diff.lines()) {
            let painted = match line.as_bytes().first() {
                Some(b'+') => paint.good(line),
                Some(b'-') => paint.bad(line),
                _ => line.to_owned(),
            };
            let _ = writeln!(out, "  │ {painted}");
        }
        for line in last_lines(&result.log) {
            let _ = writeln!(out, "  {}", paint.dim(line));
        }
        out.push('\n');
    }
    let slowest = summary.slowest(SLOWEST);
    if summary.seconds >= SLOW && slowest.len() == SLOWEST {
        let _ = writeln!(out, "slowest:");
        for result in slowest {
            let _ = writeln!(out, "  {:>6.1}s  {}", result.seconds, result.title(several));
        }
    }
    let counts: Vec<String> = CaseStatus::ALL
        .into_iter()
        .map(|status| (status, summary.count(status)))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{count} {}", mark(status, paint).trim_start()))
        .collect();
    let counts = if counts.is_empty() { "nothing to run".to_owned() } else { counts.join(", ") };
    let _ = writeln!(out, "{} {counts} in {:.1}s", paint.bold("suite:"), summary.seconds);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(name: &str, status: CaseStatus, reason: &str) -> CaseResult {
        let case = Case { scenario: name.into(), backend: "host".into() };
        CaseResult { attempts: 1, seconds: 1.25, ..CaseResult::unrun(case, status, reason.into()) }
    }

    #[test]
    fn a_line_says_what_became_of_a_scenario() {
        let line = line(&result("founding-bot", CaseStatus::Failed, "rule: expected a, got b"), false, Paint::PLAIN);
        assert_eq!(line, "     failed    1.2s  founding-bot: rule: expected a, got b");
    }

    #[test]
    fn the_summary_shows_what_is_bad_and_counts_the_rest() {
        let diff = Some("-old\n+new\n".to_owned());
        let results = vec![
            result("good", CaseStatus::Passed, ""),
            CaseResult { diff, ..result("odd", CaseStatus::Failed, "the report differs") },
            result("later", CaseStatus::Skipped, "no network"),
        ];
        let text = summary(&Summary { results, seconds: 3.0, ..Summary::default() }, Paint::PLAIN);
        assert_eq!(
            text,
            "failed odd\n  the report differs\n  │ -old\n  │ +new\n\nsuite: 1 passed, 1 failed, 1 skipped in 3.0s\n"
        );
    }

    #[test]
    fn only_the_last_phase_is_shown() {
        let log = ["install │ Collecting berths", "start │ one", "start │ two"].map(str::to_owned);
        assert_eq!(last_lines(&log), &log[1..]);
        assert!(last_lines(&[]).is_empty());
        let long: Vec<String> = (0..20).map(|number| format!("start │ {number}")).collect();
        assert_eq!(last_lines(&long).len(), LAST_LINES);
    }
}
