//! The repository around a folder that is deployed alone.

use std::path::{Component, Path, PathBuf};

/// The root of a repository, as seen from one of its folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Absolute, links resolved.
    pub root: PathBuf,
    /// As it is shown: `../..`, say.
    pub place: PathBuf,
}

impl Repository {
    /// The repository of version control that the folder lies in, and is not the root of.
    pub fn around(folder: &Path) -> Option<Self> {
        Self::of(Self::root_of(folder)?, &std::fs::canonicalize(folder).ok()?)
    }

    /// The root of the repository of version control that the folder is, or lies in; absolute, links resolved.
    pub fn root_of(folder: &Path) -> Option<PathBuf> {
        let folder = std::fs::canonicalize(folder).ok()?;
        // A file in worktrees and submodules, a folder elsewhere.
        folder.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
    }

    /// The repository whose root the user names; none where that is the folder itself, or does not hold it.
    pub fn given(root: &Path, folder: &Path) -> Option<Self> {
        Self::of(std::fs::canonicalize(root).ok()?, &std::fs::canonicalize(folder).ok()?)
    }

    fn of(root: PathBuf, folder: &Path) -> Option<Self> {
        let depth = folder.strip_prefix(&root).ok()?.components().count();
        let place = std::iter::repeat_n(Component::ParentDir, depth).collect();
        (depth > 0).then_some(Self { root, place })
    }

    /// The way from the root to the folder that it was looked for from.
    pub fn way_to(&self, folder: &Path) -> PathBuf {
        folder.strip_prefix(&self.root).map(Path::to_owned).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_below_the_root_has_a_repository_around_it_and_the_root_has_none() {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("services/api");
        std::fs::create_dir_all(&app).unwrap();
        assert_eq!(Repository::around(&app), None);
        std::fs::create_dir(dir.path().join(".git")).unwrap();
        let found = Repository::around(&app).unwrap();
        assert_eq!(found.place, Path::new("../.."));
        assert_eq!(found.way_to(&std::fs::canonicalize(&app).unwrap()), Path::new("services/api"));
        assert_eq!(Repository::given(dir.path(), &app), Some(found));
        assert_eq!(Repository::around(dir.path()), None);
        assert_eq!(Repository::given(&app, dir.path()), None);
    }
}
