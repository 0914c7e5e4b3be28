//! What is in a folder: listed, digested, and copied with its times.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
use xxhash_rust::xxh3::Xxh3;

use crate::sandbox::Interrupted;

/// Anything larger is looked at no further: it is no project, and no environment of one.
const MOST_ENTRIES: usize = 1_000_000;
/// The kernel's own limit for the names of a file's extended attributes, in bytes (xattr(7)).
const MOST_ATTRIBUTES: usize = 64 << 10;
/// How much of a file is read at once, in bytes.
const PIECE: usize = 256 << 10;
const LEAST_PIECE: usize = 4 << 10;
/// A kernel's slowest clock for files.
const TICK: Duration = Duration::from_millis(10);
/// The one that a system gives by itself.
const OF_THE_SYSTEM: &[u8] = b"security.selinux";

/// One thing in a folder, as its inode has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Entry {
    pub(in crate::sandbox) kind: Kind,
    /// Permission bits.
    pub(in crate::sandbox) mode: u32,
    /// In bytes; of files alone.
    pub(in crate::sandbox) size: u64,
    /// Seconds and nanoseconds.
    pub(in crate::sandbox) modified: (i64, i64),
    /// The kernel's own, which nobody can set.
    pub(in crate::sandbox) changed: (i64, i64),
    pub(in crate::sandbox) accessed: (i64, i64),
    pub(in crate::sandbox) inode: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) enum Kind {
    Folder,
    File,
    Link(PathBuf),
}

/// Everything below a folder, by its path there.
pub(in crate::sandbox) type Tree = BTreeMap<PathBuf, Entry>;

impl Entry {
    fn of(path: &Path, meta: &Metadata) -> Result<Self> {
        let kind = match meta.file_type() {
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_file() => Kind::File,
            kind if kind.is_symlink() => Kind::Link(fs::read_link(path)?),
            _ => bail!("{} is a pipe, a socket or a device", path.display()),
        };
        Ok(Self {
            size: if kind == Kind::File { meta.size() } else { 0 },
            kind,
            mode: meta.mode() & 0o7777,
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            accessed: (meta.atime(), meta.atime_nsec()),
            inode: meta.ino(),
        })
    }
}

/// One thing. Links are not followed.
pub(in crate::sandbox) fn entry(path: &Path) -> Result<Entry> {
    Entry::of(path, &path.symlink_metadata().with_context(|| format!("could not find {}", path.display()))?)
}

/// Lists `root`, the folder itself left out.
///
/// # Errors
/// Something that is no file, folder or link, or that cannot be read.
pub(in crate::sandbox) fn list(root: &Path) -> Result<Tree> {
    list_those(root, |_| true)
}

/// The same without what is no file, folder or link.
///
/// # Errors
/// Something that cannot be read.
pub(in crate::sandbox) fn list_plain(root: &Path) -> Result<Tree> {
    list_those(root, |kind| kind.is_dir() || kind.is_file() || kind.is_symlink())
}

fn list_those(root: &Path, is_listed: impl Fn(fs::FileType) -> bool) -> Result<Tree> {
    let (mut todo, mut found) = (vec![PathBuf::new()], Tree::new());
    while let Some(folder) = todo.pop() {
        let here = root.join(&folder);
        for entry in fs::read_dir(&here).with_context(|| format!("could not read {}", here.display()))? {
            let entry = entry?;
            if !is_listed(entry.file_type()?) {
                continue;
            }
            let path = folder.join(entry.file_name());
            let listed = Entry::of(&entry.path(), &entry.metadata()?)?;
            if listed.kind == Kind::Folder {
                todo.push(path.clone());
            }
            found.insert(path, listed);
        }
        if found.len() > MOST_ENTRIES {
            bail!("{} holds more than {MOST_ENTRIES} files", root.display());
        }
    }
    Ok(found)
}

/// Whether there are at least `count` things below `root`.
pub(in crate::sandbox) fn has_at_least(root: &Path, count: usize) -> Result<bool> {
    let (mut todo, mut found) = (vec![root.to_owned()], 0);
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            found += 1;
            if entry.file_type()?.is_dir() {
                todo.push(entry.path());
            }
        }
        if found >= count {
            return Ok(true);
        }
    }
    Ok(found >= count)
}

/// A digest that is built up from parts.
#[derive(Default)]
pub(in crate::sandbox) struct Digest(Xxh3);

impl Digest {
    /// Adds a part; where it ends counts too.
    pub(in crate::sandbox) fn add(&mut self, part: impl AsRef<[u8]>) -> &mut Self {
        let part = part.as_ref();
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    pub(in crate::sandbox) fn finish(&self) -> String {
        format!("{:032x}", self.0.digest128())
    }
}

/// The digest of one text.
pub(in crate::sandbox) fn digest(bytes: impl AsRef<[u8]>) -> String {
    Digest::default().add(bytes).finish()
}

/// The digest of a file's content. Not through a link.
pub(in crate::sandbox) fn content(path: &Path) -> Result<String> {
    let failure = || format!("could not read {}", path.display());
    let meta = path.symlink_metadata().with_context(failure)?;
    if !meta.is_file() {
        bail!("{} is no plain file", path.display());
    }
    digest_within(crate::fs::open(path).with_context(failure)?, meta.len()).with_context(failure)
}

/// The digest of all that can be read.
pub(in crate::sandbox) fn digest_of(from: impl Read) -> io::Result<String> {
    digest_within(from, PIECE as u64)
}

/// The same of what is about `size` bytes: most files are small, and need no large piece of memory.
fn digest_within(mut from: impl Read, size: u64) -> io::Result<String> {
    let piece = usize::try_from(size).unwrap_or(PIECE).clamp(LEAST_PIECE, PIECE);
    let (mut hasher, mut buffer) = (Xxh3::new(), vec![0; piece]);
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(format!("{:032x}", hasher.digest128())),
            length => hasher.update(&buffer[..length]),
        }
    }
}

/// Whether a text is in all that can be read.
pub(in crate::sandbox) fn holds(mut from: impl Read, text: &[u8]) -> io::Result<bool> {
    let (mut buffer, mut held) = (vec![0; 256 * 1024 + text.len()], 0);
    loop {
        let length = match from.read(&mut buffer[held..])? {
            0 => return Ok(false),
            length => held + length,
        };
        if memchr::memmem::find(&buffer[..length], text).is_some() {
            return Ok(true);
        }
        // It may begin at the end of one piece.
        held = length.min(text.len().saturating_sub(1));
        buffer.copy_within(length - held..length, 0);
    }
}

/// The digest of the names in a tree: paths, kinds, permissions, and where links lead.
pub(in crate::sandbox) fn names(tree: &Tree) -> String {
    let mut digest = Digest::default();
    for (path, entry) in tree {
        digest.add(path.as_os_str().as_bytes()).add(entry.mode.to_le_bytes());
        match &entry.kind {
            Kind::Folder => digest.add("folder"),
            Kind::File => digest.add("file"),
            Kind::Link(target) => digest.add("link").add(target.as_os_str().as_bytes()),
        };
    }
    digest.finish()
}

/// The digest of what is in the files of a tree, in the order of their names.
pub(in crate::sandbox) fn contents(root: &Path, tree: &Tree) -> Result<String> {
    let mut digest = Digest::default();
    for (path, _) in files(tree) {
        digest.add(content(&root.join(path))?);
    }
    Ok(digest.finish())
}

/// The digest of all that a program could find out of a tree: names, contents and times of modification.
pub(in crate::sandbox) fn everything(root: &Path, tree: &Tree) -> Result<String> {
    let mut digest = Digest::default();
    digest.add(names(tree)).add(contents(root, tree)?);
    for (_, entry) in files(tree) {
        digest.add(entry.modified.0.to_le_bytes()).add(entry.modified.1.to_le_bytes());
    }
    Ok(digest.finish())
}

fn files(tree: &Tree) -> impl Iterator<Item = (&PathBuf, &Entry)> {
    tree.iter().filter(|(_, entry)| entry.kind == Kind::File)
}

/// Copies one thing that is no folder, with its permissions and time of modification. What is there already gives way.
pub(in crate::sandbox) fn copy_one(from: &Path, to: &Path, entry: &Entry) -> Result<()> {
    let failure = || format!("could not copy {}", from.display());
    remove(to)?;
    match &entry.kind {
        Kind::Folder => fs::create_dir(to).with_context(failure)?,
        Kind::Link(target) => symlink(target, to).with_context(failure)?,
        Kind::File => {
            crate::fs::copy_sparse(from, to).with_context(failure)?;
            fs::set_permissions(to, fs::Permissions::from_mode(entry.mode)).with_context(failure)?;
        }
    }
    if entry.kind != Kind::Folder {
        set_modified(to, entry).with_context(failure)?;
    }
    Ok(())
}

/// Gives a folder, once it is full, or a file the permissions and time that it had.
pub(in crate::sandbox) fn finish(at: &Path, entry: &Entry) -> Result<()> {
    fs::set_permissions(at, fs::Permissions::from_mode(entry.mode))?;
    Ok(set_modified(at, entry)?)
}

fn set_modified(path: &Path, entry: &Entry) -> io::Result<()> {
    let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let modified = Timespec { tv_sec: entry.modified.0, tv_nsec: entry.modified.1 };
    let times = Timestamps { last_access: omit, last_modification: modified };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// The earliest time that the kernel gives to a change that is made from now on, in seconds and nanoseconds since 1970: its
/// clock for files is behind by up to a [`TICK`].
pub(in crate::sandbox) fn times_from_now_on() -> (i64, i64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(TICK);
    (now.as_secs().cast_signed(), now.subsec_nanos().into())
}

/// What a copy of a tree would not hold; none where it holds all.
///
/// # Errors
/// Something that cannot be looked at.
pub(in crate::sandbox) fn lost_in_a_copy<'t>(
    root: &Path,
    tree: impl IntoIterator<Item = (&'t PathBuf, &'t Entry)>,
) -> Result<Option<String>> {
    let mut names = vec![0; MOST_ATTRIBUTES];
    for (path, entry) in tree.into_iter().filter(|(_, entry)| !matches!(entry.kind, Kind::Link(_))) {
        let place = root.join(path);
        if entry.kind == Kind::File && place.symlink_metadata()?.nlink() > 1 {
            return Ok(Some(format!("another name of {} (a hard link)", path.display())));
        }
        let length = rustix::fs::llistxattr(&place, &mut names).unwrap_or(0);
        let mut own = names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
        if own.any(|name| name != OF_THE_SYSTEM) {
            return Ok(Some(format!("the extended attributes of {}", path.display())));
        }
    }
    Ok(None)
}

/// Copies a whole tree, `from` and `to` being its root. Gives the size of its files in bytes.
pub(in crate::sandbox) fn copy(from: &Path, to: &Path) -> Result<u64> {
    copy_while(from, to, &AtomicBool::new(false))
}

/// The same, until nobody waits for it any more.
pub(in crate::sandbox) fn copy_while(from: &Path, to: &Path, interrupted: &AtomicBool) -> Result<u64> {
    copy_listed_while(from, to, &list(from)?, interrupted)
}

/// The same where the tree was listed before.
pub(in crate::sandbox) fn copy_listed(from: &Path, to: &Path, tree: &Tree) -> Result<u64> {
    copy_listed_while(from, to, tree, &AtomicBool::new(false))
}

fn copy_listed_while(from: &Path, to: &Path, tree: &Tree, interrupted: &AtomicBool) -> Result<u64> {
    for (path, entry) in tree {
        if interrupted.load(Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        copy_one(&from.join(path), &to.join(path), entry)?;
    }
    for (path, entry) in tree.iter().rev().filter(|(_, entry)| entry.kind == Kind::Folder) {
        finish(&to.join(path), entry)?;
    }
    Ok(tree.values().map(|entry| entry.size).sum())
}

/// Removes what is at `path`, whatever it is. Links are not followed.
pub(in crate::sandbox) fn remove(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(meta) if meta.is_dir() => crate::fs::tree::remove(path),
        Ok(_) => fs::remove_file(path).with_context(|| format!("could not remove {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/f"), "one").unwrap();
        fs::set_permissions(dir.path().join("a/b/f"), fs::Permissions::from_mode(0o750)).unwrap();
        symlink("b/f", dir.path().join("a/l")).unwrap();
        dir
    }

    #[test]
    fn a_text_is_found_wherever_pieces_end() {
        for before in [0, 1, 256 * 1024 - 3, 256 * 1024, 256 * 1024 + 2, 700_001] {
            let whole = [vec![b'x'; before], b"127.0.0.1:4000".to_vec(), vec![b'y'; 9]].concat();
            assert!(holds(&whole[..], b"127.0.0.1:4000").unwrap(), "{before}");
            assert!(!holds(&whole[..before + 13], b"127.0.0.1:4000").unwrap(), "{before}");
            // A piece may be as short as a byte.
            assert!(before > 9 || holds(io::BufReader::with_capacity(1, &whole[..]), b"127.0.0.1:4000").unwrap());
        }
    }

    #[test]
    fn a_copy_has_the_same_names_contents_and_times() {
        let dir = folder();
        let to = tempfile::tempdir().unwrap();
        assert_eq!(copy(dir.path(), to.path()).unwrap(), 3);
        let (before, after) = (list(dir.path()).unwrap(), list(to.path()).unwrap());
        assert_eq!(everything(dir.path(), &before).unwrap(), everything(to.path(), &after).unwrap());
        assert_eq!(before[Path::new("a/b")].modified, after[Path::new("a/b")].modified);
        assert_ne!(before[Path::new("a/b/f")].inode, after[Path::new("a/b/f")].inode);
    }

    #[test]
    fn names_do_not_tell_of_contents_and_everything_does() {
        let dir = folder();
        let (tree, names_before) = (list(dir.path()).unwrap(), names(&list(dir.path()).unwrap()));
        let before = everything(dir.path(), &tree).unwrap();
        fs::write(dir.path().join("a/b/f"), "two").unwrap();
        let tree = list(dir.path()).unwrap();
        assert_eq!(names(&tree), names_before);
        assert_ne!(everything(dir.path(), &tree).unwrap(), before);
        fs::write(dir.path().join("a/g"), "").unwrap();
        assert_ne!(names(&list(dir.path()).unwrap()), names_before);
    }

    #[test]
    fn a_pipe_is_told_and_not_copied() {
        let dir = folder();
        let made = std::process::Command::new("mkfifo").arg(dir.path().join("p")).status().unwrap();
        assert!(made.success());
        assert!(list(dir.path()).unwrap_err().to_string().contains("is a pipe"));
    }

    #[test]
    fn a_copy_has_the_holes_of_a_file_and_ends_where_nobody_waits_for_it() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let holes = fs::File::create(from.path().join("holes")).unwrap();
        holes.set_len(1 << 30).unwrap();
        copy(from.path(), to.path()).unwrap();
        let meta = to.path().join("holes").metadata().unwrap();
        assert!(meta.len() == 1 << 30 && meta.blocks() < 1000, "{}", meta.blocks());
        let ended = copy_while(from.path(), to.path(), &AtomicBool::new(true)).unwrap_err();
        assert!(ended.is::<Interrupted>());
    }
}
