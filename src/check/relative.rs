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
        let module = script.path.with_extension("").display().to_string().replace('/', ".");
        let starts = Start::all(facts);
        let started = starts.iter().find_map(|start| {
            let all = invocations(start.command);
            let by_path = |named: &&str| Path::new(named.trim_start_matches("./")) == script.path;
            let found =
                all.iter().find(|found| is_python(found.program) && !found.is_module && found.folder.is_empty())?;
            let named = found.arguments.iter().copied().find(|word| by_path(word))?;
            Some((start, start.command.replacen(named, &format!("-m {module}"), 1)))
        });
        findings.push(match (started, folder) {
            (Some((start, better)), Some(_)) if is_dotted(&module) => finding
                .help("start it as a module, or import absolutely")
                .fix(format!("start it with `python -m {module}`"), start.replaced_with(facts, &better)),
            _ => finding.help("import absolutely (`from x import y`), or move it into a package and start it with `python -m package.module`"),
        });
    }
}

fn is_dotted(module: &str) -> bool {
    let is_name = |part: &str| {
        part.chars().all(|c| c.is_alphanumeric() || c == '_') && !part.starts_with(|c: char| c.is_ascii_digit())
    };
    module.split('.').all(|part| !part.is_empty() && is_name(part))
}
