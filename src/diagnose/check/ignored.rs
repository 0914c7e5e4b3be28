//! Files that the plan needs and that ignore files keep out of the deploy.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::finding::{Check, Findings, error};
use super::subject::Subject;
use crate::diagnose::{Edit, Severity};
use crate::project::Project;

const IGNORED: Check = error(
    "needed-file-ignored",
    "An ignore file keeps this file out of the deploy, though the build or the start needs it. .dockerignore counts while the image is \
     built, .gitignore and .railwayignore when the folder is uploaded, and a file ignored by git is not in the repository.",
);

pub(super) const CHECKS: &[Check] = &[IGNORED];

const FILES: [&str; 3] = [".dockerignore", ".gitignore", ".railwayignore"];
const NEEDED: [&str; 12] = [
    "requirements.txt",
    "pyproject.toml",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "main.py",
    "manage.py",
    "nixpacks.toml",
    "Procfile",
    "runtime.txt",
];

pub(super) fn look(subject: &Subject<'_>, findings: &mut Findings) {
    let app = &subject.app;
    let present: Vec<&str> = NEEDED.into_iter().filter(|name| app.has_file(name)).collect();
    let started = super::start::Start::of(subject).and_then(|start| {
        let file = start.command.split_whitespace().find(|word| word.ends_with(".py"))?;
        app.has_file(file).then_some(file)
    });
    for name in FILES {
        let Some(rules) = rules(app, name) else { continue };
        for needed in present.iter().copied().chain(started.filter(|file| !present.contains(file))) {
            let matched = rules.matched_path_or_any_parents(needed, false);
            let Some(rule) = matched.inner().filter(|_| matched.is_ignore()) else { continue };
            // Git goes on tracking what was added before it was ignored.
            let severity = if name == ".gitignore" { Severity::Warning } else { Severity::Error };
            let text = app.read_text(name).unwrap_or_default();
            let line = text.lines().position(|line| line.trim() == rule.original());
            let finding =
                IGNORED.found(format!("{name} keeps {needed} out of the deploy, which needs it")).about(needed);
            let finding = finding
                .severity(severity)
                .at(app.line(name, line.map(|line| line + 1)), rule.original())
                .at(app.file(needed), "");
            let edit = Edit::AppendLine { path: app.place(name), text: format!("!{needed}") };
            findings.push(finding.fix(format!("except {needed} in {name}"), vec![edit]));
        }
    }
}

fn rules(project: &Project, name: &str) -> Option<Gitignore> {
    let text = project.has_file(name).then(|| project.read_text(name).ok())??;
    let mut builder = GitignoreBuilder::new("");
    for line in text.lines() {
        // .dockerignore means the root where git means any folder; for files of the root both are alike.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

/// Whether the project's own .gitignore ignores something in its root.
pub(super) fn by_git(project: &Project, name: &str, is_folder: bool) -> bool {
    let ignores = |rules: Gitignore| rules.matched_path_or_any_parents(Path::new(name), is_folder).is_ignore();
    // A new environment has a .gitignore of its own, for everything in it.
    let own = is_folder && project.has_file(Path::new(name).join(".gitignore"));
    own || rules(project, ".gitignore").is_some_and(ignores)
}
