//! What installers of earlier runs downloaded, each file under the sha256 of its content.
//!
//! A file is written under another name and renamed when it is whole and its digest is the one that the package index gives; the
//! digest is taken again before it is given. Nothing here is shown inside: what runs there gets bytes from the mirror.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::folder::{DOWNLOADS, private_folder};
use super::space::{self, PLACES};
use crate::sandbox::cache::Cache;

/// At once from the disk, in bytes.
const CHUNK: usize = 256 << 10;
/// The most bytes of a list of places.
const MOST_PLACES: u64 = 64 << 10;

/// The downloads of one user.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Downloads {
    root: PathBuf,
}

/// A file that is being written. Dropping it removes it.
#[derive(Debug)]
pub(in crate::sandbox) struct Half {
    file: NamedTempFile,
    digest: Sha256,
}

impl Downloads {
    /// Those in a cache.
    ///
    /// # Errors
    /// The folder cannot be made, somebody else could write to it, or the user's limit is no size.
    pub(in crate::sandbox) fn open(cache: &Cache) -> Result<Self> {
        space::set()?;
        Ok(Self { root: private_folder(cache, DOWNLOADS)? })
    }

    /// The file with this digest, at its beginning, and its size in bytes. What has another digest by now is removed.
    pub(in crate::sandbox) fn find(&self, sha256: &str) -> Option<(File, u64)> {
        let path = self.root.join(sha256);
        let mut file = File::open(&path).ok().filter(|_| space::is_digest(sha256))?;
        let (found, bytes) = digest_of(&mut file).ok()?;
        if found != sha256 {
            let _ = fs::remove_file(path);
            return None;
        }
        // The time of last use; a store that is read-only stays as it is.
        let _ = file.set_modified(SystemTime::now());
        file.rewind().ok()?;
        Some((file, bytes))
    }

    /// Begins a file.
    ///
    /// # Errors
    /// The disk is nearly full, or cannot be written to.
    pub(in crate::sandbox) fn begin(&self) -> Result<Half> {
        space::is_left(&self.root)?;
        let file = tempfile::Builder::new().prefix(space::HALF).tempfile_in(&self.root)?;
        // Whoever sweeps up after killed runs leaves it alone.
        file.as_file().lock()?;
        Ok(Half { file, digest: Sha256::new() })
    }

    /// Keeps a file under its digest.
    ///
    /// # Errors
    /// It has another, or the disk cannot be written to.
    pub(in crate::sandbox) fn finish(&self, half: Half, sha256: &str) -> Result<()> {
        ensure!(half.has_digest(sha256), "it has another digest");
        half.file.persist(self.root.join(sha256)).context("could not be kept")?;
        Ok(())
    }

    /// Where installers keep a file, and with which permissions, as [`add_place`](Self::add_place) was told.
    pub(in crate::sandbox) fn places(&self, sha256: &str) -> BTreeMap<String, u32> {
        let is_there = space::is_digest(sha256) && self.root.join(sha256).exists();
        let path = self.root.join(format!("{sha256}{PLACES}"));
        let text = is_there.then(|| crate::fs::read(&path, MOST_PLACES).ok()).flatten().unwrap_or_default();
        let place = |line: &str| {
            let (mode, place) = line.split_once(' ')?;
            Some((place.to_owned(), u32::from_str_radix(mode, 8).ok()?))
        };
        String::from_utf8_lossy(&text).lines().filter_map(place).collect()
    }

    /// Remembers where an installer keeps a file; `place` is one line.
    ///
    /// # Errors
    /// The disk's.
    pub(in crate::sandbox) fn add_place(&self, sha256: &str, place: &str, mode: u32) -> Result<()> {
        let mut places = self.places(sha256);
        if places.insert(place.to_owned(), mode) != Some(mode) {
            let text: String = places.iter().map(|(place, mode)| format!("{mode:o} {place}\n")).collect();
            let mut half = self.begin()?;
            half.add(text.as_bytes())?;
            half.file.persist(self.root.join(format!("{sha256}{PLACES}"))).context("could not be kept")?;
        }
        Ok(())
    }

    /// Removes what was used longest ago, layers too, until the rest is within the limit.
    pub(in crate::sandbox) fn shrink(&self) {
        self.root.parent().into_iter().for_each(space::shrink);
    }
}

impl Half {
    /// Adds to it.
    ///
    /// # Errors
    /// The disk's.
    pub(in crate::sandbox) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    /// Whether what was added so far is all of it.
    pub(in crate::sandbox) fn has_digest(&self, sha256: &str) -> bool {
        space::is_digest(sha256) && hex(&self.digest.clone().finalize()) == sha256
    }

    /// What was added so far, as a file.
    pub(in crate::sandbox) fn file(&self) -> &File {
        self.file.as_file()
    }
}

/// The digits of a digest.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest_of(file: &mut File) -> io::Result<(String, u64)> {
    let (mut digest, mut buffer, mut bytes) = (Sha256::new(), vec![0; CHUNK], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hex(&digest.finalize()), bytes)),
            read => {
                digest.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// The size in bytes of all downloads in a cache.
pub fn size(cache: &Cache) -> u64 {
    let sizes = space::files(&cache.root().join(DOWNLOADS)).into_iter().filter_map(|path| path.metadata().ok());
    sizes.map(|meta| meta.len()).sum()
}

/// Removes all downloads in a cache.
///
/// # Errors
/// The disk's.
pub fn clear(cache: &Cache) -> Result<()> {
    let root = cache.root().join(DOWNLOADS);
    for path in space::files(&root) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not remove {}", path.display()));
            }
            _ => {}
        }
    }
    space::remove_unfinished_files(&root);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Of `tide`.
    fn tide() -> String {
        hex(&Sha256::digest(b"tide"))
    }

    fn place() -> (tempfile::TempDir, Cache, Downloads) {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache"));
        let downloads = Downloads::open(&cache).unwrap();
        (dir, cache, downloads)
    }

    fn keep(downloads: &Downloads, bytes: &[u8], sha256: &str) -> Result<()> {
        let mut half = downloads.begin()?;
        half.add(bytes)?;
        downloads.finish(half, sha256)
    }

    #[test]
    fn a_file_is_given_by_its_digest_alone() {
        let (_dir, cache, downloads) = place();
        assert!(downloads.find(&tide()).is_none());
        keep(&downloads, b"tide", &tide()).unwrap();
        let (mut file, bytes) = downloads.find(&tide()).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), bytes, size(&cache)), ("tide", 4, 4));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        for other in ["", "..", "../layers-1", &tide()[1..], &tide().to_uppercase()] {
            assert!(downloads.find(other).is_none(), "{other}");
        }
        clear(&cache).unwrap();
        assert_eq!((downloads.find(&tide()).is_none(), size(&cache)), (true, 0));
    }

    #[test]
    fn what_has_another_digest_is_neither_kept_nor_given() {
        let (_dir, cache, downloads) = place();
        assert!(keep(&downloads, b"ebb", &tide()).is_err());
        assert_eq!(fs::read_dir(cache.root().join(DOWNLOADS)).unwrap().count(), 0);
        fs::write(cache.root().join(DOWNLOADS).join(tide()), "ebb").unwrap();
        assert!(downloads.find(&tide()).is_none());
        assert_eq!(size(&cache), 0);
    }

    #[test]
    fn what_a_killed_run_left_is_swept_up_and_what_is_being_written_is_not() {
        let (_dir, cache, downloads) = place();
        let root = cache.root().join(DOWNLOADS);
        fs::write(root.join("half-left"), "ti").unwrap();
        let mut half = downloads.begin().unwrap();
        half.add(b"tide").unwrap();
        downloads.shrink();
        assert!(!root.join("half-left").exists());
        downloads.finish(half, &tide()).unwrap();
        assert!(downloads.find(&tide()).is_some());
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let (_dir, cache, _downloads) = place();
        fs::set_permissions(cache.root().join(DOWNLOADS), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Downloads::open(&cache).unwrap_err().to_string().starts_with("others may write to "));
    }
}
