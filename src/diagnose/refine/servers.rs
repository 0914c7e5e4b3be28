//! Processes that were asked to end, or that something else ended.

use crate::diagnose::rank::Finding;
use crate::diagnose::table::HINT;
use crate::diagnose::table::start::START_PROGRAM_NOT_FOUND;
use crate::diagnose::view::LogView;

/// What says that a process was asked to end.
const ASKED: &[&str] = &["SIGTERM", "Handling signal: term", "Stopping all processes", "Idling", "Stopping Container"];
/// How many lines later it may have gone.
const GOING: usize = 12;

/// A process that was asked to end did well to.
pub(in crate::diagnose) fn unless_asked_to_end(view: &LogView<'_>, finding: &mut Finding) -> bool {
    view.back_from(finding.at, GOING, |text| ASKED.iter().any(|word| text.contains(word))).is_none()
}

/// Another Python than the planned one is no want of pip.
pub(in crate::diagnose) fn python_of_the_start(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let line = view.lines.get(finding.at);
    if line.is_some_and(|line| line.phase.as_deref() == Some("start") && line.text.contains("python")) {
        finding.rule = &START_PROGRAM_NOT_FOUND;
    }
    true
}

/// gunicorn guesses at memory after a time-out too; without one the guess is likely. Memory is not what a platform's kill
/// after a missed start is about.
pub(in crate::diagnose) fn memory(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if !view.mentions("WORKER TIMEOUT") {
        finding.rank = finding.rank.max(HINT);
    }
    let missed_start = view.mentions("Boot timeout") || view.mentions("R10");
    !(missed_start && view.text(finding.at).contains("137"))
}
