//! Whether a change could be undone with git.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What git says of the project's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitState {
    /// All is committed.
    Clean,
    /// These files are changed or untracked, relative to the repository's root.
    Dirty(Vec<PathBuf>),
    /// No repository, no git, or one that git refuses to read.
    NotARepository,
}

/// Asks git about the project's folder and what is below it.
pub fn git_state(root: &Path) -> GitState {
    let output = Command::new("git")
        // A monitor named by the repository's settings would be a program of somebody else's choice.
        .args(["--no-optional-locks", "-c", "core.fsmonitor=false", "status", "--porcelain=v1", "-z", "--no-renames"])
        .args(["--untracked-files=normal", "--", "."])
        .current_dir(root)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => listed(&output.stdout),
        _ => GitState::NotARepository,
    }
}

/// Reads `XY path` entries that end with NUL.
fn listed(status: &[u8]) -> GitState {
    let name = |entry: &[u8]| PathBuf::from(String::from_utf8_lossy(entry).into_owned());
    let files: Vec<PathBuf> = status.split(|byte| *byte == 0).filter_map(|entry| entry.get(3..)).map(name).collect();
    if files.is_empty() { GitState::Clean } else { GitState::Dirty(files) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_repository_is_clean_until_something_changes() {
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("skipped: a_repository_is_clean_until_something_changes: no git");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(git_state(dir.path()), GitState::NotARepository);
        let git = |args: &[&str]| {
            let settings = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"];
            assert!(
                Command::new("git")
                    .args(settings)
                    .args(args)
                    .current_dir(dir.path())
                    .output()
                    .unwrap()
                    .status
                    .success()
            );
        };
        git(&["init"]);
        fs::write(dir.path().join("a b.txt"), "a").unwrap();
        assert_eq!(git_state(dir.path()), GitState::Dirty(vec!["a b.txt".into()]));
        git(&["add", "."]);
        git(&["commit", "-m", "a"]);
        assert_eq!(git_state(dir.path()), GitState::Clean);
        fs::write(dir.path().join("a b.txt"), "b").unwrap();
        assert_eq!(git_state(dir.path()), GitState::Dirty(vec!["a b.txt".into()]));
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_repository() {
        assert_eq!(git_state(Path::new("/nowhere/at/all")), GitState::NotARepository);
    }
}
