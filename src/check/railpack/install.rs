//! What Railpack installs, and from which files.

use crate::builder::OfRailpack;
use crate::builder::railpack::{Command, Step};
use crate::check::Check;
use crate::check::finding::{Findings, error};
use crate::project::Project;

pub(crate) const NOTHING: Check = error(
    "railpack-nothing-installed",
    "Railpack installs from requirements.txt, from a Pipfile, or from pyproject.toml with uv.lock, poetry.lock or pdm.lock. A pyproject.toml \
     alone makes it install nothing, where Nixpacks runs `pip install .`.",
);
pub(crate) const NOT_COPIED: Check = error(
    "railpack-requirement-not-copied",
    "Before it installs, Railpack copies the manifests of the root and no other file, unless requirements.txt names something by file://. \
     A file or folder that requirements.txt leads to is not there yet.",
);

pub(super) const CHECKS: &[Check] = &[NOTHING, NOT_COPIED];

/// Files that stand for an installation.
const MANIFESTS: &[&str] = &["requirements.txt", "Pipfile", "uv.lock", "poetry.lock", "pdm.lock"];
/// Files that are copied before the installation.
const COPIED: &[&str] = &["requirements.txt", "pyproject.toml", "Pipfile", "poetry.lock", "uv.lock", "pdm.lock"];
/// Options of pip that are followed by a file or a folder.
const LEADING: &[&str] = &["-r", "--requirement", "-c", "--constraint", "-e", "--editable"];

pub(super) fn look(project: &Project, answer: &OfRailpack, findings: &mut Findings) {
    let Some(plan) = &answer.planned.plan else { return };
    let install = plan.steps.iter().find(|step| step.name == "install");
    let installs = |step: &Step| step.commands.iter().any(|command| matches!(command, Command::Exec { .. }));
    if !install.is_some_and(installs) {
        nothing(project, findings);
    }
    // A step of the user's own, or one that begins with the whole project, is another matter.
    let is_generated = install.is_some_and(|step| step.inputs.iter().all(|input| !input.local));
    if is_generated && !project.has_file("railpack.json") {
        not_copied(project, findings);
    }
}

fn nothing(project: &Project, findings: &mut Findings) {
    if MANIFESTS.iter().any(|name| project.has_file(name)) {
        return;
    }
    let Ok(text) = project.read_text("pyproject.toml") else { return };
    let wants = text.lines().position(|line| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        key.trim() == "dependencies" && !value.trim().starts_with("[]") || line.trim() == "[tool.poetry.dependencies]"
    });
    let Some(at) = wants else { return };
    let line = text.lines().nth(at).unwrap_or_default();
    findings.push(
        NOTHING
            .found("nothing of pyproject.toml is installed, for want of a lock file")
            .at(project.line("pyproject.toml", Some(at + 1)), line)
            .help("commit the lock of its manager (`uv lock`, `poetry lock`, `pdm lock`), or a requirements.txt"),
    );
}

fn not_copied(project: &Project, findings: &mut Findings) {
    let Ok(text) = project.read_text("requirements.txt") else { return };
    for (at, line) in text.lines().enumerate() {
        let Some(target) = led_to(line) else { continue };
        findings.push(
            NOT_COPIED
                .found(format!("{target} is not there yet when Railpack installs"))
                .about(target)
                .at(project.line("requirements.txt", Some(at + 1)), line)
                .help(format!(
                    "write what {target} lists into requirements.txt itself, or let railpack.json's steps.install copy it first"
                )),
        );
    }
}

/// The file or folder that a line leads to and that is not copied.
fn led_to(line: &str) -> Option<&str> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    let (option, rest) = line.split_once(['=', ' ']).unwrap_or((line, ""));
    let target = match LEADING.contains(&option) {
        true => rest.trim(),
        false => ["-r", "-c", "-e"]
            .iter()
            .find_map(|short| line.strip_prefix(short))
            .filter(|rest| !rest.starts_with('-'))
            .unwrap_or(line),
    };
    let is_option = target.len() < line.len();
    let is_path = target == "." || target.starts_with("./") || target.starts_with("../") || target.starts_with(".[");
    let is_remote = target.contains("://") || target.starts_with("git+");
    let leads = !target.is_empty() && !is_remote && (is_option || is_path);
    (leads && !COPIED.contains(&target.trim_start_matches("./"))).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_lead_to_files_are_told_from_packages_and_options() {
        assert_eq!(led_to("-r reqs/base.txt"), Some("reqs/base.txt"));
        assert_eq!(led_to("--constraint=limits.txt # ours"), Some("limits.txt"));
        assert_eq!(led_to("-rbase.txt"), Some("base.txt"));
        assert_eq!(led_to("-e ."), Some("."));
        assert_eq!(led_to("./libs/harbour"), Some("./libs/harbour"));
        for other in
            ["flask==3.0.0", "", "# -r x", "--index-url https://x", "-e git+https://x/y", "-r requirements.txt"]
        {
            assert_eq!(led_to(other), None, "{other}");
        }
    }
}
