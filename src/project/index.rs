//! What git's index holds of a folder: what is tracked, and with which modes. It is read from the file itself, so that neither git nor
//! any program that the repository names runs.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::repository::Repository;

/// A larger index is not looked at.
const LARGEST: u64 = 64 << 20;
/// A larger file beside it is none of git's.
const LARGEST_TEXT: u64 = 1 << 20;

/// A folder's part of the index.
#[derive(Debug)]
pub struct GitIndex {
    modes: HashMap<PathBuf, u32>,
    /// Whether git takes the executable bit from the disk; on WSL, Windows and shared folders it does not.
    pub takes_modes: bool,
}

impl GitIndex {
    /// Of the repository that holds the folder; none where there is none, or its index is of a kind that is not read.
    pub fn of(folder: &Path) -> Option<Self> {
        let root = Repository::root_of(folder)?;
        let git = git_dir(&root)?;
        let common = match crate::fs::read_text(&git.join("commondir"), LARGEST_TEXT) {
            Ok(named) => git.join(named.trim()),
            Err(_) => git.clone(),
        };
        let config = crate::fs::read_text(&common.join("config"), LARGEST_TEXT).ok()?;
        let says = |key: &str| {
            let value = |line: &str| {
                let (name, value) = line.split_once('=')?;
                name.trim().eq_ignore_ascii_case(key).then(|| value.trim().to_lowercase())
            };
            config.lines().rev().find_map(value)
        };
        let hash = if says("objectformat").is_some_and(|format| format == "sha256") { 32 } else { 20 };
        let bytes = crate::fs::read(&git.join("index"), LARGEST).ok()?;
        let folder = fs::canonicalize(folder).ok()?;
        let prefix = folder.strip_prefix(&root).ok()?;
        let inside = entries(&bytes, hash)?
            .into_iter()
            .filter_map(|(path, mode)| Some((path.strip_prefix(prefix).ok()?.to_owned(), mode)));
        let takes_modes = says("filemode").is_none_or(|value| !matches!(&*value, "false" | "no" | "off" | "0"));
        Some(Self { modes: inside.collect(), takes_modes })
    }

    /// Whether nothing of the folder is tracked.
    pub fn is_empty(&self) -> bool {
        self.modes.is_empty()
    }

    /// The mode with which a file of the folder is tracked.
    pub fn mode(&self, file: &Path) -> Option<u32> {
        self.modes.get(file).copied()
    }

    /// Every file of the folder that is tracked, by its path there.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.modes.keys().map(PathBuf::as_path)
    }

    /// Whether a file is tracked, itself or as a part of a link, of a submodule or of a folder that is not checked out.
    pub fn holds(&self, file: &Path) -> bool {
        file.ancestors().any(|part| self.modes.contains_key(part))
    }
}

/// A folder, or in worktrees and submodules a file that names it.
fn git_dir(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = crate::fs::read_text(&git, LARGEST_TEXT).ok()?;
    Some(root.join(text.strip_prefix("gitdir:")?.trim()))
}

/// Paths and modes; none where the bytes are no index, or only a part of one.
fn entries(bytes: &[u8], hash: usize) -> Option<Vec<(PathBuf, u32)>> {
    const NAMED_IN_FULL: u16 = 0x4000;
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let version = number(4).filter(|version| bytes.starts_with(b"DIRC") && (2..=4).contains(version))?;
    let count = number(8)?;
    let mut found = Vec::new();
    let mut name: Vec<u8> = Vec::new();
    let mut at = 12;
    for _ in 0..count {
        let begin = at;
        let mode = number(at + 24)?;
        at += 40 + hash;
        let flags = u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
        at += if version > 2 && flags & NAMED_IN_FULL != 0 { 4 } else { 2 };
        // The fourth version leaves out what a name shares with the one before.
        let mut dropped = name.len();
        if version == 4 {
            let mut byte = *bytes.get(at)?;
            dropped = usize::from(byte & 127);
            while byte & 128 != 0 {
                at += 1;
                byte = *bytes.get(at)?;
                dropped = dropped.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 127))?;
            }
            at += 1;
        }
        name.truncate(name.len().checked_sub(dropped)?);
        let rest = bytes.get(at..)?;
        let length = memchr::memchr(0, rest)?;
        name.extend_from_slice(&rest[..length]);
        at += length + 1;
        if version < 4 {
            at = begin + (at - begin).next_multiple_of(8);
        }
        found.push((PathBuf::from(String::from_utf8_lossy(&name).trim_end_matches('/')), mode));
    }
    // What follows are extensions: `link` says that most entries are in another file.
    while at + hash + 8 <= bytes.len() {
        if &bytes[at..at + 4] == b"link" {
            return None;
        }
        at = at.checked_add(8)?.checked_add(usize::try_from(number(at + 4)?).ok()?)?;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, args: &[&str]) {
        let output = Command::new("git").args(args).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn every_version_of_the_index_is_read_as_git_wrote_it() {
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("skipped: every_version_of_the_index_is_read_as_git_wrote_it: no git");
            return;
        }
        for version in ["2", "3", "4"] {
            let dir = tempfile::tempdir().unwrap();
            assert!(GitIndex::of(dir.path()).is_none());
            git(dir.path(), &["init", "-q"]);
            fs::create_dir_all(dir.path().join("app/inner")).unwrap();
            let long = format!("app/{}.py", "n".repeat(200));
            for file in ["app/a.py", "app/inner/b.py", "app/start.sh", "other.py", "app/new.py", &long] {
                fs::write(dir.path().join(file), "x").unwrap();
            }
            git(dir.path(), &["add", "app/a.py", "app/inner", "app/start.sh", "other.py", &long]);
            // Only the third and fourth version have a place for this.
            if version != "2" {
                git(dir.path(), &["add", "-N", "app/new.py"]);
            }
            git(dir.path(), &["update-index", "--chmod=+x", "app/start.sh"]);
            git(dir.path(), &["update-index", "--index-version", version]);
            git(dir.path(), &["config", "core.fileMode", "false"]);
            let index = GitIndex::of(&dir.path().join("app")).unwrap();
            assert_eq!(index.mode(Path::new("start.sh")), Some(0o100_755));
            assert_eq!(index.mode(Path::new("inner/b.py")), Some(0o100_644));
            assert!(index.holds(Path::new("a.py")) && !index.holds(Path::new("other.py")) && !index.is_empty());
            assert!(index.holds(Path::new(&long).strip_prefix("app").unwrap()));
            assert_eq!(index.holds(Path::new("new.py")), version != "2");
            assert!(!index.takes_modes);
            git(dir.path(), &["update-index", "--split-index"]);
            assert!(GitIndex::of(dir.path()).is_none());
        }
    }

    #[test]
    fn bytes_that_are_no_index_are_refused() {
        let mut cut = b"DIRC\0\0\0\x04\0\0\0\x02".to_vec();
        for extra in 0..200 {
            cut.push(if extra % 7 == 0 { 0 } else { 0xFF });
            let _ = entries(&cut, 20);
        }
        assert!(entries(b"", 20).is_none());
        assert!(entries(b"DIRC\0\0\0\x05\0\0\0\0", 20).is_none());
        assert!(entries(b"DIRC\0\0\0\x02\xff\xff\xff\xff", 20).is_none());
    }
}
