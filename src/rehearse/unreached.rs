//! A service that an app stays up without: it asks for it again and again, and nothing of it works.

use crate::diagnose::SERVICES;
use crate::finding::{Certainty, Diagnosis, Severity};
use crate::log::Log;

/// How far from the end a refusal may be of an app that still tries.
const LAST: usize = 12;
/// So many refusals are no accident.
const AGAIN: usize = 2;
/// What a log calls the container itself, and a refused connection.
const HERE: &[&str] = &["localhost", "127.0.0.1", "::1"];
const REFUSED: &[&str] = &["onnection refused", "Errno 111", "rror 111", "ECONNREFUSED"];

/// Of the `causes` that the log of an app shows which stayed up and listens nowhere, the service on loopback that it could not reach. It
/// is sure where the app was still trying at the end: there is no such service in the cloud either.
pub(super) fn service(log: &Log, causes: impl FnOnce() -> Vec<Diagnosis>) -> Option<Diagnosis> {
    let refused: Vec<bool> = log
        .lines()
        .iter()
        .filter(|line| line.phase.as_deref() == Some("start"))
        .map(|line| is_refusal(&line.text))
        .collect();
    let times = refused.iter().filter(|is_refused| **is_refused).count();
    let is_still_trying = times >= AGAIN && refused.iter().rev().take(LAST).any(|is_refused| *is_refused);
    if times == 0 {
        return None;
    }
    let cause = causes().into_iter().find(|cause| SERVICES.iter().any(|rule| rule.id == cause.rule))?;
    let certainty = if is_still_trying { Certainty::Certain } else { Certainty::Likely };
    Some(Diagnosis { certainty, severity: Severity::Error, ..cause })
}

fn is_refusal(line: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    has(REFUSED) && has(HERE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::log::LogBuilder;

    fn found(lines: &[&str]) -> Option<(Certainty, &'static str)> {
        let mut log = LogBuilder::new();
        for line in lines {
            log.push(Some("start"), format!("{line}\n").as_bytes());
        }
        let log = log.finish();
        let found = service(&log, || diagnose(&Case::of_log(&log)))?;
        assert_eq!(found.severity, Severity::Error);
        Some((found.certainty, found.rule))
    }

    const REFUSAL: &str = "retry: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused";

    #[test]
    fn an_app_that_still_asks_for_a_service_on_localhost_does_not_work() {
        let trying = [REFUSAL, "sleeping", REFUSAL, "sleeping"];
        assert_eq!(found(&trying), Some((Certainty::Certain, "db-unreachable")));
        assert_eq!(found(&trying[..2]), Some((Certainty::Likely, "db-unreachable")));
    }

    #[test]
    fn one_that_went_on_without_it_is_in_doubt() {
        let handled: Vec<String> = (0..20).map(|tide| format!("tide {tide} is handled")).collect();
        let lines: Vec<&str> = [REFUSAL, REFUSAL].into_iter().chain(handled.iter().map(String::as_str)).collect();
        assert_eq!(found(&lines), Some((Certainty::Likely, "db-unreachable")));
    }

    #[test]
    fn what_calls_elsewhere_is_not_judged_by_it() {
        let elsewhere = "connection to server at \"10.0.0.9\", port 5432 failed: Connection refused";
        assert_eq!(found(&[elsewhere, elsewhere]), None);
        assert_eq!(found(&["harbour is ready"]), None);
    }
}
