//! Scripts with the line ends of Windows.

use std::path::Path;

use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::shell_script;
use super::facts::start::Start;
use super::finding::{Check, Findings, append_line, error};
use crate::finding::Edit;

pub(crate) const ENDINGS: Check = error(
    "windows-line-endings",
    "The script's lines end in CR LF, as Windows writes them. To bash and to the kernel the CR belongs to the word before it: `bash` becomes \
     `bash\\r`, and a file `main.py` becomes `main.py\\r`, which nobody has.",
);

pub(super) const CHECKS: &[Check] = &[ENDINGS];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(start) = Start::of(facts).filter(|_| facts.is_python()) else { return };
    for invocation in invocations(start.command) {
        let by_path = Some(invocation.path).filter(|path| path.starts_with("./") && !path.contains(".."));
        let Some(named) = shell_script::named(&invocation).or(by_path) else { continue };
        let path = Path::new(invocation.folder).join(named.trim_start_matches("./"));
        let Ok(text) = crate::fs::read_text(&facts.app.root().join(&path), shell_script::LARGEST) else { continue };
        let Some(line) = text.split('\n').position(|line| line.ends_with('\r')) else { continue };
        let shown = path.display();
        let file = facts.app.place(&path);
        let pattern = path
            .extension()
            .map_or_else(|| path.display().to_string(), |extension| format!("*.{}", extension.to_string_lossy()));
        let edits = vec![
            Edit::WriteFile { path: file, text: text.replace("\r\n", "\n") },
            append_line(facts.app.place(".gitattributes"), format!("{pattern} text eol=lf")),
        ];
        let finding = ENDINGS
            .found(format!("the lines of {shown} end in CR LF, as Windows writes them"))
            .about(shown.to_string())
            .at(facts.app.line(&path, Some(line + 1)), text.split('\n').nth(line).unwrap_or_default())
            .help(format!("write {shown} with the line ends of Linux (LF), and have git keep them: `{pattern} text eol=lf` in .gitattributes"));
        findings.push(finding.fix(format!("give {shown} the line ends of Linux"), edits));
    }
}
