//! GitHub's workflow commands: annotations on the lines they concern.

use std::fmt::Write;
use std::path::Path;

use super::{Report, repository, words};
use crate::finding::{Diagnosis, Severity};
use crate::project::Source;

pub(super) fn render(report: &Report) -> String {
    let mut out: String = report.diagnoses().iter().map(|diagnosis| annotation(&report.project, diagnosis)).collect();
    if let Some(rehearsal) = report.rehearsal() {
        let verdict = words::verdict(rehearsal.verdict());
        let phase = rehearsal.outcome.failing_phase().map(|phase| format!(" at {phase}")).unwrap_or_default();
        let level = if verdict == "fails" { "error" } else { "notice" };
        let _ = writeln!(out, "::{level} title=shakedown::{verdict}{phase}");
    }
    out
}

fn annotation(project: &Path, diagnosis: &Diagnosis) -> String {
    let level = match diagnosis.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    let in_file = |source: &Source| match source {
        Source::File { path, line } if !project.join(path).is_dir() => Some((path.clone(), *line)),
        _ => None,
    };
    if let Some((path, line)) = diagnosis.evidence.iter().find_map(|evidence| in_file(&evidence.source)) {
        properties.push(format!("file={}", property(&repository::place(project, &path).to_string_lossy())));
        properties.extend(line.map(|line| format!("line={line}")));
    }
    properties.push(format!("title={}", property(diagnosis.rule)));
    let cures = diagnosis.fixes.iter().map(|fix| format!("fix: {}", fix.summary)).chain(diagnosis.help.clone());
    let text = cures.fold(diagnosis.message.clone(), |text, cure| format!("{text}\n{cure}"));
    format!("::{level} {}::{}\n", properties.join(","), data(&text))
}

/// Escapes the text of a command; a raw line end would begin another command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Certainty, Evidence};

    #[test]
    fn an_annotation_stands_on_its_line_and_cannot_forge_another() {
        let diagnosis = Diagnosis {
            rule: "missing-python-module",
            severity: Severity::Error,
            message: "100% wrong\n::error::forged".into(),
            subject: None,
            evidence: vec![Evidence { source: Source::line("a,b.txt", 3), text: String::new() }],
            certainty: Certainty::Certain,
            help: None,
            fixes: Vec::new(),
        };
        let line = "::error file=a%2Cb.txt,line=3,title=missing-python-module::100%25 wrong%0A::error::forged\n";
        assert_eq!(annotation(Path::new("/nowhere"), &diagnosis), line);
    }
}
