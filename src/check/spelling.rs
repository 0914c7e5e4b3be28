//! Names that differ from the project's own in upper and lower case alone.

use std::path::{Path, PathBuf};

use super::facts::Facts;
use super::facts::reach::{imports, is_certain};
use super::finding::{Check, Findings, error, replace_line};
use crate::finding::Severity;
use crate::log::pattern::Pattern;
use crate::project::Project;

pub(crate) const MODULE: Check = error(
    "missing-local-module",
    "The module belongs to the project, but it is not in the deployed folder or not on Python's path: not committed, another spelling or case, or \
     started in the wrong folder.",
);
pub(crate) const FILE: Check = error(
    "missing-data-file",
    "The app opens a file that is not in the deployed folder: ignored by git or .dockerignore, left on a laptop, or named relative to another folder \
     or in another case.",
);

pub(super) const CHECKS: &[Check] = &[MODULE, FILE];

/// Entries of a folder that are looked through for another spelling.
const MOST: usize = 1000;

static READ: Pattern = Pattern::new(
    r#"\b(?:open|read_csv|read_json|read_excel|imread|truetype|load_model)\(\s*["'](?:\./)?([\w][\w ./-]*\.\w+)["']"#,
);
static LISTED: Pattern = Pattern::new(r#"\b(?:listdir|scandir|walk|Path)\(\s*["'](?:\./)?([\w][\w ./-]*?)/?["']"#);
/// What makes the file that it opens.
static WRITES: Pattern = Pattern::new(r#"\bopen\([^)]*,\s*(?:mode\s*=\s*)?["'][wax]"#);
static TEMPLATE: Pattern = Pattern::new(
    r#"\b(?:render_template|get_template|TemplateResponse)\((?:\s*request\s*,)?\s*["']([\w][\w ./-]*\.\w+)["']"#,
);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let follows = !facts.builds();
    for module in facts.reached().iter().filter(|_| follows) {
        let is_plain = !module.text.contains("chdir(");
        for statement in &module.code.statements {
            let at = || facts.app.line(&module.path, Some(statement.line));
            let is_certain = module.is_certain && is_certain(&module.code, statement);
            for import in imports(&statement.text) {
                if import.module.starts_with('.') || module.code.is_typing(statement) {
                    continue;
                }
                let path: PathBuf = import.module.split('.').collect();
                let Some(there) = other_module(&facts.app, module.base(), &path) else { continue };
                let right = there
                    .strip_prefix(module.base())
                    .unwrap_or(&there)
                    .with_extension("")
                    .display()
                    .to_string()
                    .replace('/', ".");
                let finding = MODULE
                    .found(format!(
                        "{} is imported, and the project has {}: upper and lower case differ",
                        import.module,
                        there.display()
                    ))
                    .about(import.module)
                    .at(at(), &statement.text)
                    .at(facts.app.file(&there), "");
                let line = module.text.lines().nth(statement.line - 1).unwrap_or_default();
                // What is imported whole goes by the wrong name in every line after it.
                let edits = match statement.text.starts_with("from ") && line.contains(import.module) {
                    true => vec![replace_line(
                        &facts.app.place(&module.path),
                        statement.line,
                        line,
                        line.replacen(import.module, &right, 1),
                    )],
                    false => Vec::new(),
                };
                let finding = if is_certain { finding } else { finding.severity(Severity::Warning) };
                findings.push(
                    finding.help(format!("write {right}, as the file is named")).fix(format!("import {right}"), edits),
                );
            }
            let plain = |folder: &'static str, pattern: &'static Pattern| {
                let named = pattern.captures(&statement.text)?.get(1)?.as_str().to_owned();
                let path = Path::new(folder).join(&named);
                Some((other_spelling(&facts.app, Path::new(""), &path)?, named, folder))
            };
            let listed = || plain("", &LISTED).filter(|_| is_listed(&statement.text));
            let is_read = is_plain && !WRITES.is_match(&statement.text);
            let read = is_read.then(|| plain("", &READ).or_else(listed)).flatten();
            let Some((there, named, folder)) = read.or_else(|| plain("templates", &TEMPLATE)) else { continue };
            let finding = FILE
                .found(format!(
                    "{named} is opened, and the project has {}: upper and lower case differ",
                    there.display()
                ))
                .about(&*named)
                .at(at(), &statement.text)
                .at(facts.app.file(&there), "");
            let finding = if is_certain && folder.is_empty() { finding } else { finding.severity(Severity::Warning) };
            let right = there.strip_prefix(folder).unwrap_or(&there).display().to_string();
            let line = module.text.lines().nth(statement.line - 1).unwrap_or_default();
            let edits = match line.contains(&named) {
                true => vec![replace_line(
                    &facts.app.place(&module.path),
                    statement.line,
                    line,
                    line.replacen(&named, &right, 1),
                )],
                false => Vec::new(),
            };
            findings.push(finding.fix(format!("open {right}"), edits));
        }
    }
}

/// Whether a folder is gone through, rather than only named.
fn is_listed(text: &str) -> bool {
    ["listdir(", "scandir(", "walk(", ".glob(", ".rglob(", ".iterdir("].iter().any(|call| text.contains(call))
}

/// The project's module that a dotted name misses by case alone.
fn other_module(app: &Project, base: &Path, path: &Path) -> Option<PathBuf> {
    let first = path.iter().next()?;
    // A name that is there, or that nothing resembles, is another affair; the standard library's comes before.
    let is_there = |name: &Path| app.has_file(base.join(name).with_extension("py")) || app.has_folder(base.join(name));
    let standard = first.to_str().is_some_and(crate::catalog::modules::is_standard);
    if standard && !is_there(Path::new(first)) || is_there(path) {
        return None;
    }
    [path.with_extension("py"), path.join("__init__.py"), path.to_owned()]
        .iter()
        .find_map(|path| other_spelling(app, base, path))
        .map(
            |found| {
                if found.ends_with("__init__.py") { found.parent().map(Path::to_owned).unwrap_or(found) } else { found }
            },
        )
}

/// A path that is there in another case, and not as it is written.
fn other_spelling(app: &Project, base: &Path, path: &Path) -> Option<PathBuf> {
    if app.root().join(base).join(path).exists() || path.components().any(|part| part.as_os_str() == "..") {
        return None;
    }
    let mut place = base.to_owned();
    for part in path {
        let exact = place.join(part);
        if app.root().join(&exact).exists() {
            place = exact;
            continue;
        }
        let wanted = part.to_str()?.to_lowercase();
        let entries = std::fs::read_dir(app.root().join(&place)).ok()?.flatten().take(MOST);
        let mut alike: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.to_lowercase() == wanted)
            .collect();
        alike.sort();
        place.push(alike.first()?);
    }
    Some(place)
}
