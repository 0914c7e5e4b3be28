//! The variable that holds the key or token which a service refuses.

use std::path::PathBuf;

use super::detect::variables::read_in;
use crate::finding::{Diagnosis, Evidence};
use crate::project::{Project, Source};

/// Words in the names of such variables.
const SECRET: &[&str] = &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "AUTH"];

/// The diagnosis with the variable: the one that the line shown reads, or the only one of the file.
pub(super) fn amended(project: &Project, diagnosis: Diagnosis) -> Diagnosis {
    let shown = diagnosis.evidence.iter().find_map(|evidence| match &evidence.source {
        Source::File { path, line: Some(line), .. } => Some((path.clone(), *line)),
        _ => None,
    });
    let Some((path, at)) = shown else { return diagnosis };
    let mut read = reads(project, &path);
    if let Some(index) = read.iter().position(|(line, ..)| *line == at) {
        read = vec![read.swap_remove(index)];
    }
    let first = read.first().map(|(_, name, _)| name.clone());
    let Some(variable) = first.filter(|first| read.iter().all(|(_, name, _)| name == first)) else { return diagnosis };
    let (line, _, text) = read.swap_remove(0);
    let mut evidence = diagnosis.evidence.clone();
    if line != at {
        evidence.push(Evidence { source: project.line(&path, Some(line)), text });
    }
    Diagnosis {
        help: Some(format!(
            "set {variable} anew among the service's variables, without quotes, blanks and line ends: what it holds is revoked, mistyped, or of another account"
        )),
        subject: Some(variable),
        evidence,
        ..diagnosis
    }
}

/// The lines of a file that read such a variable.
fn reads(project: &Project, path: &PathBuf) -> Vec<(usize, String, String)> {
    let text = project.read_text(path).unwrap_or_default();
    let of_secret = |name: &String| SECRET.iter().any(|word| name.to_uppercase().contains(word));
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let name = read_in(line).filter(of_secret)?;
            Some((index + 1, name, line.trim().to_owned()))
        })
        .collect()
}
