//! What ignore files keep out of a deploy.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::builder::railpack::CONFIG_FILE;
use crate::fs::DockerIgnore;
use crate::project::hujson::{self, Node, Value};
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

/// The pattern of railpack.json that keeps a file out of Railpack's build, and its place.
pub(crate) fn excluding(project: &Project, file: &str) -> Option<(Source, String)> {
    let document = hujson::parse(&project.read(CONFIG_FILE).ok()?).ok()?;
    let Value::Map(members) = document.root.value else { return None };
    let (_, exclude) = members.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("exclude"))?;
    let Value::List(items) = exclude.value else { return None };
    let text = |node: &Node| match &node.value {
        Value::Text(text) => Some((text.clone(), node.line)),
        _ => None,
    };
    let patterns: Vec<(String, usize)> = items.iter().filter_map(text).collect();
    let excludes = |lines: &[&str]| DockerIgnore::parse(&lines.join("\n")).excludes(Path::new(file), false);
    let all: Vec<&str> = patterns.iter().map(|(pattern, _)| pattern.as_str()).collect();
    if !excludes(&all) {
        return None;
    }
    let (pattern, line) = patterns.iter().find(|(pattern, _)| excludes(&[pattern]))?;
    Some((project.line(CONFIG_FILE, Some(*line)), pattern.clone()))
}

/// The rule that keeps a file out of a deploy, and its place.
pub(crate) fn hiding(project: &Project, file: &str) -> Option<(Source, String)> {
    FILES.iter().find_map(|name| ignoring(project, name, &rules(project, name)?, file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::folder;

    #[test]
    fn a_pattern_of_railpack_json_keeps_a_file_out_unless_a_later_one_excepts_it() {
        let told = |exclude: &str| {
            let dir = folder(&[("railpack.json", &format!("{{\n // kept out\n \"exclude\": {exclude},\n}}\n"))]);
            let found = excluding(&Project::open(dir.path()).unwrap(), "data/words.txt");
            found.map(|(source, pattern)| format!("{source} {pattern}"))
        };
        assert_eq!(told("[\"*.md\", \"data\"]").as_deref(), Some("railpack.json:3 data"));
        assert_eq!(told("[\"data\", \"!data/words.txt\"]"), None);
        assert_eq!(told("\"data\""), None);
    }
}
