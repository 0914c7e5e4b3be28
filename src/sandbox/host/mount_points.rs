//! Folders that are made for a command to mount something at, and taken away after it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

/// What was made for the command that runs.
#[derive(Debug, Default)]
pub(super) struct MountPoints {
    made: Vec<PathBuf>,
    /// Caches for which nothing could be made so far.
    pub(super) absent: BTreeSet<String>,
}

impl MountPoints {
    /// Makes folders, the outermost first.
    pub(super) fn make(&mut self, folders: impl IntoIterator<Item = PathBuf>) -> io::Result<()> {
        for folder in folders {
            fs::create_dir(&folder)?;
            self.made.push(folder);
        }
        Ok(())
    }

    /// Takes away what was made, but where something was put into it.
    pub(super) fn remove(&mut self) {
        for folder in std::mem::take(&mut self.made).iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stays_where_something_was_put_into_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut points = MountPoints::default();
        points.make(["a", "a/b", "a/b/c"].map(|name| dir.path().join(name))).unwrap();
        fs::write(dir.path().join("a/x"), "").unwrap();
        points.remove();
        assert!(dir.path().join("a/x").is_file() && !dir.path().join("a/b").exists());
    }
}
