//! A service that an app stays up without: it asks for it again and again, and nothing of it works.

use crate::diagnose::{OF_ADDRESSES, OF_HOSTS, Rule, SERVICES};
use crate::finding::{Certainty, Diagnosis, Severity};
use crate::log::Log;
use crate::log::pattern::Pattern;
use crate::sandbox::Unverified;

/// How far from the end a refusal may be of an app that still tries.
const LAST: usize = 12;
/// So many refusals are no accident.
const AGAIN: usize = 2;
/// What a log calls the container itself, and a refused connection.
const HERE: &[&str] = &["localhost", "127.0.0.1", "::1"];
const REFUSED: &[&str] = &["onnection refused", "Errno 111", "rror 111", "ECONNREFUSED"];

/// How a name is told that nobody here knows: one of the platform's private network, above all.
const UNKNOWN: &[&str] = &[
    "Name or service not known",
    "Temporary failure in name resolution",
    "No address associated with hostname",
    "could not translate host name",
];
/// What to do where the service is not this container's.
pub(super) const ELSEWHERE: &str = "whether it is within the deploy's reach is not known here: give the run one that answers, by --env and, where it is a service of this machine, --reach HOST:PORT";

/// Of the `causes` that the log of an app shows which stayed up and listens nowhere, the service that it could not reach. It
/// is sure where that is on loopback and the app was still trying at the end: there is no such service in the cloud either.
pub(super) fn service(log: &Log, causes: impl FnOnce() -> Vec<Diagnosis>) -> Option<Diagnosis> {
    let lines = log.lines().iter().filter(|line| line.phase.as_deref() == Some("start"));
    let failures: Vec<Option<Place>> = lines.map(|line| failure(&line.text)).collect();
    let times = |place: Place| failures.iter().filter(|failure| **failure == Some(place)).count();
    let is_still_trying =
        |place: Place| times(place) >= AGAIN && failures.iter().rev().take(LAST).any(|failure| *failure == Some(place));
    let find = |causes: Vec<Diagnosis>, rules: &[&Rule]| {
        causes.into_iter().find(|cause| rules.iter().any(|rule| rule.id == cause.rule))
    };
    let severity = Severity::Error;
    if times(Place::Here) > 0 {
        let certainty = if is_still_trying(Place::Here) { Certainty::Certain } else { Certainty::Likely };
        return Some(Diagnosis { certainty, severity, ..find(causes(), SERVICES)? });
    }
    if !is_still_trying(Place::Elsewhere) {
        return None;
    }
    let cause = find(causes(), &[OF_ADDRESSES, OF_HOSTS].concat())?;
    Some(Diagnosis { certainty: Certainty::Likely, severity, help: Some(ELSEWHERE.to_owned()), ..cause })
}

/// Whether a cause is a service that is out of reach here: where the deploy runs it may answer.
pub(super) fn may_answer_elsewhere(cause: &Diagnosis) -> bool {
    SERVICES.iter().any(|rule| rule.id == cause.rule)
}

static PRIVATE: Pattern = Pattern::ascii(r"\b([\w-]+(?:\.[\w-]+)*\.railway\.internal)\b");

/// The service of the platform's private network that an app was ended for want of. Its name is known there alone, whatever became of
/// the app here.
pub(super) fn private(cause: &Diagnosis) -> Option<Unverified> {
    if !OF_ADDRESSES.iter().any(|rule| rule.id == cause.rule) {
        return None;
    }
    let told = cause.evidence.iter().map(|evidence| evidence.text.as_str());
    let name = told.chain(cause.subject.as_deref()).find_map(|text| Some(PRIVATE.captures(text)?[1].to_owned()))?;
    Some(Unverified {
        what: name,
        why: "a name of the platform's private network, which is known there alone".to_owned(),
    })
}

/// What Poetry says of a release whose page in the index's JSON it was refused: it had chosen it, so the index has it or had it once.
static WITHOUT_PAGE: Pattern = Pattern::ascii(r"^\s*Package ([\w.-]+ \([\w.+!]+\)) not found\.?\s*$");
/// What to do where it is this machine's index that has no such pages.
pub(super) const OTHER_INDEX: &str = "see whether the release is still on PyPI, or run it where Poetry reaches PyPI itself: a mirror without its JSON has no page of any release";

/// The release that Poetry was refused the page of. PyPI has one for each; a mirror may have none.
pub(super) fn of_the_index(cause: &Diagnosis) -> Option<Unverified> {
    let told = cause.evidence.iter().map(|evidence| evidence.text.as_str());
    let release = told.filter_map(|text| Some(WITHOUT_PAGE.captures(text)?[1].to_owned())).next()?;
    Some(Unverified {
        what: format!("PyPI's page of {release}"),
        why: "Poetry asks for it, and the index that is reached from here did not give it".to_owned(),
    })
}

/// Where a service was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The container itself.
    Here,
    Elsewhere,
}

/// Where a line says that no service is.
fn failure(line: &str) -> Option<Place> {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    match (has(REFUSED), has(HERE)) {
        (true, true) => Some(Place::Here),
        (true, false) => Some(Place::Elsewhere),
        (false, _) => has(UNKNOWN).then_some(Place::Elsewhere),
    }
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
    fn a_release_without_a_page_says_nothing_of_the_deploy() {
        let of = |line: &str| of_the_index(&diagnose(&Case::of_log(&Log::from(line))).remove(0)).map(|page| page.what);
        assert_eq!(of("Package humanize (4.17.0) not found.\n").as_deref(), Some("PyPI's page of humanize (4.17.0)"));
        assert_eq!(of("ERROR: No matching distribution found for humanize==4.17.0\n"), None);
    }

    #[test]
    fn a_name_of_the_private_network_says_nothing_of_the_deploy() {
        let of = |line: &str| {
            let log = Log::from(line);
            private(&diagnose(&Case::of_log(&log)).remove(0)).map(|private| private.what)
        };
        let line = |host: &str| {
            format!(
                "redis.exceptions.ConnectionError: Error -2 connecting to {host}:6379. Name or service not known.\n"
            )
        };
        assert_eq!(of(&line("cache.railway.internal")).as_deref(), Some("cache.railway.internal"));
        assert_eq!(of(&line("cache.example.com")), None);
    }

    #[test]
    fn one_that_went_on_without_it_is_in_doubt() {
        let handled: Vec<String> = (0..20).map(|tide| format!("tide {tide} is handled")).collect();
        let lines: Vec<&str> = [REFUSAL, REFUSAL].into_iter().chain(handled.iter().map(String::as_str)).collect();
        assert_eq!(found(&lines), Some((Certainty::Likely, "db-unreachable")));
    }

    /// A worker that a run gives the platform's own address, which is known there alone: as celery 5.6 and psycopg 3.2 say.
    #[test]
    fn a_service_that_is_elsewhere_and_asked_for_to_the_end_is_in_doubt() {
        let unknown = "consumer: Cannot connect to redis://redis.railway.internal:6379//: Error -2 connecting to redis.railway.internal:6379. Name or service not known..";
        let refused = "connection to server at \"10.0.0.9\", port 5432 failed: Connection refused";
        assert_eq!(
            found(&[unknown, "Trying again in 2.00 seconds", unknown]),
            Some((Certainty::Likely, "redis-unreachable"))
        );
        assert_eq!(found(&[refused, refused]), Some((Certainty::Likely, "db-unreachable")));
        // A bot whose service has no name here: pyTelegramBotAPI 4.29.
        let polls = "ERROR - TeleBot: \"Infinity polling exception: HTTPSConnectionPool(host='api.telegram.org', port=443): Max retries exceeded with url: /bot/getMe (Caused by NameResolutionError(\"Failed to resolve 'api.telegram.org' ([Errno -2] Name or service not known)\"))\"";
        assert_eq!(found(&[polls, polls]), Some((Certainty::Likely, "network-unreachable")));
        // It went on.
        assert_eq!(found(&[unknown, "the harbour is ready"]), None);
        assert_eq!(found(&["harbour is ready"]), None);
    }
}
