//! Temporary folders that a later run removes where a killed one could not.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::{owner, tree};

/// How they begin.
const PREFIX: &str = "shakedown";

/// A temporary folder, which a later run removes if we cannot.
///
/// # Errors
/// It cannot be made.
pub fn folder() -> Result<TempDir> {
    let prefix = format!("{PREFIX}.{}.", owner::in_a_name());
    tempfile::Builder::new().prefix(&prefix).tempdir().context("cannot make a temporary folder")
}

/// Removes those of processes that are gone, and gives them.
pub fn sweep() -> Vec<PathBuf> {
    sweep_in(&std::env::temp_dir())
}

fn sweep_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let abandoned = entries.filter(|entry| owner::is_abandoned(&entry.file_name().to_string_lossy(), PREFIX));
    // A link may lead anywhere.
    let folders = abandoned.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).filter(|path| tree::remove(path).is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_once_its_owner_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let gone = format!("{PREFIX}.{}_1.abc", owner::in_a_name().rsplit_once('_').unwrap().0);
        let live = format!("{PREFIX}.{}.abc", owner::in_a_name());
        for name in [&gone, &live] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        assert_eq!(sweep_in(folder.path()), [folder.path().join(&gone)]);
        assert!(folder.path().join(live).exists());
    }
}
