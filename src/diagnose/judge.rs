//! From a case to its diagnoses.

use super::rank::{Finding, rank};
use super::reading::Reading;
use super::rule::{Rule, SAID};
use super::{cures, outcome, places, rules};
use crate::finding::{Certainty, Diagnosis, Evidence, Severity};
use crate::log::traceback::{Frame, Raised};
use crate::log::{Line, Log};
use crate::project::{Project, Source};
use crate::run::Outcome;
use crate::sandbox::MissingLibrary;

/// All that is known of one failure. Only the log is always there.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The project, where it is at hand.
    pub project: Option<&'a Project>,
    /// What was printed.
    pub log: &'a Log,
    /// What became of a run of ours.
    pub outcome: Option<&'a Outcome>,
    /// What an audit of the installed packages did not find.
    pub missing_libraries: &'a [MissingLibrary],
}

impl<'a> Case<'a> {
    /// A log and nothing else.
    pub fn of_log(log: &'a Log) -> Self {
        Self { project: None, log, outcome: None, missing_libraries: &[] }
    }
}

/// The causes: the primary one first, then others also seen; none where no cause is known.
///
/// ```
/// use shakedown::diagnose::{Case, Log, diagnose};
///
/// let log = Log::from("Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import cv2\nModuleNotFoundError: No module named 'cv2'\n");
/// let found = diagnose(&Case::of_log(&log));
/// assert_eq!(found[0].rule, "missing-python-module");
/// assert!(found[0].message.contains("opencv-python"));
/// ```
pub fn diagnose(case: &Case<'_>) -> Vec<Diagnosis> {
    let reading = Reading::new(case.log);
    let mut findings = rank(&reading, rules::findings(&reading));
    let unsure = case.log.lines().len() <= WRAPPED && findings.first().is_none_or(|finding| finding.rank <= SAID);
    let rejoined = if unsure { case.log.rejoined() } else { Vec::new() };
    let mut ranked: Vec<Told> = Vec::new();
    for log in &rejoined {
        let reading = Reading::new(log);
        let again = rank(&reading, rules::findings(&reading));
        let better = again.first().is_some_and(|second| findings.first().is_none_or(|first| second.rank > first.rank));
        if better {
            ranked = told(&reading, again.clone());
            findings = again;
        }
    }
    if ranked.is_empty() {
        ranked = told(&reading, findings);
    }
    let mut diagnoses: Vec<Diagnosis> = ranked.into_iter().map(|told| diagnosis(case, told)).collect();
    outcome::amend(case, &mut diagnoses);
    diagnoses
}

/// Hard-wrapped logs are pasted from consoles; longer ones come from files, whole.
const WRAPPED: usize = 4000;

/// A finding with what shows it, free of the reading that it was found in.
struct Told {
    finding: Finding,
    lines: Vec<Line>,
    /// Where an exception left the project's own code.
    frame: Option<Frame>,
}

fn told(reading: &Reading<'_>, findings: Vec<Finding>) -> Vec<Told> {
    findings
        .into_iter()
        .map(|finding| {
            let all: Vec<usize> = std::iter::once(finding.at).chain(finding.also.iter().copied()).collect();
            let lines = all.iter().filter_map(|at| reading.lines.get(*at).cloned()).collect();
            let raised = reading.raised.iter().find(|raised| all.contains(&raised.at));
            let frame = raised.and_then(Raised::own_frame).cloned();
            Told { finding, lines, frame }
        })
        .collect()
}

fn diagnosis(case: &Case<'_>, told: Told) -> Diagnosis {
    let Finding { rule, subject, message, advice, rank, .. } = told.finding;
    let mut evidence: Vec<Evidence> = told.lines.iter().map(evidence_of).collect();
    evidence.extend(case.project.zip(told.frame).and_then(|(project, frame)| places::of_frame(project, &frame)));
    evidence.extend(places::of(case.project, rule.id, subject.as_deref()));
    Diagnosis {
        rule: rule.id,
        severity: Severity::Error,
        message: message.unwrap_or_else(|| rule.message_for(subject.as_deref())),
        evidence,
        certainty: if rank >= SAID { Certainty::Certain } else { Certainty::Likely },
        advice: Some(advice.unwrap_or_else(|| rule.cure_for(subject.as_deref()))).filter(|advice| !advice.is_empty()),
        fixes: cures::of(case, rule, subject.as_deref()),
        subject,
    }
}

/// The longest line that is worth showing.
const SHOWN: usize = 400;

fn evidence_of(line: &Line) -> Evidence {
    let mut text: String = line.text.trim().chars().take(SHOWN).collect();
    if line.text.trim().chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    Evidence { source: Source::Log { phase: line.phase.as_deref().map(str::to_owned), line: line.number }, text }
}

/// The lines that say most about a failure whose cause no rule knows, in the order of the log. Of a log that was recorded
/// by phase only those of the phase that failed: what an earlier one printed was no failure.
pub fn telling_lines(log: &Log, phase: Option<&str>) -> Vec<Evidence> {
    const MOST: usize = 8;
    let of_phase = |line: &Line| phase.is_none() || line.phase.is_none() || line.phase.as_deref() == phase;
    let lines: Vec<&Line> = log.lines().iter().filter(|line| of_phase(line)).collect();
    let mut scored: Vec<(i32, usize)> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((loudness(&line.text)?, at))).collect();
    scored.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
    let mut chosen: Vec<usize> = Vec::new();
    for (_, at) in scored {
        let text = lines[at].text.trim();
        if chosen.len() < MOST && !chosen.iter().any(|known| lines[*known].text.trim() == text) {
            chosen.push(at);
        }
    }
    if chosen.is_empty() {
        // Nothing is loud, so the last words have to do.
        let spoken = lines.iter().enumerate().filter(|(_, line)| !line.text.trim().is_empty());
        chosen.extend(spoken.map(|(at, _)| at).rev().take(MOST));
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|at| evidence_of(lines[at])).collect()
}

/// How much a line looks like the account of a failure; none for what only frames one.
fn loudness(text: &str) -> Option<i32> {
    const NOISE: &[&str] = &[
        "[notice]",
        "did not complete successfully",
        "failed to solve",
        "See above for output",
        "upgrade pip",
        "note: This",
        "hint: ",
    ];
    const LOUD: &[(&str, i32)] = &[
        ("fatal", 5),
        ("error:", 5),
        ("exception", 4),
        ("panic", 5),
        ("traceback", 2),
        ("failed", 3),
        ("cannot", 3),
        ("can't", 3),
        ("not found", 4),
        ("no such", 4),
        ("denied", 4),
        ("refused", 4),
        ("invalid", 3),
        ("missing", 3),
        ("error", 3),
        ("unable", 3),
        ("killed", 5),
        ("exit code", 2),
        ("timeout", 3),
        ("warning", 1),
    ];
    let lower = text.to_lowercase();
    if lower.trim().is_empty() || NOISE.iter().any(|word| lower.contains(&word.to_lowercase())) {
        return None;
    }
    LOUD.iter().filter(|(word, _)| lower.contains(word)).map(|(_, score)| *score).max()
}

/// The rule with this id, for `explain`.
pub fn explain(id: &str) -> Option<&'static Rule> {
    rules::rule(id)
}
