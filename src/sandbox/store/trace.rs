//! What a command reads of the files in a folder, told by their times of access.
//!
//! A file whose time of access lies before its last change gets a new one when it is read, through a bind mount too
//! (`relatime`, every Linux' default). A look at whether something is there, or at its size, leaves no trace: so all names
//! count always, and a command whose answer may hang on more than names and contents is not for this.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

use super::tree::{self, Entry, Kind, Tree};
use crate::sandbox::Interrupted;

/// A folder that is watched.
#[derive(Debug)]
pub(in crate::sandbox) struct Trace {
    before: Tree,
}

/// What became of it.
#[derive(Debug)]
pub(in crate::sandbox) struct Traced {
    /// Files that were read and are as they were, with the digests of their contents.
    pub(in crate::sandbox) read: BTreeMap<PathBuf, String>,
    pub(in crate::sandbox) changes: Changes,
}

/// What layers have made in a folder: whatever shows it again has shown those layers before.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Known(Tree);

impl Known {
    /// Adds files as they are in the folder now.
    pub(in crate::sandbox) fn add<'p>(
        &mut self,
        folder: &Path,
        made: impl IntoIterator<Item = &'p PathBuf>,
    ) -> Result<()> {
        for path in made {
            self.0.insert(path.clone(), tree::entry(&folder.join(path))?);
        }
        Ok(())
    }

    /// Whether a file is what a layer has made, not what was put over it since.
    fn has(&self, path: &Path, now: &Entry) -> bool {
        let is_same = |then: &Entry| {
            then.kind == now.kind
                && (then.mode, then.size, then.modified, then.inode) == (now.mode, now.size, now.modified, now.inode)
        };
        self.0.get(path).is_some_and(is_same)
    }

    /// Whether what was at a path is a layer's.
    pub(in crate::sandbox) fn had(&self, path: &Path, before: &Trace) -> bool {
        before.before.get(path).is_some_and(|entry| self.has(path, entry))
    }
}

/// How a folder is other than it was.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Changes {
    /// New, or not as it was.
    pub(in crate::sandbox) made: Tree,
    /// What of that had been there before.
    pub(in crate::sandbox) altered: Vec<PathBuf>,
    pub(in crate::sandbox) gone: Vec<PathBuf>,
}

/// Whether reading leaves a trace on the file system of `folder`.
pub(in crate::sandbox) fn is_possible(folder: &Path) -> bool {
    let probe = || -> Result<bool> {
        let file = tempfile::NamedTempFile::new_in(folder)?;
        fs::write(file.path(), "x")?;
        forget(file.path())?;
        fs::read(file.path())?;
        Ok(is_read(&file.path().symlink_metadata()?))
    };
    probe().unwrap_or(false)
}

/// Whether a file was read since [`forget`].
pub(in crate::sandbox) fn is_read(meta: &fs::Metadata) -> bool {
    meta.atime() != 0
}

/// Sets the time of access to the beginning of time.
pub(in crate::sandbox) fn forget(path: &Path) -> Result<()> {
    let last_access = Timespec { tv_sec: 0, tv_nsec: 0 };
    let last_modification = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let times = Timestamps { last_access, last_modification };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)
        .with_context(|| format!("could not watch {}", path.display()))
}

impl Trace {
    /// Begins to watch `folder`, which nothing else may read meanwhile.
    pub(in crate::sandbox) fn begin(folder: &Path) -> Result<Self> {
        for (path, _) in tree::list(folder)?.iter().filter(|(_, entry)| entry.kind == Kind::File) {
            forget(&folder.join(path))?;
        }
        Ok(Self { before: tree::list(folder)? })
    }

    /// Begins without watching: for what has [`changes`] alone to tell.
    pub(in crate::sandbox) fn of(before: Tree) -> Self {
        Self { before }
    }

    /// How the folder has changed.
    pub(in crate::sandbox) fn changes(&self, folder: &Path) -> Result<Changes> {
        Ok(changes(&self.before, &tree::list(folder)?))
    }

    /// The same of a folder that is elsewhere, whose files are `after` now.
    pub(in crate::sandbox) fn changed_to(&self, after: &Tree) -> Changes {
        changes(&self.before, after)
    }

    /// Has a file that was laid aside meanwhile, and is in its place again, count as read in that place.
    pub(in crate::sandbox) fn came_back(&self, after: &mut Tree, path: &Path) {
        if let (Some(before), Some(now)) = (self.before.get(path), after.get_mut(path))
            && (now.inode, now.mode, now.size, now.modified)
                == (before.inode, before.mode, before.size, before.modified)
        {
            // A file that is moved has changed.
            (now.changed, now.accessed) = (before.changed, before.changed);
        }
    }

    /// What was read since, and how the folder has changed. What is as `known` has it does not count as read.
    pub(in crate::sandbox) fn end(&self, folder: &Path, known: &Known) -> Result<Traced> {
        self.ended(&tree::list(folder)?, |path, entry| known.has(path, entry), |path| tree::content(&folder.join(path)))
    }

    /// The same of a folder that is elsewhere, whose files are `after` now; `content` gives the digest of one.
    pub(in crate::sandbox) fn ended(
        &self,
        after: &Tree,
        is_known: impl Fn(&Path, &Entry) -> bool,
        content: impl Fn(&Path) -> Result<String>,
    ) -> Result<Traced> {
        let changes = changes(&self.before, after);
        let is_as_it_was = |path: &Path| !changes.made.contains_key(path);
        let is_read = |(path, entry): &(&PathBuf, &Entry)| {
            entry.kind == Kind::File && entry.accessed.0 != 0 && is_as_it_was(path) && !is_known(path, entry)
        };
        let mut read = BTreeMap::new();
        for (path, _) in after.iter().filter(is_read) {
            read.insert(path.clone(), content(path)?);
        }
        Ok(Traced { read, changes })
    }
}

fn changes(before: &Tree, after: &Tree) -> Changes {
    let mut found = Changes::default();
    for (path, entry) in after {
        let old = before.get(path);
        let is_same = old.is_some_and(|old| {
            // A folder changes with every name in it; of itself it has its permissions alone.
            let is_same_folder = entry.kind == Kind::Folder && old.kind == Kind::Folder && old.mode == entry.mode;
            is_same_folder || (old.inode == entry.inode && old.changed == entry.changed)
        });
        if !is_same {
            found.made.insert(path.clone(), entry.clone());
            found.altered.extend(old.map(|_| path.clone()));
        }
    }
    found.gone = before.keys().filter(|path| !after.contains_key(*path)).cloned().collect();
    found
}

impl Changes {
    /// Whether something that was there, and that `is_known` does not know, is not as it was.
    pub(in crate::sandbox) fn touch_what_was_there(&self, is_known: impl Fn(&Path) -> bool) -> Option<&Path> {
        self.altered.iter().chain(&self.gone).map(PathBuf::as_path).find(|path| !is_known(path))
    }

    /// Copies what was made out of `folder`.
    ///
    /// # Errors
    /// The disk's, and [`Interrupted`].
    pub(in crate::sandbox) fn save(&self, folder: &Path, to: &Path, interrupted: &AtomicBool) -> Result<u64> {
        for (path, entry) in &self.made {
            if interrupted.load(Ordering::Relaxed) {
                return Err(Interrupted.into());
            }
            let target = to.join(path);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            match entry.kind {
                Kind::Folder => fs::create_dir_all(&target)?,
                _ => tree::copy_one(&folder.join(path), &target, entry)?,
            }
        }
        for (path, entry) in self.made.iter().rev().filter(|(_, entry)| entry.kind == Kind::Folder) {
            tree::finish(&to.join(path), entry)?;
        }
        Ok(self.made.values().map(|entry| entry.size).sum())
    }
}

/// Puts what [`Changes::save`] saved into `folder`, and takes away what was gone.
pub(in crate::sandbox) fn apply(saved: &Path, made: &[PathBuf], gone: &[PathBuf], folder: &Path) -> Result<()> {
    for path in gone {
        tree::remove(&folder.join(path))?;
    }
    let kept = tree::list(saved)?;
    let mut folders = Vec::new();
    for path in made {
        let Some(entry) = kept.get(path) else { bail!("{} is not in the layer", path.display()) };
        let target = folder.join(path);
        let is_there = target.symlink_metadata().is_ok_and(|meta| meta.is_dir());
        match entry.kind {
            Kind::Folder if is_there => {}
            _ => tree::copy_one(&saved.join(path), &target, entry)?,
        }
        if entry.kind == Kind::Folder {
            folders.push((target, entry));
        }
    }
    folders.iter().rev().try_for_each(|(at, entry)| tree::finish(at, entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("d")).unwrap();
        for name in ["read", "seen", "written", "gone", "d/read"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        dir
    }

    #[test]
    fn what_is_read_is_told_from_what_is_looked_at() {
        let dir = folder();
        if !is_possible(dir.path()) {
            return;
        }
        let at = |name: &str| dir.path().join(name);
        let trace = Trace::begin(dir.path()).unwrap();
        fs::read(at("read")).unwrap();
        fs::read(at("d/read")).unwrap();
        fs::metadata(at("seen")).unwrap();
        fs::write(at("written"), "other").unwrap();
        fs::write(at("d/new"), "new").unwrap();
        fs::remove_file(at("gone")).unwrap();
        let traced = trace.end(dir.path(), &Known::default()).unwrap();
        let read: Vec<_> = traced.read.keys().map(|path| path.to_string_lossy().into_owned()).collect();
        assert_eq!(read, ["d/read", "read"]);
        let made: Vec<_> = traced.changes.made.keys().map(|path| path.to_string_lossy().into_owned()).collect();
        assert_eq!(made, ["d/new", "written"]);
        assert_eq!(traced.changes.gone, [Path::new("gone")]);
        assert_eq!(traced.changes.touch_what_was_there(|_| false), Some(Path::new("written")));
    }

    #[test]
    fn a_file_that_was_laid_aside_was_read_and_is_as_it_was() {
        let (dir, aside) = (folder(), tempfile::tempdir().unwrap());
        let at = |name: &str| dir.path().join(name);
        let trace = Trace::begin(dir.path()).unwrap();
        for name in ["seen", "written"] {
            fs::rename(at(name), aside.path().join(name)).unwrap();
            fs::rename(aside.path().join(name), at(name)).unwrap();
        }
        fs::write(at("written"), "another").unwrap();
        let mut after = tree::list(dir.path()).unwrap();
        ["seen", "written"].iter().for_each(|name| trace.came_back(&mut after, Path::new(name)));
        let traced = trace.ended(&after, |_, _| false, |_| Ok(String::new())).unwrap();
        assert_eq!(traced.read.keys().collect::<Vec<_>>(), [Path::new("seen")]);
        assert_eq!(traced.changes.altered, [Path::new("written")]);
    }

    #[test]
    fn changes_are_made_again_in_another_copy() {
        let (dir, other, saved) = (folder(), folder(), tempfile::tempdir().unwrap());
        let trace = Trace::begin(dir.path()).unwrap();
        fs::create_dir_all(dir.path().join("e/f")).unwrap();
        fs::write(dir.path().join("e/f/g"), "g").unwrap();
        fs::remove_file(dir.path().join("gone")).unwrap();
        fs::remove_file(dir.path().join("seen")).unwrap();
        fs::create_dir(dir.path().join("seen")).unwrap();
        let changes = trace.end(dir.path(), &Known::default()).unwrap().changes;
        changes.save(dir.path(), saved.path(), &AtomicBool::new(false)).unwrap();
        let made: Vec<PathBuf> = changes.made.keys().cloned().collect();
        apply(saved.path(), &made, &changes.gone, other.path()).unwrap();
        let names = |dir: &Path| tree::names(&tree::list(dir).unwrap());
        assert_eq!(names(dir.path()), names(other.path()));
        assert_eq!(fs::read(other.path().join("e/f/g")).unwrap(), b"g");
    }
}
