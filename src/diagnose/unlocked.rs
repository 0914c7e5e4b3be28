//! Dependencies that the lock does not have.

use super::table::Rule;
use super::table::managers::{PDM_LOCK_OUTDATED, UV_LOCK_OUTDATED};
use crate::catalog::modules;
use crate::finding::{Diagnosis, Evidence};
use crate::project::Project;
use crate::project::requirements::normalize;

/// A dependency that pyproject.toml names and a lock that is older does not have: `uv sync --frozen` and `pdm install` go by the lock.
pub(super) fn dependency(project: &Project, module: &str, diagnosis: &Diagnosis) -> Option<Diagnosis> {
    const LOCKS: &[(&str, &Rule)] = &[("uv.lock", &UV_LOCK_OUTDATED), ("pdm.lock", &PDM_LOCK_OUTDATED)];
    let install = normalize(&modules::to_install(module));
    let (lock, rule) =
        LOCKS.iter().find(|(lock, _)| !project.has_file("requirements.txt") && project.has_file(lock))?;
    let is_named = |line: &str| {
        let name = line.trim().trim_start_matches(['"', '\'']);
        let end =
            name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(name.len());
        end > 0 && name.len() < line.trim().len() && normalize(&name[..end]) == install
    };
    let declared = project.read_text("pyproject.toml").ok()?;
    let (at, line) = declared.lines().enumerate().find(|(_, line)| line.split(['[', ',']).any(is_named))?;
    let locked = project.read_text(lock).ok()?;
    let is_locked = |line: &str| {
        line.strip_prefix("name = \"").is_some_and(|name| normalize(name.trim_end_matches('"')) == install)
    };
    if locked.lines().any(is_locked) {
        return None;
    }
    let mut evidence = diagnosis.evidence.clone();
    evidence.push(Evidence { source: project.line("pyproject.toml", Some(at + 1)), text: line.trim().to_owned() });
    Some(Diagnosis {
        rule: rule.id,
        message: format!("{lock} does not have {install}, which pyproject.toml names"),
        subject: Some(install),
        help: Some(rule.help.to_owned()),
        fixes: Vec::new(),
        evidence,
        ..diagnosis.clone()
    })
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::log::Log;
    use crate::project::Project;

    #[test]
    fn what_is_declared_and_not_locked_wants_a_new_lock() {
        let found = |locked: &str| {
            let folder = tempfile::tempdir().unwrap();
            let declared = "[project]\nname = \"a\"\ndependencies = [\n    \"flask>=3\",\n    \"PyYAML>=6\",\n]\n";
            std::fs::write(folder.path().join("pyproject.toml"), declared).unwrap();
            std::fs::write(folder.path().join("uv.lock"), format!("[[package]]\nname = \"{locked}\"\n")).unwrap();
            let project = Project::open(folder.path()).unwrap();
            let log = Log::from(
                "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import yaml\nModuleNotFoundError: No module named 'yaml'\n",
            );
            let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0);
            (found.rule, found.help.unwrap())
        };
        assert_eq!(found("flask"), ("uv-lock-outdated", "run `uv lock` and commit uv.lock".to_owned()));
        assert_eq!(found("pyyaml").0, "missing-python-module");
    }
}
