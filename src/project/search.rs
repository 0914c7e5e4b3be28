//! Finding files as Nixpacks does: hidden ones too, but not those that version control ignores.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use globset::{Error, Glob};
use ignore::{WalkBuilder, WalkState};

use crate::fs::{can_be_walked, can_be_walked_from};

/// Ends of the names that any pattern of the planner can match. Everything else is passed by during the walk.
const SOUGHT: &[&str] = &[
    ".py",
    ".js",
    ".jsx",
    ".ts",
    ".tsx",
    ".csproj",
    ".fsproj",
    ".hs",
    ".zig",
    ".cbl",
    "gleam.toml",
    "manifest.toml",
    "config.toml",
];

/// The files of a project that a pattern could be about, in the order of a sorted walk.
#[derive(Debug)]
pub struct Search {
    root: PathBuf,
    found: Vec<PathBuf>,
}

impl Search {
    pub(super) fn walk(root: &Path) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        if !can_be_walked_from(root) {
            return Self { root: root.to_owned(), found: Vec::new() };
        }
        let mut walk = WalkBuilder::new(root);
        walk.hidden(false)
            .filter_entry(|entry| !entry.file_type().is_some_and(|kind| kind.is_dir()) || can_be_walked(entry.path()));
        walk.build_parallel().run(|| {
            let sender = sender.clone();
            Box::new(move |entry| {
                if let Ok(entry) = entry
                    && is_sought(entry.file_name())
                    && sender.send(entry.into_path()).is_err()
                {
                    return WalkState::Quit;
                }
                WalkState::Continue
            })
        });
        drop(sender);
        let mut found: Vec<PathBuf> = receiver.into_iter().collect();
        // Paths compare component by component: the order in which a walk sorted by file name meets them.
        found.sort();
        Self { root: root.to_owned(), found }
    }

    /// The files that a glob matches. As in Nixpacks the glob is joined to the root's own path, so that a root with
    /// glob characters in its name changes what it means; `*` crosses folders.
    pub fn glob(&self, pattern: &str) -> Result<Vec<&Path>, Error> {
        let full = self.root.join(pattern);
        let Some(full) = full.to_str() else { return Ok(Vec::new()) };
        let glob = Glob::new(full)?.compile_matcher();
        Ok(self.found.iter().map(PathBuf::as_path).filter(|path| glob.is_match(path) && path.is_file()).collect())
    }
}

fn is_sought(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    SOUGHT.iter().any(|end| name.ends_with(end.as_bytes()))
}
