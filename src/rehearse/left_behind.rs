//! Commands that the start leaves to the background (`worker & server`) and that died there: what watches the container sees the last alone.

use crate::diagnose::START_PROGRAM_NOT_FOUND;
use crate::finding::{Certainty, Diagnosis, Severity};

/// The cause that the log of such a start shows. It is sure where the program was not even there; what else is logged, the app may have got over.
pub(super) fn dead(causes: impl FnOnce() -> Vec<Diagnosis>) -> Option<Diagnosis> {
    let cause = causes().into_iter().find(|cause| cause.severity == Severity::Error)?;
    let is_sure = cause.rule == START_PROGRAM_NOT_FOUND.id;
    let certainty = if is_sure { cause.certainty } else { Certainty::Likely };
    let message = format!("what the start leaves to the background seems to have ended: {}", cause.message);
    Some(Diagnosis { certainty, message, ..cause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::log::LogBuilder;

    fn found(lines: &[&str]) -> Option<(&'static str, Certainty)> {
        let mut log = LogBuilder::new();
        for line in lines {
            log.push(Some("start"), format!("{line}\n").as_bytes());
        }
        let log = log.finish();
        dead(|| diagnose(&Case::of_log(&log))).map(|found| (found.rule, found.certainty))
    }

    #[test]
    fn a_worker_that_died_beside_its_server_leaves_the_deploy_in_doubt() {
        let died = [
            "[2026-11-29 09:00:01 +0000] [1] [INFO] Listening at: http://0.0.0.0:8080 (1)",
            "Traceback (most recent call last):",
            "  File \"/app/worker.py\", line 3, in <module>",
            "    queue = os.environ[\"QUEUE\"]",
            "KeyError: 'QUEUE'",
        ];
        assert_eq!(found(&died), Some(("missing-env-var", Certainty::Likely)));
        assert_eq!(found(&died[..1]), None);
    }

    #[test]
    fn one_whose_program_is_not_there_is_surely_dead() {
        let missing = "/bin/bash: line 1: celery: command not found";
        assert_eq!(found(&[missing]), Some(("start-program-not-found", Certainty::Certain)));
    }
}
