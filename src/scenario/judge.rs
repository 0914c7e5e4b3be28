//! Whether a run is what the scenario expects: first what its file says by hand, then the whole report, word by word.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use similar::TextDiff;

use super::discover::{NO_RULE, Scenario};
use super::format::{Expect, ExpectedVerdict};

/// The most bytes of an accepted report.
const MOST_BYTES: u64 = 64 << 20;

/// What the run came to, as the judge needs it.
#[derive(Debug, Clone)]
pub(super) struct Actual {
    /// `works`, `fails`, `cannot-tell` or `unreadable`.
    pub(super) verdict: &'static str,
    /// The phase that failed.
    pub(super) phase: Option<String>,
    /// The exit code of the command that failed.
    pub(super) exit: Option<i32>,
    /// The rule and the subject of the primary diagnosis.
    pub(super) rule: Option<(String, Option<String>)>,
    /// Why nothing was run.
    pub(super) error: Option<String>,
    /// The backend that ran it.
    pub(super) backend: String,
    /// The whole report, normalised.
    pub(super) report: Value,
}

/// The judge's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// As expected.
    Passed,
    /// It expects a failure, and the deploy works.
    Fixed(String),
    /// It is not as expected.
    Failed {
        /// A sentence each.
        reasons: Vec<String>,
        /// The report against the accepted one.
        diff: Option<String>,
    },
}

/// Compares; with `accept`, writes down the report where the file's own expectations hold.
pub(super) fn judge(scenario: &Scenario, actual: &Actual, accept: bool) -> Result<Judgement> {
    if scenario.project.is_some() {
        return Ok(judge_project(actual));
    }
    let expect = &scenario.definition.expect;
    if actual.verdict == "works" && matches!(expect.verdict, ExpectedVerdict::Fails) {
        let what = expect.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
        return Ok(Judgement::Fixed(format!("expected to fail{what}, and the deploy works")));
    }
    let reasons = differences(expect, actual);
    if !reasons.is_empty() {
        return Ok(Judgement::Failed { reasons, diff: None });
    }
    let file = scenario.expected_file(&actual.backend);
    let new = pretty(&actual.report)?;
    if accept {
        write(scenario, &file, &actual.backend, &new)?;
        return Ok(Judgement::Passed);
    }
    let old = match crate::fs::read_text(&file, MOST_BYTES) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let reasons = vec![format!("there is no accepted report yet ({})", file.display())];
            return Ok(Judgement::Failed { reasons, diff: None });
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    if old == new {
        return Ok(Judgement::Passed);
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let diff = TextDiff::from_lines(&old, &new).unified_diff().header(&name, "this run").to_string();
    Ok(Judgement::Failed { reasons: vec![format!("the report differs from {}", file.display())], diff: Some(diff) })
}

/// A project must work; no accepted report is kept of it.
fn judge_project(actual: &Actual) -> Judgement {
    if actual.verdict == "works" {
        return Judgement::Passed;
    }
    let place = actual.phase.as_ref().map(|phase| format!(" at {phase}")).unwrap_or_default();
    let mut reasons = vec![format!("it must work: {}{place}", actual.verdict)];
    let cause = actual
        .rule
        .as_ref()
        .and_then(|(rule, _)| Some(format!("{rule}: {}", actual.report["diagnoses"][0]["message"].as_str()?)));
    reasons
        .extend(cause.or_else(|| actual.report["reason"].as_str().map(str::to_owned)).or_else(|| actual.error.clone()));
    Judgement::Failed { reasons, diff: None }
}

fn differences(expect: &Expect, actual: &Actual) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut compare = |what: &str, wanted: Option<String>, got: Option<String>| {
        if let Some(wanted) = wanted.filter(|wanted| Some(wanted) != got.as_ref()) {
            reasons.push(format!("{what}: expected {wanted}, got {}", got.as_deref().unwrap_or("none")));
        }
    };
    let (rule, subject) = actual.rule.clone().map_or((None, None), |(rule, subject)| (Some(rule), subject));
    compare("verdict", Some(expect.verdict.name().into()), Some(actual.verdict.into()));
    compare("failing phase", expect.phase.clone(), actual.phase.clone());
    compare("exit code", expect.exit.map(|code| code.to_string()), actual.exit.map(|code| code.to_string()));
    compare("rule", expect.rule.clone(), Some(rule.unwrap_or_else(|| NO_RULE.into())));
    compare("subject", expect.subject.clone(), subject);
    if let Some(part) = &expect.message {
        let error = actual.error.as_deref().unwrap_or_default();
        if !error.contains(part.as_str()) {
            reasons.push(format!("message: expected one with `{part}`, got `{error}`"));
        }
    }
    reasons
}

/// A backend that sees things differently gets a file of its own; the first one writes the common file.
fn write(scenario: &Scenario, file: &Path, backend: &str, new: &str) -> Result<()> {
    let common = crate::fs::read_text(file, MOST_BYTES).ok();
    let place = match common {
        Some(common) if common == new => return Ok(()),
        Some(_) if !matches!(backend, "host" | "none") => scenario.dir.join(format!("expected.{backend}.json")),
        _ => file.to_owned(),
    };
    fs::write(&place, new).with_context(|| format!("cannot write {}", place.display()))
}

fn pretty(report: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::super::format::Definition;
    use super::*;
    use serde_json::json;

    fn scenario(dir: &Path, expect: &str) -> Scenario {
        let definition = Definition::parse(&format!("about = \"\"\n[expect]\n{expect}")).unwrap();
        Scenario { name: "x".into(), dir: dir.to_owned(), definition, project: None }
    }

    fn actual(verdict: &'static str) -> Actual {
        Actual {
            verdict,
            phase: (verdict == "fails").then(|| "install".into()),
            exit: (verdict == "fails").then_some(1),
            rule: (verdict == "fails").then(|| ("pip-not-actual".into(), None)),
            error: None,
            backend: "host".into(),
            report: json!({ "verdict": verdict }),
        }
    }

    const FAILS: &str = "verdict = \"fails\"\nphase = \"install\"\nrule = \"pip-not-actual\"\n";

    #[test]
    fn accepting_writes_the_report_that_then_passes() {
        let dir = tempfile::tempdir().unwrap();
        let scenario = scenario(dir.path(), FAILS);
        let judged = judge(&scenario, &actual("fails"), false).unwrap();
        assert!(matches!(judged, Judgement::Failed { reasons, .. } if reasons[0].contains("no accepted report")));
        assert_eq!(judge(&scenario, &actual("fails"), true).unwrap(), Judgement::Passed);
        assert_eq!(judge(&scenario, &actual("fails"), false).unwrap(), Judgement::Passed);
    }

    #[test]
    fn another_report_fails_with_a_diff() {
        let dir = tempfile::tempdir().unwrap();
        let scenario = scenario(dir.path(), FAILS);
        judge(&scenario, &actual("fails"), true).unwrap();
        let other = Actual { report: json!({ "verdict": "fails", "more": 1 }), ..actual("fails") };
        let Judgement::Failed { diff: Some(diff), .. } = judge(&scenario, &other, false).unwrap() else { panic!() };
        assert!(diff.contains("+  \"more\": 1"), "{diff}");
    }

    #[test]
    fn expectations_by_hand_are_never_accepted_away() {
        let dir = tempfile::tempdir().unwrap();
        let scenario = scenario(dir.path(), "verdict = \"fails\"\nexit = 2\nrule = \"none\"\n");
        let Judgement::Failed { reasons, .. } = judge(&scenario, &actual("fails"), true).unwrap() else { panic!() };
        assert_eq!(reasons, ["exit code: expected 2, got 1", "rule: expected none, got pip-not-actual"]);
        assert!(!dir.path().join("expected.json").exists());
    }

    #[test]
    fn a_failure_that_is_gone_is_fixed_and_not_passed() {
        let dir = tempfile::tempdir().unwrap();
        let judged = judge(&scenario(dir.path(), FAILS), &actual("works"), true).unwrap();
        assert!(matches!(judged, Judgement::Fixed(why) if why.contains("pip-not-actual")));
    }

    #[test]
    fn a_backend_that_differs_gets_a_file_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let scenario = scenario(dir.path(), FAILS);
        judge(&scenario, &actual("fails"), true).unwrap();
        let docker = Actual { backend: "docker".into(), report: json!({ "other": true }), ..actual("fails") };
        judge(&scenario, &docker, true).unwrap();
        assert_eq!(judge(&scenario, &docker, false).unwrap(), Judgement::Passed);
        assert_eq!(judge(&scenario, &actual("fails"), false).unwrap(), Judgement::Passed);
    }
}
