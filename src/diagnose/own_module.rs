//! A module of the project that lies where Python does not look.

use std::path::{Path, PathBuf};

use super::case::Case;
use super::fixes::variables;
use crate::check::facts::started::home;
use crate::finding::{Diagnosis, Fix};
use crate::project::Project;

/// The diagnosis of a missing module with the folder that has it, if one alone does. A console script's Python looks beside the script, and not in the
/// folder that it is started in, unless the program sees to that: `pserve` and `alembic` do not. A log may be older than what is at the root now.
pub(super) fn amended(case: &Case<'_>, project: &Project, module: &str, diagnosis: &Diagnosis) -> Option<Diagnosis> {
    let top = module.split('.').next().filter(|top| !top.is_empty() && !top.contains('/'))?;
    let is_file = project.module_at(top).is_some();
    // Python names the whole of `a.b` only where `a` is found.
    let is_at_root = case.outcome.is_some() && top == module && is_file;
    let at = match is_at_root {
        true => PathBuf::new(),
        false => home(project, top).filter(|_| !project.root().join(top).exists())?.0,
    };
    let path = Path::new("/app").join(&at).display().to_string();
    let path = path.trim_end_matches('/');
    let (message, help) = match is_at_root {
        true => (
            format!("`{top}` is the project's own, and what is started does not look in the project's folder"),
            format!("set PYTHONPATH={path}, or install the project itself (`.` in requirements.txt)"),
        ),
        false => (
            format!("`{top}` is the project's own, in {}, where Python does not look", at.join(top).display()),
            format!("set PYTHONPATH={path}, or start in that folder (`cd {} && …`)", at.display()),
        ),
    };
    Some(Diagnosis {
        message,
        help: Some(help),
        fixes: fix(case, project, path).into_iter().collect(),
        ..diagnosis.clone()
    })
}

/// Sets the variable, unless the builder's file does already.
fn fix(case: &Case<'_>, project: &Project, path: &str) -> Option<Fix> {
    let is_set = project.read_text(case.builder_kind().config_file()).unwrap_or_default().contains("PYTHONPATH");
    (!is_set).then(|| variables::set(case, format!("let Python look in {path}"), &[("PYTHONPATH", path)]))
}

#[cfg(test)]
mod tests {
    use crate::builder::Builder;
    use crate::builder::railpack::Version;
    use crate::diagnose::{Case, diagnose};
    use crate::finding::{Diagnosis, Edit};
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;
    use crate::run::Outcome;

    fn found(files: &[&str], missing: &str, frame: &str) -> Diagnosis {
        let files: Vec<_> = files.iter().map(|file| (*file, "")).chain([("requirements.txt", "pyramid\n")]).collect();
        let dir = folder(&files);
        let project = Project::open(dir.path()).unwrap();
        let log = format!(
            "Traceback (most recent call last):\n  File \"{frame}\", line 74, in import_string\n    return x\nModuleNotFoundError: No module named '{missing}'\n"
        );
        let (log, outcome) = (Log::from(&*log), Outcome::default());
        diagnose(&Case { project: Some(&project), outcome: Some(&outcome), ..Case::of_log(&log) }).remove(0)
    }

    const LOADER: &str = "/opt/venv/lib/python3.12/site-packages/paste/deploy/util.py";

    #[test]
    fn a_module_of_the_root_is_no_requirement_and_is_not_to_be_committed() {
        for (file, frame) in [("tides.py", LOADER), ("tides/__init__.py", "/app/migrations/env.py")] {
            let found = found(&[file], "tides", frame);
            assert!(found.message.contains("does not look in the project's folder"), "{found:#?}");
            assert_eq!(found.fixes[0].summary, "let Python look in /app");
        }
        // The package is found, and a part of it is not there.
        let part = found(&["tides/__init__.py"], "tides.berths", "/app/main.py");
        assert!(part.help.unwrap().contains("commit"));
    }

    #[test]
    fn one_of_a_folder_is_told_with_the_folder_where_it_is_the_only_one() {
        let inside = found(&["src/tides.py"], "tides", LOADER);
        assert_eq!(inside.fixes[0].summary, "let Python look in /app/src");
        let local = found(&["backend/app/__init__.py"], "app", "/app/backend/app/main.py");
        assert!(local.help.unwrap().starts_with("set PYTHONPATH=/app/backend, or start in that folder"));
        let two = found(&["backend/app/__init__.py", "web/app/__init__.py"], "app", "/app/backend/app/main.py");
        assert!(!two.help.unwrap().contains("PYTHONPATH="));
    }

    #[test]
    fn the_edit_sets_the_variable_where_the_builder_reads_it() {
        let dir = folder(&[("tides.py", ""), ("requirements.txt", "pyramid\n")]);
        let project = Project::open(dir.path()).unwrap();
        let log = format!(
            "Traceback (most recent call last):\n  File \"{LOADER}\", line 74, in import_string\n    return x\nModuleNotFoundError: No module named 'tides'\n"
        );
        let (log, outcome) = (Log::from(&*log), Outcome::default());
        let edit = |builder: Builder| {
            let case = Case { builder: Some(&builder), outcome: Some(&outcome), ..Case::of_log(&log) };
            let found = diagnose(&Case { project: Some(&project), ..case }).remove(0);
            match &found.fixes[0].edits[0] {
                Edit::SetKey { path, key, .. } => format!("{} {}", path.display(), key.join(".")),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(edit(Builder::Nixpacks), "nixpacks.toml variables.PYTHONPATH");
        assert_eq!(edit(Builder::Railpack(Version::NEWEST_KNOWN)), "railpack.json deploy.variables.PYTHONPATH");
    }
}
