//! Where a file of the project stands in its repository: code hosts know paths from there alone.

use std::path::{Component, Path, PathBuf};

use crate::project::Repository;

/// The path from the root of the repository, or from the project where there is none.
pub(super) fn place(project: &Path, path: &Path) -> PathBuf {
    plain(&prefix(project).unwrap_or_default().join(path))
}

fn prefix(project: &Path) -> Option<PathBuf> {
    let project = project.canonicalize().ok()?;
    Some(Repository::around(&project)?.way_to(&project))
}

/// Without `.` and `..`, which no code host follows.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::Normal(name) => out.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_place_counts_from_the_repository() {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("services/bot");
        fs::create_dir_all(&app).unwrap();
        assert_eq!(place(&app, Path::new("main.py")), Path::new("main.py"));
        fs::create_dir(dir.path().join(".git")).unwrap();
        assert_eq!(place(&app, Path::new("main.py")), Path::new("services/bot/main.py"));
        assert_eq!(place(&app, Path::new("./../shared/a.txt")), Path::new("services/shared/a.txt"));
    }

    #[test]
    fn a_folder_that_is_not_there_has_no_repository() {
        assert_eq!(place(Path::new(""), Path::new("main.py")), Path::new("main.py"));
    }
}
