//! What ignore files keep out of a deploy.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::builder::railpack::CONFIG_FILE;
use crate::fs::DockerIgnore;
use crate::project::hujson::{self, Node, Value};
use crate::project::{Project, Repository, Source};

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

/// Whether git tracks a file, or something in a folder, which .gitignore has no say in then.
pub(in crate::check) fn is_tracked(project: &Project, name: &str) -> bool {
    let index = project.git_index();
    index.is_some_and(|index| index.holds(Path::new(name)) || index.files().any(|file| file.starts_with(name)))
}

/// Whether the project's own .gitignore keeps something in its root out of git.
pub(in crate::check) fn by_git(project: &Project, name: &str, is_folder: bool) -> bool {
    if is_tracked(project, name) {
        return false;
    }
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

/// The rule that keeps a file out of a deploy, and its place. Of .railwayignore and .gitignore, those of the folders on the way count too,
/// and in a repository those above the folder that is deployed.
pub(crate) fn hiding(project: &Project, file: &str) -> Option<(Source, String)> {
    let docker = rules(project, FILES[0]).and_then(|rules| ignoring(project, FILES[0], &rules, file));
    let lists = if is_tracked(project, file) { &[FILES[2]][..] } else { &[FILES[2], FILES[1]] };
    docker.or_else(|| lists.iter().find_map(|name| ruling(project, name, file))?)
}

/// What the nearest ignore file of this name that has a rule for the file says of it: ignored by a rule, or let in. None where no file has one.
fn ruling(project: &Project, name: &str, file: &str) -> Option<Option<(Source, String)>> {
    let outer = project.clone().within(Repository::around(project.root())).repository();
    let inside = outer.as_ref().and_then(|outer| project.root().strip_prefix(outer.root()).ok());
    let above = outer.as_ref().zip(inside).map(|(outer, inside)| (outer, inside, inside.join(file)));
    let within = Path::new(file).ancestors().skip(1).map(|folder| (project, folder, PathBuf::from(file)));
    let above = above
        .iter()
        .flat_map(|(outer, inside, file)| inside.ancestors().skip(1).map(|folder| (*outer, folder, file.clone())));
    within.chain(above).find_map(|(project, folder, file)| {
        let list = folder.join(name);
        let list = list.to_str()?;
        let rules = rules(project, list)?;
        let inner = file.strip_prefix(folder).ok()?.to_str()?;
        if rules.matched_path_or_any_parents(inner, false).is_whitelist() {
            return Some(None);
        }
        ignoring(project, list, &rules, inner).map(Some)
    })
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

    #[test]
    fn every_folder_on_the_way_has_a_say_and_the_nearest_wins() {
        let dir = folder(&[
            (".gitignore", "keys.py\nlocal.py\n"),
            ("api/bot/.gitignore", "!keys.py\n"),
            ("api/.gitignore", "token.py\n"),
            ("api/.railwayignore", "data/\n!token.py\n"),
        ]);
        let told = || {
            let project = Project::open(&dir.path().join("api")).unwrap();
            let files = ["bot/keys.py", "bot/local.py", "bot/token.py", "data/x.py", "bot/main.py"];
            files.map(|file| hiding(&project, file).map(|(source, rule)| format!("{source} {rule}")))
        };
        let data = Some(".railwayignore:1 data/".to_owned());
        assert_eq!(told(), [None, None, None, data.clone(), None]);
        std::fs::create_dir(dir.path().join(".git")).unwrap();
        assert_eq!(told(), [None, Some("../.gitignore:2 local.py".to_owned()), None, data, None]);
    }
}
