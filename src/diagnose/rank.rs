//! Of all that rules find: what was cured, what is a consequence, and what comes first.

use super::reading::{Reading, Stage};
use super::rule::{HINT, LAST_RESORT, Rule};
use crate::log::traceback::Raised;

/// A rule and the line that shows it.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) rule: &'static Rule,
    pub(crate) subject: Option<String>,
    /// In place of the rule's own message.
    pub(crate) message: Option<String>,
    /// In place of the rule's own cure.
    pub(crate) advice: Option<String>,
    /// Index of the most telling line.
    pub(crate) at: usize,
    /// Further telling lines.
    pub(crate) also: Vec<usize>,
    pub(crate) rank: u8,
}

impl Finding {
    pub(crate) fn new(rule: &'static Rule, at: usize, rank: u8) -> Self {
        Self { rule, subject: None, message: None, advice: None, at, also: Vec::new(), rank }
    }
}

/// Causes only, the primary one first, one of each rule.
pub(crate) fn rank(reading: &Reading<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = findings.into_iter().filter(|finding| !cured(reading, finding)).collect();
    for finding in &mut findings {
        if reading.lines.get(finding.at).and_then(|line| line.lane.as_deref()).is_some_and(is_a_service) {
            finding.rank = finding.rank.min(LAST_RESORT);
        }
    }
    let present: Vec<(&str, u8, usize)> =
        findings.iter().map(|finding| (finding.rule.id, finding.rank, finding.at)).collect();
    findings.retain(|finding| {
        // Of an exception that a cause accounts for, the place where it came out says nothing more.
        let accounted =
            |(id, rank, at): &(&str, u8, usize)| *id != finding.rule.id && *at == finding.at && *rank > finding.rank;
        if finding.rule.id == "code-error" && present.iter().any(accounted) {
            return false;
        }
        !finding.rule.yields_to.iter().any(|cause| {
            present.iter().any(|(id, rank, at)| match *cause {
                "*" => *id != finding.rule.id && *rank >= HINT && *at != finding.at,
                // A guess does not explain away what a program says.
                _ => id == cause && *rank >= finding.rank,
            })
        })
    });
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.rank), finding.at));
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        match kept.iter_mut().find(|known| known.rule.id == finding.rule.id) {
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

/// Whether a service of a composed app is something the app uses rather than the app.
fn is_a_service(lane: &str) -> bool {
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
    lane.split(['-', '_', '.']).any(|part| SERVICES.iter().any(|service| part.starts_with(service)))
}

/// Whether the log shows that the trouble was over: a retry that worked, a warning that stopped nothing.
fn cured(reading: &Reading<'_>, finding: &Finding) -> bool {
    let starts = finding.rule.phases.contains(&"start");
    let stage = match finding.rule.phases {
        // What raises while it runs has been installed and built.
        _ if starts && reading.raised_at(finding.at).is_some_and(Raised::is_running) => Stage::Start,
        ["start"] => Stage::Start,
        ["any"] | [_, ..] if starts || finding.rule.phases == ["any"] => reading.stage_at(finding.at),
        ["build", ..] | ["install", "build"] => Stage::Build,
        _ => Stage::Install,
    };
    let text = reading.text(finding.at);
    let stays = match finding.rule.id {
        "port-in-use" => after(reading, finding.at, &["hutdown complete"]),
        // The platform's own account of it may stand before what the container printed.
        "out-of-memory" => text.contains("OOMKilled"),
        // Nobody starts a development server in a container to be reached from within it.
        "wrong-bind-host" => reading.lines.get(finding.at).is_some_and(|line| line.lane.is_some()),
        _ => false,
    };
    if stays {
        return false;
    }
    reading.goes_on(finding.at, stage)
        || CURED_BY.iter().any(|(id, words)| *id == finding.rule.id && after(reading, finding.at, words))
}

/// Whether a line from `at` on has one of the words.
fn after(reading: &Reading<'_>, at: usize, words: &[&str]) -> bool {
    reading.lines[at..].iter().any(|line| words.iter().any(|word| line.text.contains(word)))
}

/// What shows of one rule's trouble alone that it was over.
const CURED_BY: &[(&str, &[&str])] = &[
    ("port-in-use", &["Listening at:", "Worker failed to boot", "Uvicorn running on", "Application startup complete"]),
    ("healthcheck-failed", &["ealthcheck succeeded", "ealth check passed", "service is live"]),
];
