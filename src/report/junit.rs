//! JUnit XML: a suite, with a case per phase of a run or per finding of a check.

use anyhow::Result;
use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Paint, Report, human, words};
use crate::finding::Severity;
use crate::rehearse::Rehearsal;
use crate::run::{START, Status};

pub(super) fn render(report: &Report) -> Result<String> {
    let mut suite = TestSuite::new(report.project.to_string_lossy().as_ref());
    match report.rehearsal() {
        Some(rehearsal) => suite.add_test_cases(phases(rehearsal, report)),
        None => suite.add_test_cases(findings(report)),
    };
    let mut document = Document::new("shakedown");
    document.add_test_suite(suite);
    Ok(document.to_string()?)
}

fn phases(rehearsal: &Rehearsal, report: &Report) -> Vec<TestCase> {
    let mut cases = Vec::new();
    for phase in &rehearsal.outcome.phases {
        let status = match phase.status {
            Status::Passed => TestCaseStatus::success(),
            Status::Skipped => TestCaseStatus::skipped(),
            status => failure(words::ending(status), report),
        };
        let mut case = TestCase::new(phase.name.as_str(), status);
        case.set_classname(rehearsal.backend.as_str());
        case.set_time(phase.cmds.iter().map(|cmd| cmd.took).sum());
        cases.push(case);
    }
    let status = match &rehearsal.outcome.smoke {
        Some(smoke) if smoke.result.is_good() => TestCaseStatus::success(),
        Some(smoke) => failure(words::found(&smoke.result), report),
        None => TestCaseStatus::skipped(),
    };
    let mut case = TestCase::new(START, status);
    case.set_classname(rehearsal.backend.as_str());
    case.set_time(rehearsal.outcome.smoke.as_ref().map(|smoke| smoke.took).unwrap_or_default());
    cases.push(case);
    cases
}

fn failure(ending: String, report: &Report) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let primary = report.diagnoses().first();
    status.set_message(primary.map_or(ending, |diagnosis| diagnosis.message.clone()));
    if let Some(diagnosis) = primary {
        status.set_type(diagnosis.rule);
        status.set_description(human::one(diagnosis, &report.project, Paint::PLAIN));
    }
    status
}

fn findings(report: &Report) -> Vec<TestCase> {
    if report.diagnoses().is_empty() {
        return vec![TestCase::new("check", TestCaseStatus::success())];
    }
    let case = |diagnosis: &crate::finding::Diagnosis| {
        let mut status = match diagnosis.severity {
            Severity::Error => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Severity::Warning | Severity::Note => TestCaseStatus::success(),
        };
        if diagnosis.severity == Severity::Error {
            status.set_message(diagnosis.message.as_str());
            status.set_type(diagnosis.rule);
            status.set_description(human::one(diagnosis, &report.project, Paint::PLAIN));
        }
        let place = diagnosis.evidence.first().map(|evidence| evidence.source.to_string()).unwrap_or_default();
        let mut case = TestCase::new(format!("{} {place}", diagnosis.rule).trim_end(), status);
        case.set_classname(words::severity(diagnosis.severity));
        case
    };
    report.diagnoses().iter().map(case).collect()
}
