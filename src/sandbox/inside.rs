//! Files of a run's root, looked at from outside. Commands may have put links and pipes there: no link is followed, and no
//! pipe is waited for.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, mkdirat, openat2, unlinkat};
use rustix::io::Errno;

/// The most bytes that are read of one.
const MOST: u64 = 256 << 20;

/// No link is followed.
const WITHIN: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// Opens a file.
fn open(root: &Path, file: &str, flags: OFlags) -> Result<File> {
    let root = open_root(root)?;
    let mode = if flags.contains(OFlags::CREATE) { Mode::from_raw_mode(0o644) } else { Mode::empty() };
    let flags = flags | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(openat2(&root, file, flags, mode, WITHIN)?);
    ensure!(file.metadata()?.is_file(), "is no plain file");
    Ok(file)
}

/// The content of a plain file.
pub(in crate::sandbox) fn read(root: &Path, file: &str) -> Result<Vec<u8>> {
    let opened = open(root, file, OFlags::RDONLY).with_context(|| format!("could not read /{file}"))?;
    let mut bytes = Vec::new();
    opened.take(MOST + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= MOST, "/{file} is too long");
    Ok(bytes)
}

/// The first bytes of a plain file, at most `most`.
pub(in crate::sandbox) fn read_beginning(root: &Path, file: &str, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(root, file, OFlags::RDONLY)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file, which may be there already.
pub(in crate::sandbox) fn write(root: &Path, file: &str, text: &[u8]) -> Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
    let mut opened = open(root, file, flags).with_context(|| format!("could not write /{file}"))?;
    Ok(opened.write_all(text)?)
}

/// A plain file, to be read.
pub(in crate::sandbox) fn open_file(root: &Path, file: &str) -> Result<File> {
    open(root, file, OFlags::RDONLY)
}

/// A new file.
pub(in crate::sandbox) fn create(root: &Path, file: &str) -> Result<File> {
    open(root, file, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
}

/// Whether there is a folder, and no link on the way to it.
pub(in crate::sandbox) fn folder(root: &Path, folder: &str) -> Result<()> {
    open_folder(&open_root(root)?, folder).map(drop)
}

/// Makes a folder, and those that it lies in.
pub(in crate::sandbox) fn create_folders(root: &Path, folder: &str) -> Result<()> {
    let mut here = open_root(root)?;
    for name in folder.split('/') {
        match mkdirat(&here, name, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => here = open_folder(&here, name)?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn open_root(root: &Path) -> Result<OwnedFd> {
    Ok(rustix::fs::openat(CWD, root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

fn open_folder(root: &OwnedFd, folder: &str) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat2(root, folder, flags, Mode::empty(), WITHIN)?)
}

/// Removes a file.
pub(in crate::sandbox) fn remove(root: &Path, file: &str) -> Result<()> {
    let (folder, name) = file.rsplit_once('/').context("a file of the root itself")?;
    let folder = open_folder(&open_root(root)?, folder)?;
    Ok(unlinkat(&folder, name, AtFlags::empty())?)
}

/// Removes a file, and the folders from its own up to `above` that held nothing else.
pub(in crate::sandbox) fn remove_with_folders(root: &Path, file: &str, above: &str) -> Result<()> {
    remove(root, file)?;
    let folders = Path::new(file).ancestors().skip(1).take_while(|folder| folder.starts_with(above));
    // Only an empty one goes.
    folders.take_while(|folder| std::fs::remove_dir(root.join(folder)).is_ok()).for_each(drop);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_link_leads_out_of_the_root() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("pip.conf"), "theirs").unwrap();
        symlink(outside.path(), root.path().join("etc")).unwrap();
        assert!(read(root.path(), "etc/pip.conf").is_err());
        assert!(write(root.path(), "etc/pip.conf", b"ours").is_err());
        assert!(remove(root.path(), "etc/pip.conf").is_err());
        assert!(create_folders(root.path(), "etc/pip").is_err() && folder(root.path(), "etc").is_err());
        assert_eq!(fs::read(outside.path().join("pip.conf")).unwrap(), b"theirs");
        fs::remove_file(root.path().join("etc")).unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        write(root.path(), "etc/pip.conf", b"ours").unwrap();
        assert_eq!(read(root.path(), "etc/pip.conf").unwrap(), b"ours");
        assert_eq!(read_beginning(root.path(), "etc/pip.conf", 2).unwrap(), b"ou");
        create_folders(root.path(), "etc/xdg/pip").unwrap();
        assert!(folder(root.path(), "etc/xdg/pip").is_ok() && folder(root.path(), "etc/pip.conf").is_err());
        assert!(create(root.path(), "etc/xdg/pip/new").is_ok() && create(root.path(), "etc/pip.conf").is_err());
        remove(root.path(), "etc/pip.conf").unwrap();
        assert!(!root.path().join("etc/pip.conf").exists());
    }

    #[test]
    fn a_pipe_is_not_waited_for_and_a_file_of_holes_takes_no_memory() {
        let root = tempfile::tempdir().unwrap();
        assert!(std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status().unwrap().success());
        assert!(read(root.path(), "pipe").is_err() && read_beginning(root.path(), "pipe", 9).is_err());
        File::create(root.path().join("holes")).unwrap().set_len(1 << 40).unwrap();
        assert!(read(root.path(), "holes").is_err());
        assert_eq!(read_beginning(root.path(), "holes", 9).unwrap(), [0; 9]);
    }
}
