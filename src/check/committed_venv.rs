//! A virtual environment among the project's files.

use std::path::Path;

use super::facts::Facts;
use super::facts::ignored::by_git;
use super::finding::{Check, Findings, append_line, warning};

const VENV: Check = warning(
    "committed-venv",
    "A virtual environment is part of the project. It works on the machine that made it only, makes the image large, and Nixpacks searches \
     its files too.",
);

pub(super) const CHECKS: &[Check] = &[VENV];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    for name in ["venv", ".venv", "env"] {
        let is_there = facts.app.has_file(Path::new(name).join("pyvenv.cfg"));
        let tracked = facts.app.root().join(".git").exists() && !by_git(&facts.app, name, true);
        if is_there && tracked {
            let finding = VENV.found(format!("the virtual environment {name} is not ignored by git")).about(name);
            let edit = append_line(facts.app.place(".gitignore"), format!("{name}/"));
            findings.push(
                finding
                    .at(facts.app.file(name), "")
                    .help(format!("git rm -r --cached {name}"))
                    .fix("ignore it", vec![edit]),
            );
        }
    }
}
