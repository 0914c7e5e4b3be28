//! SARIF 2.1.0, for code scanning.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, MultiformatMessageString, PhysicalLocation, Region, ReportingDescriptor,
    Result as Finding, ResultLevel, Run, Sarif, Tool, ToolComponent,
};

use super::Report;
use crate::diagnose::{Diagnosis, Severity, check, explain};
use crate::project::Source;
use crate::run::Verdict;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(report: &Report) -> Result<String> {
    let rules: BTreeSet<&str> = report.diagnoses().iter().map(|diagnosis| diagnosis.rule).collect();
    let driver = ToolComponent::builder()
        .name(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .rules(rules.into_iter().map(descriptor).collect::<Vec<_>>())
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .results(report.diagnoses().iter().map(finding).chain(unexplained(report)).collect::<Vec<_>>())
        .build();
    let document = Sarif::builder().schema(SCHEMA).version(serde_json::json!("2.1.0")).runs(vec![run]).build();
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn descriptor(rule: &str) -> ReportingDescriptor {
    let by_check = || check::explain(rule).map(|check| check.about);
    let about = explain(rule).map(|rule| rule.about).or_else(by_check).unwrap_or(rule);
    let text = MultiformatMessageString::builder().text(about).build();
    ReportingDescriptor::builder().id(rule).short_description(text).build()
}

fn finding(diagnosis: &Diagnosis) -> Finding {
    let level = match diagnosis.severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Note => ResultLevel::Note,
    };
    let cures = diagnosis.fixes.iter().map(|fix| fix.summary.as_str()).chain(diagnosis.advice.as_deref());
    let text = cures.fold(diagnosis.message.clone(), |text, cure| format!("{text}\n{cure}"));
    Finding::builder()
        .rule_id(diagnosis.rule)
        .level(level)
        .message(Message::builder().text(text).build())
        .locations(diagnosis.evidence.iter().filter_map(|evidence| location(&evidence.source)).collect::<Vec<_>>())
        .build()
}

/// A deploy that fails for no known cause must not look clean.
fn unexplained(report: &Report) -> Option<Finding> {
    let rehearsal = report.rehearsal().filter(|rehearsal| rehearsal.verdict() == Verdict::Fails)?;
    let phase = rehearsal.outcome.failing_phase().unwrap_or("start");
    let text = format!("the deploy fails at {phase}, for no known cause");
    report.diagnoses().is_empty().then(|| {
        let message = Message::builder().text(text).build();
        Finding::builder().rule_id("deploy-fails").level(ResultLevel::Error).message(message).build()
    })
}

/// Places outside the project (log lines, variables) have no location that a code host could show.
fn location(source: &Source) -> Option<Location> {
    let Source::File { path, line } = source else { return None };
    let artifact = ArtifactLocation::builder().uri(path.to_string_lossy()).build();
    let region = Region::builder().start_line(i64::try_from(line.unwrap_or(1)).unwrap_or(i64::MAX)).build();
    let physical = PhysicalLocation::builder().artifact_location(artifact).region(region).build();
    Some(Location::builder().physical_location(physical).build())
}
