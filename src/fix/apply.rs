//! Writing several files as one: all of them, or none.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::{NamedTempFile, TempPath};

/// One file to write (or remove), and what must be there until then.
#[derive(Debug)]
pub(super) struct Write<'a> {
    pub(super) path: PathBuf,
    pub(super) before: Option<&'a [u8]>,
    pub(super) after: Option<&'a [u8]>,
    pub(super) mode: u32,
}

/// Makes every write or none, and the folders that they need.
pub(super) fn all(writes: &[Write<'_>]) -> Result<()> {
    let folders = missing_folders(writes);
    let done = make_folders(&folders).and_then(|()| commit(writes, &mut put));
    if done.is_err() {
        for folder in folders.iter().rev() {
            // One that holds something by now is somebody's.
            let _ = fs::remove_dir(folder);
        }
    }
    done
}

fn make_folders(folders: &[PathBuf]) -> Result<()> {
    folders.iter().try_for_each(|folder| {
        fs::create_dir(folder).with_context(|| format!("cannot make the folder {}", folder.display()))
    })
}

/// Those above what is written that are not there, the outermost first.
fn missing_folders(writes: &[Write<'_>]) -> Vec<PathBuf> {
    let above = writes.iter().filter(|write| write.after.is_some()).flat_map(|write| write.path.ancestors().skip(1));
    let mut missing: Vec<PathBuf> = above.filter(|folder| !folder.exists()).map(Path::to_owned).collect();
    missing.sort();
    missing.dedup();
    missing
}

/// Puts a staged file in its place, or with `None` removes what is there.
type Put<'p> = &'p mut dyn FnMut(&Write<'_>, Option<TempPath>) -> io::Result<()>;

fn commit(writes: &[Write<'_>], put: Put<'_>) -> Result<()> {
    let staged = stage_all(writes, |write| write.after)?;
    // With what was there beside them as files, putting things back needs no space and no memory of ours.
    let mut backups = stage_all(writes, |write| write.before)?;
    for write in writes {
        unchanged(write)?;
    }
    for (index, (write, staged)) in writes.iter().zip(staged).enumerate() {
        let done = unchanged(write).and_then(|()| put(write, staged).with_context(|| cannot(write)));
        if let Err(error) = done {
            backups.truncate(index);
            return Err(roll_back(writes, backups, error));
        }
    }
    for write in writes {
        if let Some(folder) = write.path.parent() {
            // The files are in place; a folder that cannot be synced (some network mounts) takes nothing from that.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
    }
    Ok(())
}

fn cannot(write: &Write<'_>) -> String {
    format!("cannot write {}", write.path.display())
}

fn stage_all<'a>(writes: &[Write<'a>], side: impl Fn(&Write<'a>) -> Option<&'a [u8]>) -> Result<Vec<Option<TempPath>>> {
    let staged = writes.iter().map(|write| side(write).map(|content| stage(write, content)).transpose());
    staged.zip(writes).map(|(staged, write)| staged.with_context(|| cannot(write))).collect()
}

fn stage(write: &Write<'_>, content: &[u8]) -> io::Result<TempPath> {
    let folder = write.path.parent().unwrap_or(Path::new("."));
    let mut file: NamedTempFile = tempfile::Builder::new().prefix(".shakedown-").tempfile_in(folder)?;
    file.write_all(content)?;
    if let Ok(found) = fs::metadata(&write.path) {
        // Only root can give a file away; for anyone else the owner is right already.
        let _ = fchown(file.as_file(), Some(found.uid()), Some(found.gid()));
    }
    file.as_file().set_permissions(Permissions::from_mode(write.mode))?;
    file.as_file().sync_all()?;
    Ok(file.into_temp_path())
}

fn unchanged(write: &Write<'_>) -> Result<()> {
    let now = match fs::symlink_metadata(&write.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Ok(found) if found.is_file() => Some(fs::read(&write.path).with_context(|| cannot(write))?),
        _ => bail!("{} is no regular file any more", write.path.display()),
    };
    if now.as_deref() == write.before {
        return Ok(());
    }
    Err(anyhow!("{} changed while it was being worked on; run again", write.path.display()))
}

fn put(write: &Write<'_>, staged: Option<TempPath>) -> io::Result<()> {
    match staged {
        Some(staged) if write.before.is_none() => staged.persist_noclobber(&write.path).map_err(|failed| failed.error),
        Some(staged) => staged.persist(&write.path).map_err(|failed| failed.error),
        None => fs::remove_file(&write.path),
    }
}

/// Restores what was written so far; the error says so, or names where the former content of a file is kept.
fn roll_back(writes: &[Write<'_>], backups: Vec<Option<TempPath>>, error: anyhow::Error) -> anyhow::Error {
    let mut kept = Vec::new();
    for (write, backup) in writes.iter().zip(backups).rev() {
        // Whoever changed the file since then meant to: it is theirs now.
        let is_ours = fs::read(&write.path).ok().as_deref() == write.after;
        let path = write.path.display();
        match backup {
            None if is_ours && fs::remove_file(&write.path).is_ok() => {}
            None => kept.push(format!("{path} is new")),
            Some(backup) if !is_ours => kept.push(keep(&path, backup)),
            Some(backup) => {
                if let Err(failed) = backup.persist(&write.path) {
                    kept.push(keep(&path, failed.path));
                }
            }
        }
    }
    if kept.is_empty() {
        error.context("nothing was written")
    } else {
        error.context(format!("only part was written: {}", kept.join(", ")))
    }
}

fn keep(path: &impl std::fmt::Display, backup: TempPath) -> String {
    match backup.keep() {
        Ok(kept) => format!("{path} as it was is in {}", kept.display()),
        Err(failed) => format!("{path} as it was is in {}", failed.path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write<'a>(dir: &Path, name: &str, before: Option<&'a str>, after: Option<&'a str>) -> Write<'a> {
        let path = dir.join(name);
        if let Some(before) = before {
            fs::write(&path, before).unwrap();
        }
        Write { path, before: before.map(str::as_bytes), after: after.map(str::as_bytes), mode: 0o640 }
    }

    fn listing(dir: &Path) -> Vec<(String, String)> {
        let mut found: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
            .collect();
        found.sort();
        found
    }

    fn three(dir: &Path) -> [Write<'static>; 3] {
        [
            write(dir, "a", Some("old a"), Some("new a")),
            write(dir, "b", None, Some("new b")),
            write(dir, "c", Some("old c"), None),
        ]
    }

    #[test]
    fn all_files_are_written_with_their_permissions_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        all(&three(dir.path())).unwrap();
        assert_eq!(listing(dir.path()), [("a".into(), "new a".into()), ("b".into(), "new b".into())]);
        assert_eq!(fs::metadata(dir.path().join("a")).unwrap().mode() & 0o7777, 0o640);
    }

    #[test]
    fn a_write_that_fails_takes_back_those_before_it() {
        for failing in 0..3 {
            let dir = tempfile::tempdir().unwrap();
            let writes = three(dir.path());
            let before = listing(dir.path());
            let mut count = 0;
            let error = commit(&writes, &mut |write, staged| {
                count += 1;
                if count - 1 == failing { Err(io::Error::other("disk full")) } else { put(write, staged) }
            })
            .unwrap_err();
            assert_eq!(error.to_string(), "nothing was written");
            assert_eq!(listing(dir.path()), before);
        }
    }

    #[test]
    fn a_file_that_changed_meanwhile_stops_everything() {
        let dir = tempfile::tempdir().unwrap();
        let writes = three(dir.path());
        fs::write(dir.path().join("c"), "theirs").unwrap();
        let error = all(&writes).unwrap_err();
        assert!(error.to_string().contains("c changed while it was being worked on"), "{error}");
        assert_eq!(listing(dir.path()), [("a".into(), "old a".into()), ("c".into(), "theirs".into())]);
    }

    #[test]
    fn what_somebody_wrote_after_us_is_theirs_and_the_former_content_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let writes = three(dir.path());
        let error = commit(&writes, &mut |write, staged| {
            if write.path.ends_with("b") {
                fs::write(dir.path().join("a"), "theirs")?;
                return Err(io::Error::other("disk full"));
            }
            put(write, staged)
        })
        .unwrap_err();
        assert!(error.to_string().starts_with("only part was written"), "{error}");
        let contents: Vec<String> = listing(dir.path()).into_iter().map(|(_, content)| content).collect();
        assert!(contents.contains(&"theirs".to_owned()) && contents.contains(&"old a".to_owned()), "{contents:?}");
    }

    #[test]
    fn folders_that_are_missing_are_made_and_taken_back_where_nothing_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let writes = || {
            [
                write(dir.path(), "b", None, Some("new b")),
                write(dir.path(), "x/y/a", None, Some("new a")),
                write(dir.path(), "x/z", None, Some("new z")),
            ]
        };
        fs::write(dir.path().join("b"), "somebody else's").unwrap();
        all(&writes()).unwrap_err();
        assert!(!dir.path().join("x").exists());
        fs::remove_file(dir.path().join("b")).unwrap();
        all(&writes()).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("x/y/a")).unwrap(), "new a");
    }
}
