//! Threads, tasks and child processes of the app that an error ended while the rest goes on.

use super::ended::Ended;
use crate::builder::BuilderKind;
use crate::diagnose::PART_DIED;
use crate::finding::{Certainty, Diagnosis};
use crate::log::traceback::{self, Raised};
use crate::log::{Line, Log};

/// Where CPython 3.8 to 3.14 begins a thread and a child process: a traceback from there on was caught by nobody.
const ROOTS: &[(&str, &str, &str)] =
    &[("threading.py", "_bootstrap", "thread"), ("multiprocessing/process.py", "_bootstrap", "child process")];
/// What asyncio prints above the traceback of a task that nobody waits for (`Task.__del__` of the same).
const TASK: &str = "Task exception was never retrieved";
/// How far below it the traceback's last line may be.
const REACH: usize = 60;

/// What the log of an app shows whose part died before the app was judged, which was after `lines` lines: of the `causes` the one that ended it, and
/// that the app goes on without it. A part that ended for a service out of reach leaves it open: in the cloud that may answer.
pub(super) fn dead(
    log: &Log,
    lines: usize,
    builder: BuilderKind,
    causes: impl Fn(&Log) -> Vec<Diagnosis>,
) -> Vec<Diagnosis> {
    let kept = log.lines();
    let is_early = |line: &Line| line.phase.as_deref() == Some("start") && line.number <= lines;
    let raised = traceback::read(kept);
    let early = raised.iter().filter(|raised| is_early(&kept[raised.at]));
    let Some((at, part)) = early.into_iter().find_map(|raised| Some((raised.at, part(kept, raised)?))) else {
        return Vec::new();
    };
    let message = PART_DIED.message_for(Some(part));
    let help = PART_DIED.help_for(None, builder);
    Ended { rule: &PART_DIED, name: part, message, help, certainty: Certainty::Certain, at }.raised(log, causes)
}

/// What was ended by an error in code of the project's own, if it was no more than a part: what a package does in a thread of its own need not be
/// missed. The lines above a thread's traceback are no sign, since other threads print between their words.
fn part(kept: &[Line], raised: &Raised) -> Option<&'static str> {
    raised.own_frame().filter(|_| raised.traced)?;
    let root = raised.frames.first()?;
    let is_root =
        |(file, function, _): &&(&str, &str, &str)| root.file.ends_with(file) && root.function.starts_with(function);
    let above = &kept[raised.at.saturating_sub(REACH)..raised.at];
    let is_own = |line: &&Line| line.text.contains(TASK) || line.text.contains("Traceback");
    let is_of_task = || above.iter().rev().filter(is_own).nth(1).is_some_and(|line| line.text.contains(TASK));
    ROOTS.iter().find(is_root).map(|(_, _, part)| *part).or_else(|| is_of_task().then_some("task"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::log::LogBuilder;

    fn found(lines: &[&str], judged_after: usize) -> Vec<(&'static str, Certainty)> {
        let mut log = LogBuilder::new();
        for line in lines {
            log.push(Some("start"), format!("{line}\n").as_bytes());
        }
        let log = log.finish();
        let found = dead(&log, judged_after, BuilderKind::Nixpacks, |log| diagnose(&Case::of_log(log)));
        found.iter().map(|found| (found.rule, found.certainty)).collect()
    }

    const TRACEBACK: &[&str] = &[
        "Traceback (most recent call last):",
        "  File \"/usr/lib/python3.12/threading.py\", line 1073, in _bootstrap_inner",
        "    self.run()",
        "  File \"/app/main.py\", line 16, in watch",
        "    token = os.environ[\"TIDES_TOKEN\"]",
        "KeyError: 'TIDES_TOKEN'",
    ];

    #[test]
    fn a_thread_that_an_error_ended_is_missed_although_the_app_answers() {
        let both = [("missing-env-var", Certainty::Certain), ("part-died", Certainty::Certain)];
        let lines = [&["Exception in thread Thread-1 (watch):"], TRACEBACK].concat();
        assert_eq!(found(&lines, 9), both);
        let later = [&lines[..], &[" * Serving Flask app 'main'", "INFO: Application startup complete."]].concat();
        assert_eq!(found(&later, 20), both, "the server's start is not its recovery");
        let mixed = [&["Exception in thread WARNING: harbour is ready", "Thread-1 (watch):"], TRACEBACK].concat();
        assert_eq!(found(&mixed, 9), both);
        // What comes out as the app ends is no fault.
        assert_eq!(found(&lines, 1), []);
    }

    #[test]
    fn an_error_that_was_caught_ended_nothing() {
        let caught = [&TRACEBACK[..1], &TRACEBACK[3..]].concat();
        assert_eq!(found(&[&["ERROR:root:no token"], &caught[..]].concat(), 9), []);
    }

    #[test]
    fn so_is_a_child_process_or_a_task_and_one_that_found_no_service_is_in_doubt() {
        let root = "  File \"/usr/lib/python3.12/multiprocessing/process.py\", line 314, in _bootstrap";
        let frame = "  File \"/app/main.py\", line 9, in work";
        let process = ["Process Process-1:", TRACEBACK[0], root, frame, "RuntimeError: no tides"];
        assert_eq!(found(&process, 5).last(), Some(&("part-died", Certainty::Certain)));
        let task = ["ERROR:asyncio:Task exception was never retrieved", "future: <Task finished>", TRACEBACK[0], frame];
        let task = [&task, &["RuntimeError: no tides"][..]].concat();
        assert_eq!(found(&task, 6).last(), Some(&("part-died", Certainty::Certain)));
        let refusal = "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.";
        let refused = [TRACEBACK[0], root, frame, refusal];
        assert_eq!(found(&refused, 5).last(), Some(&("part-died", Certainty::Likely)));
    }

    #[test]
    fn a_packages_own_thread_is_none_of_the_apps_parts() {
        let package = "/opt/venv/lib/python3.12/site-packages/posthog/consumer.py";
        let lines: Vec<String> = TRACEBACK.iter().map(|line| line.replace("/app/main.py", package)).collect();
        assert_eq!(found(&lines.iter().map(String::as_str).collect::<Vec<_>>(), 9), []);
    }
}
