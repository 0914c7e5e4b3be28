//! A virtual environment among the project's files.

use std::path::Path;

use super::facts::Facts;
use super::facts::ignored::{by_git, excluding, rules};
use super::finding::{Check, Findings, append_line, warning};

const VENV: Check = warning(
    "committed-venv",
    "A virtual environment is part of the project. It works on the machine that made it only, makes the image large, and Nixpacks searches \
     its files too. Railpack copies the project over what it installed into /app/.venv: a `.venv` of the project's then takes its place.",
);

pub(super) const CHECKS: &[Check] = &[VENV];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    for name in ["venv", ".venv", "env"] {
        let is_there = facts.app.has_file(Path::new(name).join("pyvenv.cfg"));
        // Railpack's `COPY . /app` comes after the install.
        let is_left_out = || {
            let ignores = rules(&facts.app, ".dockerignore");
            ignores.is_some_and(|rules| rules.matched_path_or_any_parents(name, true).is_ignore())
                || excluding(&facts.app, name).is_some()
        };
        let is_over = name == ".venv" && facts.builder().copies_over_the_install() && !is_left_out();
        let may_be_sent = is_over || facts.app.root().join(".git").exists();
        if is_there && may_be_sent && !by_git(&facts.app, name, true) {
            let over =
                if is_over { ", and Railpack copies it over /app/.venv, where it installed the packages" } else { "" };
            let finding = VENV.found(format!("the virtual environment {name} is not ignored by git{over}")).about(name);
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
