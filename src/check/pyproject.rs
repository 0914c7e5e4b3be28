//! A pyproject.toml that nobody can read, or not the tool that installs from it.

use super::facts::Facts;
use super::finding::{Check, Finding, Findings, error};
use crate::builder::BuilderKind;
use crate::project::{InputError, Source};

pub(crate) const INVALID: Check = error(
    "invalid-pyproject",
    "The file is not valid TOML, or a tool misses the section it needs, such as [tool.poetry] or [project].",
);

pub(super) const CHECKS: &[Check] = &[INVALID];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // Railpack's installers read the file whoever they are: uv and PDM by their locks, pip for its own settings.
    let used = match facts.builder() {
        BuilderKind::Nixpacks => matches!(facts.manager(), Some("setuptools" | "poetry" | "pdm" | "uv")),
        BuilderKind::Railpack => facts.manager() != Some("requirements"),
    };
    if facts.is_python() && used && facts.app.has_file("pyproject.toml") && facts.pyproject().is_none() {
        findings.extend(unparsable(facts));
    }
    if facts.manager() == Some("uv") {
        findings.extend(of_poetry_alone(facts));
    }
    let is_pips = |command: &&str| command.split("&&").any(|part| part.trim_end().ends_with("pip install ."));
    if facts.is_python() && facts.commands().iter().any(is_pips) {
        findings.extend(without_backend(facts));
    }
}

/// pip 26 takes setuptools where no backend is named, and setuptools 80 reads nothing of Poetry's: it installs the project without its dependencies.
fn without_backend(facts: &Facts<'_>) -> Option<Finding> {
    let (file, poetry) = (facts.pyproject()?, ["tool", "poetry", "dependencies"]);
    let wants = file.members(&poetry).any(|(name, _)| name != "python");
    let has_setup = || facts.app.has_file("setup.py") || facts.app.has_file("setup.cfg");
    if !wants
        || file.get(&["project"]).is_some()
        || file.get(&["build-system", "build-backend"]).is_some()
        || has_setup()
    {
        return None;
    }
    let finding = INVALID
        .found("pip reads [project], and this pyproject.toml is written for Poetry alone: of its dependencies pip installs none")
        .at(file.source(&poetry), file.line(&poetry));
    Some(finding.help(format!(
        "commit a poetry.lock (`poetry lock`), by which {} takes Poetry, or name the dependencies in requirements.txt",
        facts.builder()
    )))
}

/// uv 0.4.30 refuses the file; uv 0.13.9 makes a lock of it that holds no package, and installs none.
fn of_poetry_alone(facts: &Facts<'_>) -> Option<Finding> {
    let (file, poetry) = (facts.pyproject()?, ["tool", "poetry"]);
    if file.get(&["project"]).is_some() || file.get(&poetry).is_none() {
        return None;
    }
    let finding = INVALID
        .found("uv reads [project], and this pyproject.toml is written for Poetry alone")
        .at(file.source(&poetry), file.line(&poetry));
    Some(finding.help(format!(
        "take uv.lock away and commit a poetry.lock, by which {} takes Poetry, or say in [project] what [tool.poetry] says, and lock again",
        facts.builder()
    )))
}

fn unparsable(facts: &Facts<'_>) -> Option<Finding> {
    let text = match facts.app.read_text("pyproject.toml") {
        Ok(text) => text,
        Err(InputError { what, line, .. }) => {
            return Some(
                INVALID
                    .found(format!("pyproject.toml cannot be read: {what}"))
                    .at(facts.app.line("pyproject.toml", line), ""),
            );
        }
    };
    let fault = toml_edit::Document::parse(text.as_str()).err()?;
    let line = fault.span().map(|span| crate::project::line_at(&text, span.start));
    let shown = line.and_then(|line| text.lines().nth(line.saturating_sub(1))).unwrap_or_default();
    let what = fault.message().lines().next().unwrap_or_default();
    let source: Source = facts.app.line("pyproject.toml", line);
    Some(INVALID.found(format!("pyproject.toml does not parse: {what}")).at(source, shown))
}
