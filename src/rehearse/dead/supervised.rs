//! Programs of supervisord that died while it stays up: what watches the container sees supervisord alone.

use std::collections::BTreeMap;

use super::ended::Ended;
use crate::builder::BuilderKind;
use crate::diagnose::PROGRAM_GAVE_UP;
use crate::finding::{Certainty, Diagnosis};
use crate::log::Log;
use crate::log::pattern::Pattern;

/// supervisor 4.3.0, supervisor/process.py: what it logs of a program that changes its state.
static STATE: Pattern = Pattern::new(r"\b(success|exited|gave up|stopped): (\S+) (?:\(([^)]*)\)|entered \w+ state)");
const STARTED: &str = "supervisord started with pid";

/// What a program came to, as far as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Runs,
    /// It ended well.
    Done,
    /// It ended, not as expected; supervisord may start it again.
    Ended,
    /// supervisord starts it no more.
    GivenUp,
}

/// The causes that the log of an app shows which runs under supervisord and of which a program is dead: of the `causes` the first, and that
/// supervisord goes on without the program. It is sure where supervisord has given it up.
pub(super) fn dead(log: &Log, builder: BuilderKind, causes: impl Fn(&Log) -> Vec<Diagnosis>) -> Vec<Diagnosis> {
    if !log.lines().iter().any(|line| line.text.contains(STARTED)) {
        return Vec::new();
    }
    let mut states: BTreeMap<String, (State, usize)> = BTreeMap::new();
    for (index, line) in log.lines().iter().enumerate().filter(|(_, line)| line.phase.as_deref() == Some("start")) {
        let Some(found) = STATE.captures(&line.text) else { continue };
        let said = found.get(3).map_or("", |group| group.as_str());
        let before = states.get(&found[2]).map(|(state, _)| *state);
        let state = match &found[1] {
            // A job that is done at once has ended too quickly for supervisord, however well.
            "gave up" if before == Some(State::Done) => State::Done,
            "gave up" => State::GivenUp,
            "exited" if said.starts_with("exit status 0;") => State::Done,
            "exited" if said.ends_with("not expected") => State::Ended,
            _ => State::Runs,
        };
        states.insert(found[2].to_owned(), (state, index));
    }
    let dead: Vec<_> = states.iter().filter(|(_, (state, _))| matches!(state, State::Ended | State::GivenUp)).collect();
    let Some((name, (_, at))) = dead.first() else { return Vec::new() };
    let is_given_up = dead.iter().any(|(_, (state, _))| *state == State::GivenUp);
    let certainty = if is_given_up { Certainty::Certain } else { Certainty::Likely };
    let message = match is_given_up {
        true => PROGRAM_GAVE_UP.message_for(Some(name)),
        false => {
            format!("`{name}` ended under supervisord, not as expected, and was not up again when the run was over")
        }
    };
    let help = PROGRAM_GAVE_UP.help_for(Some(name), builder);
    let ended = Ended { rule: &PROGRAM_GAVE_UP, name, message, help, certainty, at: *at };
    let cause = causes(log).into_iter().find(|cause| cause.rule != PROGRAM_GAVE_UP.id);
    ended.diagnoses(log, cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::log::LogBuilder;

    fn found(lines: &[&str]) -> Vec<(&'static str, Certainty)> {
        let mut log = LogBuilder::new();
        for line in [&["INFO supervisord started with pid 1"], lines].concat() {
            log.push(Some("start"), format!("{line}\n").as_bytes());
        }
        let log = log.finish();
        dead(&log, BuilderKind::Nixpacks, |log| diagnose(&Case::of_log(log)))
            .iter()
            .map(|found| (found.rule, found.certainty))
            .collect()
    }

    const EXITED: &str = "2026-11-29 05:06:49,237 WARN exited: bot (exit status 1; not expected)";
    const GAVE_UP: &str =
        "2026-11-29 05:06:52,264 INFO gave up: bot entered FATAL state, too many start retries too quickly";

    #[test]
    fn a_program_that_supervisord_gave_up_is_dead_while_supervisord_lives() {
        assert_eq!(found(&[EXITED, GAVE_UP]), [("program-gave-up", Certainty::Certain)]);
        let traceback = [
            "Traceback (most recent call last):",
            "  File \"/app/bot.py\", line 3, in <module>",
            "    token = os.environ[\"TOKEN\"]",
            "KeyError: 'TOKEN'",
        ];
        let lines = [&traceback[..], &[EXITED, GAVE_UP]].concat();
        let both = [("missing-env-var", Certainty::Certain), ("program-gave-up", Certainty::Certain)];
        assert_eq!(found(&lines), both);
        let refused = "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.";
        let lines = [&traceback[..3], &[refused, EXITED, GAVE_UP]].concat();
        assert_eq!(found(&lines).last(), Some(&("program-gave-up", Certainty::Likely)), "in the cloud it may answer");
    }

    #[test]
    fn one_that_ended_and_may_come_again_leaves_it_in_doubt() {
        assert_eq!(found(&[EXITED]), [("program-gave-up", Certainty::Likely)]);
    }

    #[test]
    fn one_that_came_up_again_or_did_its_work_is_none() {
        let up = "2026-11-29 05:06:47,191 INFO success: bot entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)";
        assert_eq!(found(&[EXITED, up]), []);
        assert_eq!(found(&["2026-11-29 05:06:49,237 WARN exited: migrate (exit status 0; expected)"]), []);
        let done = "2026-11-29 05:06:49,237 WARN exited: bot (exit status 0; not expected)";
        assert_eq!(found(&[done, GAVE_UP]), []);
        assert_eq!(found(&["harbour is ready"]), []);
    }
}
