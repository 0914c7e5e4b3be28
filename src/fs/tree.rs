//! Copying and removing whole folders.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::read::copy_sparse;

/// Copies what `from` leads to, without using up room where the file system can share blocks. Never a link: a file that is
/// shown inside must not be one of the host's.
///
/// # Errors
/// Those of finding and copying.
pub fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let real = fs::canonicalize(from).with_context(|| format!("could not find {}", from.display()))?;
    fs::copy(&real, to).map(drop).with_context(|| format!("could not copy {}", real.display()))
}

/// Copies a folder. Links stay links. Files that this user cannot read are left out; what needs one fails later, and names it.
///
/// # Errors
/// Those of listing folders and making them.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let as_they_are = Copying { link: &|target| target, fills: &|_| true, skips_unreadable: true };
    fs::create_dir_all(to).with_context(|| format!("could not make {}", to.display()))?;
    copy_by(from, to, &as_they_are)
}

/// What becomes of the entries of a folder that is copied.
pub struct Copying<'r> {
    /// Where a link leads in the copy, by where it leads in the original.
    pub link: &'r dyn Fn(PathBuf) -> PathBuf,
    /// Whether a folder's content comes along; without it the folder is there and empty.
    pub fills: &'r dyn Fn(&Path) -> bool,
    /// Whether files that cannot be read are left out; otherwise they are errors.
    pub skips_unreadable: bool,
}

/// Copies a folder's content into another that is there, with the permissions of files and folders. Pipes, sockets and devices
/// are left out.
///
/// # Errors
/// Those of listing, making and, where that is asked for, reading.
pub fn copy_by(from: &Path, to: &Path, how: &Copying<'_>) -> Result<()> {
    let mut folders = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        let listed = || format!("could not read {}", from.display());
        for entry in fs::read_dir(&from).with_context(listed)? {
            let entry = entry.with_context(listed)?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            let failed = || format!("could not copy {}", source.display());
            let kind = entry.file_type().with_context(failed)?;
            if kind.is_symlink() {
                let leads = fs::read_link(&source).with_context(failed)?;
                symlink((how.link)(leads), &target).with_context(failed)?;
            } else if kind.is_dir() {
                fs::create_dir_all(&target).with_context(failed)?;
                let mode = entry.metadata().with_context(failed)?.permissions().mode() & 0o777;
                // A folder that its owner may not write would take no files here either.
                fs::set_permissions(&target, fs::Permissions::from_mode(mode | 0o700)).with_context(failed)?;
                if (how.fills)(&source) {
                    folders.push((source, target));
                }
            } else if kind.is_file()
                && let Err(error) = copy_over(&source, &target)
                && !how.skips_unreadable
            {
                return Err(error).with_context(failed);
            }
        }
    }
    Ok(())
}

/// Copies a file, holes as holes; what is there already gives way.
fn copy_over(from: &Path, to: &Path) -> io::Result<()> {
    match copy_sparse(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(to)?;
            copy_sparse(from, to)
        }
        other => other,
    }
}

/// Removes a folder even when folders in it deny writing to their owner. Never follows links.
///
/// # Errors
/// Those of removing; a folder that is not there is none.
pub fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(_) => open_up(dir),
        Ok(()) => return Ok(()),
    }
    fs::remove_dir_all(dir).with_context(|| format!("could not remove {}", dir.display()))
}

fn open_up(dir: &Path) {
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        let _ = fs::set_permissions(&dir, fs::Permissions::from_mode(0o700));
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_shares_no_file_with_the_original() {
        use std::os::unix::fs::MetadataExt;
        let dir = tempfile::tempdir().unwrap();
        let (host, kept) = (dir.path().join("host"), dir.path().join("kept"));
        fs::create_dir_all(host.join("lib")).unwrap();
        fs::write(host.join("lib/f"), "text").unwrap();
        symlink("f", host.join("lib/link")).unwrap();
        copy(&host, &kept).unwrap();
        copy_file(&host.join("lib/link"), &kept.join("g")).unwrap();
        for copy in ["lib/f", "g"] {
            let meta = fs::symlink_metadata(kept.join(copy)).unwrap();
            assert!(meta.is_file() && meta.nlink() == 1, "{copy}");
        }
        assert_eq!(fs::read_link(kept.join("lib/link")).unwrap(), Path::new("f"));
        fs::write(kept.join("g"), "changed").unwrap();
        assert_eq!(fs::read_to_string(host.join("lib/f")).unwrap(), "text");
    }

    #[test]
    fn a_file_that_is_there_gives_way_and_holes_stay_holes() {
        use std::os::unix::fs::MetadataExt;
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::create_dir_all(&from).unwrap();
        fs::create_dir_all(&to).unwrap();
        for (place, text) in [(from.join("f"), "new"), (to.join("f"), "older")] {
            fs::write(place, text).unwrap();
        }
        fs::File::create(from.join("holes")).unwrap().set_len(1 << 40).unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("f")).unwrap(), "new");
        let meta = fs::metadata(to.join("holes")).unwrap();
        assert!(meta.len() == 1 << 40 && meta.blocks() < 100, "{} blocks", meta.blocks());
    }

    #[test]
    fn links_are_led_elsewhere_and_folders_left_empty_where_that_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        for folder in ["src", "heavy/deep"] {
            fs::create_dir_all(from.join(folder)).unwrap();
        }
        fs::write(from.join("src/f"), "text").unwrap();
        symlink("f", from.join("src/link")).unwrap();
        fs::create_dir(&to).unwrap();
        let how = Copying {
            link: &|target| Path::new("moved").join(target),
            fills: &|folder| !folder.ends_with("heavy"),
            skips_unreadable: false,
        };
        copy_by(&from, &to, &how).unwrap();
        assert_eq!(fs::read_link(to.join("src/link")).unwrap(), Path::new("moved/f"));
        assert!(to.join("src/f").is_file() && to.join("heavy").is_dir() && !to.join("heavy/deep").exists());
    }

    #[test]
    fn what_an_app_locked_is_removed_too() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("f"), "").unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o000)).unwrap();
        remove(&dir.path().join("a")).unwrap();
        assert!(!dir.path().join("a").exists());
        remove(&dir.path().join("a")).unwrap();
    }
}
