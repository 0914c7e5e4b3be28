//! What a step copies of the project, at the place where BuildKit puts it (`build_graph.go` and `layers.go` of 0.37).

use std::fs;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::super::config::clean;
use crate::fs::DockerIgnore;
use crate::plan::{Action, Command, Files};

/// A command's copy: folders that are wanted are made, and a folder is put into one that is there.
const PLACE: &str =
    r#"case "$2" in */) mkdir -p -- "$2" ;; *) mkdir -p -- "$(dirname -- "$2")" ;; esac && cp -r -- "$1" "$2""#;
/// A layer's copy: of a folder what is in it.
const LAY: &str = r#"if [ -d "$1" ]; then mkdir -p -- "$2" && cp -r -- "$1/." "$2"; else cp -- "$1" "$2"; fi"#;
/// The run has its files in one folder, and what is there for the copy alone is in no step.
const TAKE_AWAY: &str =
    r#" && rm -r -- "$1" && case "$1" in */*) rmdir -p --ignore-fail-on-non-empty -- "$(dirname -- "$1")" ;; esac"#;

/// Why a pattern among the paths of an input brings nothing that is of use.
pub(super) const NAMED_BY_PATTERN: &str =
    "BuildKit gives what a pattern of an input matches the pattern's own letters for a name, which is not done here";

/// What the steps so far have copied of the project.
pub(super) struct Copies<'a> {
    root: &'a Path,
    excluded: DockerIgnore,
    whole: bool,
    named: Vec<PathBuf>,
}

impl<'a> Copies<'a> {
    pub(super) fn new(root: &'a Path, exclude: &[String]) -> Self {
        Self { root, excluded: DockerIgnore::parse(&exclude.join("\n")), whole: false, named: Vec::new() }
    }

    /// Whether all of the project is there.
    pub(super) fn are_whole(&self) -> bool {
        self.whole
    }

    /// What a copy command does. A pattern that nothing matches copies nothing.
    ///
    /// # Errors
    /// The project has no such file: in BuildKit's own words.
    pub(super) fn command(&mut self, src: &str, dest: &str) -> Result<Vec<Action>, String> {
        let from = inside(src);
        if from.is_empty() {
            return Ok(self.all());
        }
        let Some(found) = self.matching(&from) else {
            self.is_there(&from)?;
            return Ok(self.placed(&from, dest, PLACE));
        };
        Ok(found.iter().flat_map(|path| self.placed(path, dest, PLACE)).collect())
    }

    /// What a local input brings: of a path its last name alone, whatever folders it lies in.
    ///
    /// # Errors
    /// The project has no such file: in BuildKit's own words.
    pub(super) fn layer(&mut self, include: &str) -> Result<Vec<Action>, String> {
        let from = inside(include);
        let Some(name) = Path::new(&from).file_name().map(|name| name.to_string_lossy().into_owned()) else {
            return Ok(self.all());
        };
        self.is_there(&from)?;
        Ok(self.placed(&from, &name, LAY))
    }

    fn all(&mut self) -> Vec<Action> {
        self.whole = true;
        vec![Action::Copy(Files::All)]
    }

    fn is_there(&self, path: &str) -> Result<(), String> {
        match self.root.join(path).symlink_metadata() {
            Ok(kind) if !self.excluded.excludes(Path::new(path), kind.is_dir()) => Ok(()),
            _ => Err(format!("failed to compute cache key: failed to calculate checksum: \"/{path}\": not found")),
        }
    }

    fn placed(&mut self, from: &str, dest: &str, script: &str) -> Vec<Action> {
        let copied = Action::Copy(Files::Only(vec![from.to_owned()]));
        let was_there = self.whole || self.named.iter().any(|named| Path::new(from).starts_with(named));
        let to =
            inside(dest.strip_prefix("/app").filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(dest));
        let is_in_app = !dest.starts_with('/') || dest == "/app" || dest.starts_with("/app/");
        let stays = is_in_app && (to == from || to.is_empty() && !from.contains('/'));
        if stays {
            self.named.push(from.into());
            return vec![copied];
        }
        let dest = if is_in_app && to.is_empty() { "./" } else { dest };
        let script = if was_there { script.to_owned() } else { format!("{script}{TAKE_AWAY}") };
        let shown = format!("copy {from} to {dest}");
        let argv = ["sh", "-c", &script, "sh", from, dest].map(str::to_owned).to_vec();
        vec![copied, Action::Place(Command { shown, argv })]
    }

    /// The paths that a pattern of Go's `filepath.Match` names, sorted; `None` where it is no pattern.
    fn matching(&self, pattern: &str) -> Option<Vec<String>> {
        if !is_pattern(pattern) {
            return None;
        }
        let mut found = vec![String::new()];
        for part in pattern.split('/') {
            let Ok(glob) = GlobBuilder::new(part).literal_separator(true).backslash_escape(true).build() else {
                return Some(Vec::new());
            };
            let matcher = glob.compile_matcher();
            let within = |folder: &String| {
                // No link is followed: it may lead out of the project, or round in it without end.
                let place = self.root.join(folder);
                let is_folder = place.symlink_metadata().is_ok_and(|meta| meta.is_dir());
                let entries = is_folder.then(|| fs::read_dir(place)).into_iter().flatten().flatten().flatten();
                let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
                let names: Vec<String> = names.filter(|name| matcher.is_match(name)).collect();
                let joined = |name: String| if folder.is_empty() { name } else { format!("{folder}/{name}") };
                names.into_iter().map(joined).collect::<Vec<_>>()
            };
            found = found.iter().flat_map(within).collect();
        }
        let is_sent = |path: &String| !self.excluded.excludes(Path::new(path), self.root.join(path).is_dir());
        found.retain(is_sent);
        found.sort();
        Some(found)
    }
}

/// Whether a path has one of the signs that match more than themselves.
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// A path of the project from its root on, out of which nothing leads; empty for the root.
fn inside(path: &str) -> String {
    clean(&format!("/{path}")).trim_start_matches('/').to_owned()
}
