//! Of all that rules find: what was over, what is a consequence, and what comes first.

use super::table::{Finding, HINT, LAST_RESORT, Rule, YieldsTo};
use super::view::{LogView, Stage};
use crate::log::traceback::{Raised, SHUT_DOWN};

/// Causes only, the primary one first, one of each rule.
pub(crate) fn rank(view: &LogView<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = findings.into_iter().filter(|finding| !is_over(view, finding)).collect();
    for finding in &mut findings {
        if view.lines.get(finding.at).and_then(|line| line.service.as_deref()).is_some_and(is_a_service) {
            finding.rank = finding.rank.min(LAST_RESORT);
        }
    }
    let present: Vec<(&Rule, u8, usize)> =
        findings.iter().map(|finding| (finding.rule, finding.rank, finding.at)).collect();
    findings.retain(|finding| !is_consequence(finding, &present));
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.rank), finding.at));
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        match kept.iter_mut().find(|known| known.rule == finding.rule) {
            Some(known) => {
                let is_new = known.at != finding.at && !known.also.contains(&finding.at);
                if known.also.len() < 4 && is_new && known.subject == finding.subject {
                    known.also.push(finding.at);
                }
                if known.subject.is_none() {
                    known.subject = finding.subject;
                }
            }
            None => kept.push(finding),
        }
    }
    kept
}

/// Whether something else that was found explains the finding.
fn is_consequence(finding: &Finding, present: &[(&Rule, u8, usize)]) -> bool {
    present.iter().any(|(rule, rank, at)| match finding.rule.yields_to {
        // A guess does not explain away what a program says.
        YieldsTo::Rules(rules) => rules.contains(rule) && *rank >= finding.rank,
        YieldsTo::Anything => *rule != finding.rule && *rank >= HINT && *at != finding.at,
        YieldsTo::BetterAtItsLine => *rule != finding.rule && *at == finding.at && *rank > finding.rank,
    })
}

/// Whether a service of a composed app is something the app uses rather than the app.
fn is_a_service(service: &str) -> bool {
    const SERVICES: &[&str] = &[
        "db",
        "database",
        "postgres",
        "pg",
        "mysql",
        "mariadb",
        "mongo",
        "redis",
        "cache",
        "nginx",
        "rabbit",
        "minio",
        "adminer",
        "traefik",
        "caddy",
        "elastic",
        "kafka",
        "zookeeper",
        "pgadmin",
        "memcached",
        "clickhouse",
        "qdrant",
        "chroma",
    ];
    service.split(['-', '_', '.']).any(|part| SERVICES.iter().any(|service| part.starts_with(service)))
}

/// Whether the log shows that the trouble was over: a retry that worked, a warning that stopped nothing.
fn is_over(view: &LogView<'_>, finding: &Finding) -> bool {
    let starts = finding.rule.phases.contains(&"start");
    let stage = match finding.rule.phases {
        // What raises while it runs has been installed and built.
        _ if starts && view.raised_at(finding.at).is_some_and(Raised::is_running) => Stage::Start,
        ["start"] => Stage::Start,
        ["any"] | [_, ..] if starts || finding.rule.phases == ["any"] => view.stage_at(finding.at),
        ["build", ..] | ["install", "build"] => Stage::Build,
        _ => Stage::Install,
    };
    let rule = finding.rule;
    let composed = view.lines.get(finding.at).is_some_and(|line| line.service.is_some());
    if rule.persists_in_compose && composed || after(view, finding.at, rule.persists_with) {
        return false;
    }
    if ended_the_main_thread(view, finding.at) {
        return false;
    }
    view.goes_on(finding.at, stage) || after(view, finding.at, rule.recovers_with)
}

/// Whether what was raised there ended the main thread, as CPython 3.12 to 3.14 says when another thread goes on and wants a new one.
fn ended_the_main_thread(view: &LogView<'_>, at: usize) -> bool {
    let outermost = |raised: &Raised| raised.frames.first().is_some_and(|frame| frame.function == "<module>");
    view.raised_at(at).is_some_and(outermost) && after(view, at, SHUT_DOWN)
}

/// Whether a line from `at` on has one of the words.
fn after(view: &LogView<'_>, at: usize, words: &[&str]) -> bool {
    !words.is_empty()
        && view.lines[at.min(view.lines.len())..].iter().any(|line| words.iter().any(|word| line.text.contains(word)))
}
