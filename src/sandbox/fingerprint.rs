//! Whether a folder is still what it was when it was looked at last, without reading what is in its files.
//!
//! The kernel sets a file's change time at every write, chmod, rename or link, and no process can set it back without the
//! machine's clock, so names, kinds, modes, owners, sizes and change times together tell every change: some 4 µs a file, where
//! reading what a root holds takes as long as copying it. A cache that was restored from an archive has other times, and is
//! made anew.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, openat, stat, statat};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// More threads would wait for each other: what they ask for is in the kernel's memory.
const MOST_THREADS: usize = 4;
/// What the kernel gives of a folder at once, in bytes.
const BUFFER: usize = 32 << 10;

/// Of a file, or of everything below a folder, in 32 hexadecimal digits. Links below it are not followed.
///
/// # Errors
/// Something that cannot be read.
pub(super) fn of(root: &Path) -> Result<String> {
    without(root, |_, _| false)
}

/// The same without what `is_left_out`, by its folder and its name there.
///
/// # Errors
/// As of [`of`].
pub(super) fn without(root: &Path, is_left_out: impl Fn(&Path, &OsStr) -> bool + Sync) -> Result<String> {
    let meta = stat(root).with_context(|| format!("could not find {}", root.display()))?;
    let mut told = Vec::new();
    if !tell(&mut told, &meta) {
        return Ok(format!("{:032x}", xxh3_128(&told)));
    }
    let walk =
        Walk { state: Mutex::new(State { waiting: vec![root.to_owned()], ..State::default() }), news: Condvar::new() };
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS));
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| walk.work(&is_left_out));
        }
        walk.work(&is_left_out);
    });
    let State { mut done, failure, .. } = walk.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(failure) = failure {
        return Err(failure);
    }
    done.sort_unstable();
    let mut digest = Xxh3::new();
    for (folder, entries) in done {
        digest.update(folder.strip_prefix(root).unwrap_or(&folder).as_os_str().as_bytes());
        digest.update(&entries.to_le_bytes());
    }
    Ok(format!("{:032x}", digest.digest128()))
}

/// Folders that several threads go through.
struct Walk {
    state: Mutex<State>,
    /// There is another folder to look at, or nothing more to come.
    news: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<PathBuf>,
    /// How many folders are being looked at.
    under_way: usize,
    /// Each folder with the digest of what is in it.
    done: Vec<(PathBuf, u128)>,
    failure: Option<anyhow::Error>,
}

impl Walk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at folders until there are none.
    fn work(&self, is_left_out: &impl Fn(&Path, &OsStr) -> bool) {
        let mut state = self.lock();
        loop {
            let Some(folder) = state.waiting.pop() else {
                if state.under_way == 0 {
                    break;
                }
                state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.under_way += 1;
            drop(state);
            let found = entries(&folder, is_left_out);
            state = self.lock();
            state.under_way -= 1;
            match found {
                Ok((digest, below)) => {
                    state.done.push((folder, digest));
                    state.waiting.extend(below);
                }
                Err(error) => {
                    state.waiting.clear();
                    state.failure = Some(error);
                }
            }
            self.news.notify_all();
        }
    }
}

/// The digest of what is in one folder, and the folders in it.
///
/// Thousands of files are looked at before a command starts: so what it takes is a question to the kernel for each, by its name
/// in the open folder, and no memory of its own.
fn entries(folder: &Path, is_left_out: &impl Fn(&Path, &OsStr) -> bool) -> Result<(u128, Vec<PathBuf>)> {
    let failure = || format!("could not read {}", folder.display());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = openat(CWD, folder, flags, Mode::empty()).with_context(failure)?;
    // All names, one after the other, and where each of them is.
    let (mut names, mut places) = (Vec::new(), Vec::new());
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut listing = RawDir::new(&open, buffer.spare_capacity_mut());
    while let Some(entry) = listing.next() {
        let entry = entry.with_context(failure)?;
        let name = entry.file_name().to_bytes_with_nul();
        if matches!(name, b".\0" | b"..\0") || is_left_out(folder, OsStr::from_bytes(&name[..name.len() - 1])) {
            continue;
        }
        places.push(names.len()..names.len() + name.len());
        names.extend_from_slice(name);
    }
    places.sort_unstable_by(|one, other| names[one.clone()].cmp(&names[other.clone()]));
    let (mut told, mut below) = (Vec::with_capacity(names.len() + places.len() * 40), Vec::new());
    for place in places {
        let name = CStr::from_bytes_with_nul(&names[place]).with_context(failure)?;
        let stat = statat(&open, name, AtFlags::SYMLINK_NOFOLLOW).with_context(failure)?;
        told.extend_from_slice(name.to_bytes_with_nul());
        if tell(&mut told, &stat) {
            below.push(folder.join(OsStr::from_bytes(name.to_bytes())));
        }
    }
    Ok((xxh3_128(&told), below))
}

/// Adds what is known of a file; whether it is a folder.
fn tell(told: &mut Vec<u8>, stat: &Stat) -> bool {
    let is_folder = FileType::from_raw_mode(stat.st_mode).is_dir();
    // A folder's own size and time tell of what is in it, which is looked at for itself or left out.
    if !is_folder {
        for number in [stat.st_size.cast_unsigned(), stat.st_ctime.cast_unsigned(), stat.st_ctime_nsec] {
            told.extend_from_slice(&number.to_le_bytes());
        }
    }
    for number in [stat.st_mode, stat.st_uid, stat.st_gid] {
        told.extend_from_slice(&number.to_le_bytes());
    }
    is_folder
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn every_change_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a/f");
        fs::create_dir(dir.path().join("a")).unwrap();
        fs::write(&file, "one").unwrap();
        let mut before = of(dir.path()).unwrap();
        assert_eq!(before, of(dir.path()).unwrap());
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        let mut changed = |what: &str, change: &dyn Fn()| {
            // Change times are as fine as the kernel's tick.
            std::thread::sleep(std::time::Duration::from_millis(20));
            change();
            let after = of(dir.path()).unwrap();
            assert_ne!(before, after, "{what}");
            before = after;
        };
        changed("same size, time set back", &|| {
            fs::write(&file, "two").unwrap();
            fs::File::open(&file).unwrap().set_modified(modified).unwrap();
        });
        changed("mode", &|| fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap());
        changed("a second name", &|| fs::hard_link(&file, dir.path().join("g")).unwrap());
        changed("a file more", &|| fs::write(dir.path().join("a/h"), "").unwrap());
        changed("another folder's mode", &|| {
            fs::set_permissions(dir.path().join("a"), fs::Permissions::from_mode(0o750)).unwrap();
        });
        changed("a file less", &|| fs::remove_file(&file).unwrap());
    }

    #[test]
    fn what_is_left_out_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        let is_left_out = |_: &Path, name: &OsStr| name == "cache";
        let before = without(dir.path(), is_left_out).unwrap();
        fs::create_dir(dir.path().join("a/b/cache")).unwrap();
        fs::write(dir.path().join("a/b/cache/f"), "").unwrap();
        assert_eq!(without(dir.path(), is_left_out).unwrap(), before);
        fs::write(dir.path().join("a/b/f"), "").unwrap();
        assert_ne!(without(dir.path(), is_left_out).unwrap(), before);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        assert!(of(Path::new("/nowhere")).is_err());
    }
}
