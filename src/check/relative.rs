//! Files that run as scripts and import as parts of a package.

use std::path::Path;

use super::facts::Facts;
use super::facts::command::{invocations, is_python};
use super::facts::reach::is_certain;
use super::facts::start::Start;
use super::finding::{Check, Findings, error};

pub(crate) const RELATIVE: Check = error(
    "relative-import-error",
    "`from . import x` works inside a package only. A file that is started directly, or imported as a top-level module, has none.",
);

pub(super) const CHECKS: &[Check] = &[RELATIVE];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for script in facts.reached().iter().filter(|module| module.is_script && module.importer.is_none()) {
        let is_relative = |text: &str| text.starts_with("from .") && text.contains(" import ");
        let mut statements = script.code.statements.iter();
        let Some(statement) = statements.find(|found| is_relative(&found.text) && is_certain(&script.code, found))
        else {
            continue;
        };
        let finding = RELATIVE
            .found(format!(
                "{} is started as a script, where `{}` has no package to look in",
                script.path.display(),
                statement.text
            ))
            .about(script.path.display().to_string())
            .at(facts.app.line(&script.path, Some(statement.line)), &statement.text);
        let is_one_up = statement.text.starts_with("from ..");
        let folder = script.path.parent().filter(|folder| !folder.as_os_str().is_empty() && !is_one_up);
        let starts = Start::all(facts);
        let started = starts.iter().find_map(|start| Some((start, invoked(start, &script.path)?)));
        findings.push(match (started, folder) {
            (Some((start, by)), Some(_)) if by.is_dotted() => finding
                .help("start it as a module, or import absolutely")
                .fix(format!("start it with `python -m {}`", by.module), start.replaced_with(facts, &by.as_module())),
            _ => finding.help("import absolutely (`from x import y`), or move it into a package and start it with `python -m package.module`"),
        });
    }
}

/// A file that the start command has Python run by its path, in the root.
pub(super) struct Invoked<'c> {
    command: &'c str,
    program: &'c str,
    path: &'c str,
    /// The name by which `python -m` would run it.
    pub(super) module: String,
}

pub(super) fn invoked<'c>(start: &Start<'c>, script: &Path) -> Option<Invoked<'c>> {
    let command = start.command;
    let all = invocations(command);
    let mut plain = all.iter().filter(|found| is_python(found.program) && !found.is_module && found.folder.is_empty());
    let by_path = |named: &&str| Path::new(named.trim_start_matches("/app/").trim_start_matches("./")) == script;
    let (program, path) = plain.find_map(|found| Some((found.path, found.arguments.iter().copied().find(by_path)?)))?;
    let module = script.with_extension("").display().to_string().replace('/', ".");
    Some(Invoked { command, program, path, module })
}

impl Invoked<'_> {
    /// The command that runs it as a module.
    pub(super) fn as_module(&self) -> String {
        self.command.replacen(self.path, &format!("-m {}", self.module), 1)
    }

    /// The command with a variable of its own.
    pub(super) fn with_variable(&self, assignment: &str) -> String {
        self.command.replacen(self.program, &format!("{assignment} {}", self.program), 1)
    }

    /// Whether Python takes its name for a module's.
    pub(super) fn is_dotted(&self) -> bool {
        let is_name = |part: &str| {
            part.chars().all(|c| c.is_alphanumeric() || c == '_') && !part.starts_with(|c: char| c.is_ascii_digit())
        };
        self.module.split('.').all(|part| !part.is_empty() && is_name(part))
    }
}
