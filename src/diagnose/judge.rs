//! From a case to its diagnoses.

use super::case::Case;
use super::detect::requests::is_of_one_request;
use super::excerpt::evidence_of;
use super::rank::rank;
use super::table::{Finding, SAID};
use super::view::LogView;
use super::{detect, fixes, in_project, outcome, places, railpack};
use crate::finding::{Certainty, Diagnosis, Evidence, Severity};
use crate::log::Line;
use crate::log::traceback::{Frame, Raised};

/// The causes: the primary one first, then others also seen; none where no cause is known.
///
/// ```
/// use shakedown::diagnose::{Case, diagnose};
/// use shakedown::log::Log;
///
/// let log = Log::from("Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import cv2\nModuleNotFoundError: No module named 'cv2'\n");
/// let found = diagnose(&Case::of_log(&log));
/// assert_eq!(found[0].rule, "missing-python-module");
/// assert!(found[0].message.contains("opencv-python"));
/// ```
pub fn diagnose(case: &Case<'_>) -> Vec<Diagnosis> {
    let view = LogView::new(case.log);
    let mut findings = ranked(case, &view);
    let unsure = case.log.lines().len() <= WRAPPED && findings.first().is_none_or(|finding| finding.rank <= SAID);
    let rejoined = if unsure { case.log.rejoined() } else { Vec::new() };
    let mut kept: Vec<Shown> = Vec::new();
    for log in &rejoined {
        let view = LogView::new(log);
        let again = ranked(case, &view);
        let better = again.first().is_some_and(|second| findings.first().is_none_or(|first| says_more(second, first)));
        if better {
            kept = shown(&view, again.clone());
            findings = again;
        }
    }
    if kept.is_empty() {
        kept = shown(&view, findings);
    }
    let mut diagnoses: Vec<Diagnosis> = kept.into_iter().map(|shown| diagnosis(case, shown)).collect();
    outcome::amend(case, &mut diagnoses);
    railpack::amend(case, &mut diagnoses);
    diagnoses
}

/// All that was found, the primary cause first. A page that fails is a cause where our own run asked for it, and in a log of a server that answers others
/// it is none.
fn ranked(case: &Case<'_>, view: &LogView<'_>) -> Vec<Finding> {
    let mut found = detect::findings(view);
    found.retain(|finding| case.outcome.is_some() || !is_of_one_request(view, finding));
    rank(view, found)
}

/// Hard-wrapped logs are pasted from consoles; longer ones come from files, whole.
const WRAPPED: usize = 4000;

/// Whether what the joined lines show is told in the place of what the broken ones do: it is surer, or as sure and explains that.
fn says_more(joined: &Finding, broken: &Finding) -> bool {
    let explains = broken.rule.yields_to.is_to(joined.rule);
    joined.rank > broken.rank || explains && joined.rank == broken.rank
}

/// A finding with what shows it, free of the view that it was found in.
struct Shown {
    finding: Finding,
    lines: Vec<Line>,
    /// Where an exception left the project's own code.
    frame: Option<Frame>,
}

fn shown(view: &LogView<'_>, findings: Vec<Finding>) -> Vec<Shown> {
    findings
        .into_iter()
        .map(|finding| {
            let all: Vec<usize> = std::iter::once(finding.at).chain(finding.also.iter().copied()).collect();
            let lines = all.iter().filter_map(|at| view.lines.get(*at).cloned()).collect();
            let raised = view.raised.iter().find(|raised| all.contains(&raised.at));
            let frame = raised.and_then(Raised::own_frame).cloned();
            Shown { finding, lines, frame }
        })
        .collect()
}

fn diagnosis(case: &Case<'_>, shown: Shown) -> Diagnosis {
    let Finding { rule, subject, message, help, rank, is_unfixable, .. } = shown.finding;
    let mut evidence: Vec<Evidence> = shown.lines.iter().map(evidence_of).collect();
    evidence.extend(case.project.zip(shown.frame).and_then(|(project, frame)| places::of_frame(project, &frame)));
    evidence.extend(places::of(case.project, rule.shown_by, subject.as_deref()));
    let fixes = if is_unfixable { Vec::new() } else { fixes::of(case, rule, subject.as_deref()) };
    let diagnosis = Diagnosis {
        rule: rule.id,
        severity: Severity::Error,
        message: message.unwrap_or_else(|| rule.message_for(subject.as_deref())),
        evidence,
        certainty: if rank >= SAID { Certainty::Certain } else { Certainty::Likely },
        help: Some(help.unwrap_or_else(|| rule.help_for(subject.as_deref(), case.builder_kind())))
            .filter(|help| !help.is_empty()),
        fixes,
        subject,
    };
    in_project::amended(case, rule, diagnosis)
}
