//! Results for other programs: JSON and JUnit XML.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use super::partition::{Partition, Whole};
use super::result::{CaseResult, CaseStatus, Summary};

/// The version of the JSON format.
const SCHEMA: u32 = 1;

/// What `shakedown suite --format json` prints.
#[derive(Serialize, JsonSchema)]
struct SuiteReport<'a> {
    /// The version of the format.
    schema: u32,
    /// The release of shakedown that ran it.
    version: &'a str,
    /// The share of the suite that this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<Partition>,
    /// The suite that it is a share of.
    whole: &'a Whole,
    /// Wall time of the whole suite.
    seconds: f64,
    /// Whether the user ended it.
    interrupted: bool,
    /// How many cases ended in each way.
    counts: BTreeMap<&'static str, usize>,
    /// In the order in which they ended.
    results: &'a [CaseResult],
}

/// The same, read again.
#[derive(Debug, Deserialize)]
pub(super) struct Reported {
    pub(super) partition: Option<Partition>,
    pub(super) whole: Whole,
    pub(super) seconds: f64,
    pub(super) interrupted: bool,
    pub(super) results: Vec<CaseResult>,
}

/// The schema of [`json`].
pub fn json_schema() -> Schema {
    schema_for!(SuiteReport<'static>)
}

/// One object: the counts, then every result.
pub fn json(summary: &Summary) -> Result<String> {
    let document = SuiteReport {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        partition: summary.partition,
        whole: &summary.whole,
        seconds: summary.seconds,
        interrupted: summary.interrupted,
        counts: CaseStatus::ALL.iter().map(|status| (status.name(), summary.count(*status))).collect(),
        results: &summary.results,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// A test suite a backend, a test case a scenario.
pub fn junit(summary: &Summary) -> Result<String> {
    let mut report = Report::new("shakedown suite");
    report.set_time(duration(summary.seconds));
    let mut backends: Vec<&str> = summary.results.iter().map(|result| result.case.backend.as_str()).collect();
    backends.sort_unstable();
    backends.dedup();
    for backend in backends {
        let mut suite = TestSuite::new(if backend.is_empty() { "not run" } else { backend });
        suite.add_test_cases(summary.results.iter().filter(|result| result.case.backend == backend).map(case));
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?)
}

fn case(result: &CaseResult) -> TestCase {
    let status = match result.status {
        CaseStatus::Passed => TestCaseStatus::success(),
        CaseStatus::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(result.reasons.join("; "));
            status
        }
        CaseStatus::Failed | CaseStatus::Fixed => unsuccessful(NonSuccessKind::Failure, result),
        CaseStatus::Unreachable | CaseStatus::Broken | CaseStatus::Interrupted => {
            unsuccessful(NonSuccessKind::Error, result)
        }
    };
    let mut case = TestCase::new(result.case.scenario.as_str(), status);
    case.set_classname(result.case.backend.as_str());
    case.set_time(duration(result.seconds));
    case
}

/// A joined report may say anything; what is no time is none.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn unsuccessful(kind: NonSuccessKind, result: &CaseResult) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(result.status.name());
    status.set_message(result.reasons.first().map(String::as_str).unwrap_or_default());
    let diff = result.diff.as_deref().unwrap_or_default();
    status.set_description(format!("{}\n{diff}\n{}", result.reasons.join("\n"), result.log.join("\n")));
    status
}

#[cfg(test)]
mod tests {
    use super::super::result::Case;
    use super::*;

    fn summary() -> Summary {
        let result = |name: &str, status, reason: &str| {
            let case = Case { scenario: name.into(), backend: "host".into() };
            CaseResult { attempts: 1, seconds: 1.5, ..CaseResult::unrun(case, status, reason.into()) }
        };
        let results = vec![
            result("good", CaseStatus::Passed, ""),
            result("odd", CaseStatus::Failed, "rule: expected <a> & got \u{1}b"),
            result("later", CaseStatus::Skipped, "no Python 3.9"),
        ];
        Summary { results, seconds: 4.0, ..Summary::default() }
    }

    #[test]
    fn json_counts_and_lists() {
        let value: serde_json::Value = serde_json::from_str(&json(&summary()).unwrap()).unwrap();
        assert_eq!(value["counts"]["failed"], 1);
        assert_eq!(value["counts"]["fixed"], 0);
        assert_eq!(value["results"][1]["case"]["scenario"], "odd");
        assert_eq!(value["results"][1]["status"], "failed");
    }

    #[test]
    fn junit_has_a_case_a_scenario_and_escapes() {
        let xml = junit(&summary()).unwrap();
        assert!(xml.contains("tests=\"3\" skipped=\"1\"") || xml.contains("tests=\"3\""), "{xml}");
        assert!(xml.contains("expected &lt;a&gt; &amp; got"), "{xml}");
        assert!(!xml.contains('\u{1}'));
        assert!(xml.contains("no Python 3.9"));
    }
}
