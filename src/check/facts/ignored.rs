//! What ignore files keep out of a deploy.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::project::{Project, Source};

pub(in crate::check) const FILES: [&str; 3] = [".dockerignore", ".gitignore", ".railwayignore"];

/// The rule that ignores a file, and its place.
pub(in crate::check) fn ignoring(app: &Project, name: &str, rules: &Gitignore, file: &str) -> Option<(Source, String)> {
    let matched = rules.matched_path_or_any_parents(file, false);
    let rule = matched.inner().filter(|_| matched.is_ignore())?.original().to_owned();
    let text = app.read_text(name).unwrap_or_default();
    let line = text.lines().position(|line| line.trim() == rule).map(|line| line + 1);
    Some((app.line(name, line), rule))
}

pub(in crate::check) fn rules(project: &Project, name: &str) -> Option<Gitignore> {
    let text = project.has_file(name).then(|| project.read_text(name).ok())??;
    if crate::fs::pattern_fault(&text).is_some() {
        return None;
    }
    let mut builder = GitignoreBuilder::new("");
    for line in text.lines() {
        // .dockerignore means the root where git means any folder; for files of the root both are alike.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

/// Whether the project's own .gitignore ignores something in its root.
pub(in crate::check) fn by_git(project: &Project, name: &str, is_folder: bool) -> bool {
    let ignores = |rules: Gitignore| rules.matched_path_or_any_parents(Path::new(name), is_folder).is_ignore();
    // A new environment has a .gitignore of its own, for everything in it.
    let own = is_folder && project.has_file(Path::new(name).join(".gitignore"));
    own || rules(project, ".gitignore").is_some_and(ignores)
}

/// The rule that keeps a file out of a deploy, and its place.
pub(crate) fn hiding(project: &Project, file: &str) -> Option<(Source, String)> {
    FILES.iter().find_map(|name| ignoring(project, name, &rules(project, name)?, file))
}
