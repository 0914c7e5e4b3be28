//! SARIF 2.1.0, in the subset that GitHub's code scanning takes: it refuses a whole file for one result without a location.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use super::{Replay, Report, repository, rule_page};
use crate::builder::BuilderKind;
use crate::diagnose::explain;
use crate::finding::{Diagnosis, Edit, Evidence, Severity};
use crate::project::Source;
use crate::rehearse::Rehearsal;
use crate::run::Verdict;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The rule of a failure that no rule explains.
const UNEXPLAINED: &str = "deploy-fails";
/// Where a deploy is described beside the builder's configuration: the place of what no line of the project causes, the first that is there.
const DESCRIPTIONS: &[&str] = &["Procfile", "requirements.txt", "pyproject.toml", "main.py"];

pub(super) fn render(report: &Report) -> Result<String> {
    let results: Vec<Value> =
        report.diagnoses().iter().map(|diagnosis| finding(report, diagnosis)).chain(unexplained(report)).collect();
    let rules: BTreeSet<&str> = results.iter().filter_map(|result| result["ruleId"].as_str()).collect();
    let driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules.into_iter().map(descriptor).collect::<Vec<_>>(),
    });
    let run = json!({ "tool": { "driver": driver }, "results": results });
    let document = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn descriptor(id: &str) -> Value {
    let explained = explain(id);
    let about = explained.as_ref().map_or("The deploy fails, for a cause that no rule knows.", |known| known.about);
    let what_to_do = explained.as_ref().and_then(|known| known.help.as_deref());
    let help = [Some(about), what_to_do].into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let mut descriptor = json!({
        "id": id,
        "shortDescription": { "text": about },
        "fullDescription": { "text": about },
        "help": { "text": help },
    });
    if let Some(known) = explained {
        descriptor["help"]["markdown"] = rule_page(&known).into();
        descriptor["helpUri"] = address(known.id).into();
    }
    descriptor
}

/// Where the page of a rule is, as this release has it.
fn address(id: &str) -> String {
    format!("{}/blob/v{}/docs/rules/{id}.md", env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"))
}

fn finding(report: &Report, diagnosis: &Diagnosis) -> Value {
    let level = match diagnosis.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let cures = diagnosis.fixes.iter().map(|fix| fix.summary.as_str()).chain(diagnosis.help.as_deref());
    let text = cures.fold(diagnosis.message.clone(), |text, cure| format!("{text}\n{cure}"));
    let mut locations: Vec<Value> =
        diagnosis.evidence.iter().filter_map(|evidence| location(report, &evidence.source)).collect();
    if is_log_alone(report) {
        locations = in_log(report, &diagnosis.evidence).into_iter().collect();
    } else if locations.is_empty() {
        let mut edited = diagnosis.fixes.iter().flat_map(|fix| &fix.edits).map(Edit::path).cloned();
        let edited = edited.find(|path| report.project.join(path).is_file());
        locations.push(at(report, &edited.unwrap_or_else(|| description(report)), None));
    }
    json!({ "ruleId": diagnosis.rule, "level": level, "message": { "text": text }, "locations": locations })
}

/// A deploy that fails for no known cause must not look clean.
fn unexplained(report: &Report) -> Option<Value> {
    let failed = |rehearsal: &&Rehearsal| rehearsal.verdict() == Verdict::Fails;
    let ran = report.rehearsal().filter(failed).map(|rehearsal| rehearsal.outcome.failing_phase());
    let logged = |replay: &&Replay| replay.failure.exit_code.is_some_and(|code| code != 0);
    let read = report.replay().filter(logged).map(|replay| replay.failure.phase.as_deref());
    let phase = ran.or(read)?.unwrap_or("start");
    let text = format!("the deploy fails at {phase}, for no known cause");
    report.diagnoses().is_empty().then(|| {
        let locations = match is_log_alone(report) {
            true => in_log(report, report.telling()),
            false => Some(at(report, &description(report), None)),
        };
        let locations: Vec<Value> = locations.into_iter().collect();
        json!({ "ruleId": UNEXPLAINED, "level": "error", "message": { "text": text }, "locations": locations })
    })
}

/// Whether there is a log and no project.
fn is_log_alone(report: &Report) -> bool {
    report.replay().is_some_and(|replay| replay.here.is_none())
}

/// The place of the first evidence in the log that was given; none where it came by standard input.
fn in_log(report: &Report, evidence: &[Evidence]) -> Option<Value> {
    let log = report.replay()?.log.as_ref()?;
    let line = evidence.iter().find_map(|evidence| match evidence.source {
        Source::Log { line, .. } => Some(line),
        _ => None,
    });
    // A path from the root is a reference to a file only with its scheme.
    let scheme = if log.is_absolute() { "file://" } else { "" };
    Some(place(&format!("{scheme}{}", uri(log)), line))
}

/// Places outside the project (log lines, variables, files of the virtual environment) and folders have no location that a
/// code host could show.
fn location(report: &Report, source: &Source) -> Option<Value> {
    let Source::File { path, line } = source else { return None };
    report.project.join(path).is_file().then(|| at(report, path, *line))
}

/// The first description that is there, in the project's own folder or in one below it. Code hosts refuse a result without
/// a location, so where there is none it is the one that would be written first.
fn description(report: &Report) -> PathBuf {
    let detected = report.rehearsal().and_then(|rehearsal| rehearsal.builder.as_ref());
    let builder = detected.and_then(|detected| detected.builder.kind()).unwrap_or(BuilderKind::Nixpacks);
    let names: Vec<&str> = builder.config_files().iter().chain(DESCRIPTIONS).copied().collect();
    let folders = std::fs::read_dir(&report.project).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut folders: Vec<PathBuf> = folders.map(PathBuf::from).collect();
    folders.sort();
    let places = std::iter::once(PathBuf::new()).chain(folders);
    let mut files = places.flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    files.find(|file| report.project.join(file).is_file()).unwrap_or_else(|| PathBuf::from(builder.config_file()))
}

fn at(report: &Report, path: &Path, line: Option<usize>) -> Value {
    place(&uri(&repository::place(&report.project, path)), line)
}

fn place(uri: &str, line: Option<usize>) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": { "startLine": line.unwrap_or(1) },
        },
    })
}

/// A relative path as a relative URI reference.
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(*byte)),
            byte => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_that_no_reader_takes_for_another() {
        assert_eq!(uri(Path::new("my app/a:b#1%.txt")), "my%20app/a%3Ab%231%25.txt");
        assert_eq!(uri(Path::new("é.py")), "%C3%A9.py");
    }
}
