//! Scripts of a folder that import from the project's root, where Python does not look for them.

use std::path::Path;

use super::facts::Facts;
use super::facts::reach::{Module, imports, is_certain};
use super::facts::start::Start;
use super::finding::Findings;
use super::relative::invoked;
use super::spelling::MODULE;
use crate::catalog::modules::{distribution, is_standard};
use crate::finding::Severity;

/// `python src/main.py` looks in `src` and not in the folder that the command starts in. Source: docs.python.org, "The initialization of the
/// sys.path module search path".
pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let starts = Start::all(facts);
    if is_path_known(facts, &starts) {
        return;
    }
    for script in facts.reached().iter().filter(|module| module.is_script && module.importer.is_none()) {
        let folder = script.base();
        if folder.as_os_str().is_empty() {
            continue;
        }
        let found = facts.reached().iter().filter(|module| module.base() == folder).find_map(|module| {
            let (statement, top) = of_root(facts, module)?;
            Some((module, statement, top))
        });
        let Some((module, statement, top)) = found else { continue };
        let finding = MODULE
            .found(format!(
                "`{top}` lies in the project's root, and {} is started by its path: Python looks in {}",
                script.path.display(),
                folder.display()
            ))
            .about(top)
            .at(facts.app.line(&module.path, Some(statement.0)), &statement.1);
        let looks_beside = facts.reached().iter().any(|module| {
            module.importer.as_ref().is_some_and(|(by, _)| *by == script.path) && module.path.starts_with(folder)
        });
        let finding = match starts.iter().find_map(|start| Some((start, invoked(start, &script.path)?))) {
            Some((start, by)) if !looks_beside && by.is_dotted() => finding
                .fix(format!("start it with `python -m {}`", by.module), start.replaced_with(facts, &by.as_module())),
            // As a module it would not find what lies beside it.
            Some((start, by)) => {
                let better = by.with_variable("PYTHONPATH=.");
                finding.fix("set PYTHONPATH to the root in the start command", start.replaced_with(facts, &better))
            }
            None => finding,
        };
        let is_sure = module.is_certain && statement.2;
        let finding = if is_sure { finding } else { finding.severity(Severity::Warning) };
        findings.push(finding.help("start it as a module (`python -m package.module`), or set PYTHONPATH to the root"));
    }
}

/// The first import of a module that only the root has: its line, its text, whether it is surely done, and the name.
fn of_root<'m>(facts: &Facts<'_>, module: &'m Module) -> Option<((usize, String, bool), &'m str)> {
    if looks_by_itself(module) {
        return None;
    }
    let has = |base: &Path, top: &str| {
        facts.app.has_file(base.join(top).with_extension("py")) || facts.app.has_folder(base.join(top))
    };
    module.code.statements.iter().filter(|statement| !module.code.is_typing(statement)).find_map(|statement| {
        let found = imports(&statement.text);
        let tops = found.iter().map(|import| import.module.split('.').next().unwrap_or_default());
        let is_of_root = |top: &&str| {
            !top.is_empty()
                && !is_standard(top)
                && distribution(top).is_none()
                && !has(module.base(), top)
                && has(Path::new(""), top)
        };
        let top = tops.into_iter().find(is_of_root)?;
        Some(((statement.line, statement.text.clone(), is_certain(&module.code, statement)), top))
    })
}

/// Whether something says where else modules are looked for.
pub(super) fn is_path_known(facts: &Facts<'_>, starts: &[Start<'_>]) -> bool {
    let is_set =
        facts.variable("PYTHONPATH").is_some() || starts.iter().any(|start| start.command.contains("PYTHONPATH="));
    is_set || installs_itself(facts)
}

/// Whether a module changes the path, and so knows where it looks.
pub(super) fn looks_by_itself(module: &Module) -> bool {
    module.text.contains("sys.path") || module.text.contains("addsitedir")
}

/// Whether the project itself is installed, which makes its packages known everywhere, or a command of the build may make them known.
fn installs_itself(facts: &Facts<'_>) -> bool {
    let is_own = |line: &str| line.trim() == "." || line.trim().starts_with("-e .") || line.trim().starts_with("./");
    let lists = &facts.requirements().files;
    let of_lists = lists.iter().any(|(path, _)| facts.app.read_text(path).is_ok_and(|text| text.lines().any(is_own)));
    let is_packaged = facts.app.read_text("pyproject.toml").is_ok_and(|text| text.contains("[build-system]"));
    let by_manager = is_packaged && !matches!(facts.manager(), Some("requirements" | "pipenv" | "skip"));
    of_lists || by_manager || facts.builds() || facts.install_choices().any(|choice| choice.value.contains("install ."))
}
