//! How much room entries take, and which have to go.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Result, bail, ensure};

use super::folder::{DOWNLOADS, LAYERS};
use crate::fs::tree;
use crate::sandbox::disk;

/// How the folders of unfinished entries begin.
pub(super) const HALF: &str = "half-";

/// How the names of what is written down of a download end.
pub(super) const PLACES: &str = ".places";

/// The most bytes that all entries may take together, where a tenth of the free disk is not less.
const MOST: u64 = 10 << 30;
/// What stays free on the disk, in bytes: a run needs some too.
const LEFT_FREE: u64 = 1 << 30;
/// What says otherwise.
const SETTING: &str = "SHAKEDOWN_STORE_LIMIT";

/// One entry, as its seal has it, or a download.
#[derive(Debug)]
pub(super) struct Sealed {
    /// The entry's folder, or the file.
    place: PathBuf,
    pub(super) bytes: u64,
    used: SystemTime,
}

/// The text of a seal.
pub(super) fn written(digest: &str, bytes: u64) -> String {
    format!("{digest} {bytes}\n")
}

/// Takes [`written`] apart.
pub(super) fn parse(text: &str) -> Option<(&str, u64)> {
    let (digest, bytes) = text.trim().split_once(' ')?;
    Some((digest, bytes.parse().ok()?))
}

/// Every entry below the store's folder.
pub(super) fn entries(root: &Path) -> Vec<Sealed> {
    let inside = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let sealed = |seal: PathBuf| {
        let text = fs::read_to_string(&seal).ok()?;
        let used = seal.metadata().and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        Some(Sealed { place: seal.with_extension(""), bytes: parse(&text)?.1, used })
    };
    let all = inside(root.to_owned()).filter(|key| key.is_dir()).flat_map(inside);
    all.filter(|path| path.extension().is_some_and(|extension| extension == "seal")).filter_map(sealed).collect()
}

/// What entries take of the disk, in bytes.
pub(super) fn sum(entries: &[Sealed]) -> u64 {
    entries.iter().fold(0, |total, entry| total.saturating_add(entry.bytes))
}

fn downloads(root: &Path) -> impl Iterator<Item = Sealed> {
    let about = |place: PathBuf| {
        let meta = place.metadata().ok()?;
        Some(Sealed { place, bytes: meta.len(), used: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH) })
    };
    files(root).into_iter().filter_map(about)
}

/// Removes the entry in `folder` unless a run is using it.
pub(super) fn remove(folder: &Path) -> Result<()> {
    let (seal, lock) = (folder.with_extension("seal"), folder.with_extension("lock"));
    if let Ok(held) = File::open(&lock) {
        ensure!(held.try_lock().is_ok(), "{} is in use", folder.display());
        // Without its seal it does not count any more, whatever happens next.
        fs::remove_file(seal)?;
        tree::remove(folder)?;
        fs::remove_file(lock)?;
    }
    // Only an empty one goes.
    let _ = folder.parent().map(fs::remove_dir);
    Ok(())
}

/// Removes what was used longest ago of a cache's layers and downloads until the rest is within the limit, and what killed runs
/// left unfinished.
pub(super) fn shrink(cache: &Path) {
    let (layers, files) = (cache.join(LAYERS), cache.join(DOWNLOADS));
    remove_unfinished(&layers);
    remove_unfinished_files(&files);
    let mut entries = entries(&layers);
    entries.extend(downloads(&files));
    entries.sort_by_key(|entry| entry.used);
    let mut total = sum(&entries);
    let limit = limit(disk::free(cache).unwrap_or(0).saturating_add(total));
    for Sealed { place, bytes, .. } in entries {
        if total <= limit {
            break;
        }
        // Whoever is reading a download goes on with it.
        let removed = if place.is_dir() { remove(&place) } else { fs::remove_file(&place).map_err(Into::into) };
        if removed.is_ok() {
            total = total.saturating_sub(bytes);
        }
    }
}

/// Whether a text is a sha256 as the names of downloads have it.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The files that are whole, as far as their names tell.
pub(super) fn files(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let is_whole = |path: &PathBuf| path.file_name().is_some_and(|name| is_digest(&name.to_string_lossy()));
    entries.map(|entry| entry.path()).filter(is_whole).collect()
}

/// Removes what killed runs left unfinished, and what was written down of files that are gone.
pub(super) fn remove_unfinished_files(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_left = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        let is_of_none = || name.strip_suffix(PLACES).is_some_and(|sha256| !root.join(sha256).exists());
        if name.starts_with(HALF) && is_left() || is_of_none() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The most bytes for all entries, where `free` bytes would be free without them.
fn limit(free: u64) -> u64 {
    set().ok().flatten().unwrap_or_else(|| MOST.min(free / 10))
}

/// What the user has set, in bytes; none where nothing is.
///
/// # Errors
/// It is no size.
pub(super) fn set() -> Result<Option<u64>> {
    read_setting(&std::env::var(SETTING).unwrap_or_default())
}

fn read_setting(text: &str) -> Result<Option<u64>> {
    if text.is_empty() {
        return Ok(None);
    }
    let Ok(size) = text.parse::<bytesize::ByteSize>() else { bail!("{SETTING}={text} is no size such as 2GB") };
    Ok(Some(size.as_u64()))
}

/// Whether the disk has room for more.
///
/// # Errors
/// It has not.
pub(super) fn is_left(root: &Path) -> Result<()> {
    ensure!(disk::free(root).is_none_or(|free| free > LEFT_FREE), "the disk is nearly full");
    Ok(())
}

/// Every entry but those in use.
pub(super) fn clear(root: &Path) {
    remove_unfinished(root);
    entries(root).iter().for_each(|entry| drop(remove(&entry.place)));
}

/// Removes what killed runs left: what they had not come to name, and what has a name and no seal that can be read.
fn remove_unfinished(root: &Path) {
    let inside = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_key = |path: &PathBuf| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(HALF));
    let is_sealed =
        |path: &Path| fs::read_to_string(path.with_extension("seal")).is_ok_and(|text| parse(&text).is_some());
    for folder in
        inside(root).filter(is_key).flat_map(|key| inside(&key)).filter(|path| path.is_dir() && !is_sealed(path))
    {
        let lock = folder.with_extension("lock");
        // Whoever is about to seal it holds its lock.
        if File::open(&lock).map_or(true, |held| held.try_lock().is_ok()) {
            let _ = tree::remove(&folder);
            [folder.with_extension("seal"), lock].iter().for_each(|file| drop(fs::remove_file(file)));
            let _ = folder.parent().map(fs::remove_dir);
        }
    }
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(HALF) || name.ends_with(".lock") {
            continue;
        }
        let lock = path.with_extension("lock");
        if File::open(&lock).map_or(true, |held| held.try_lock().is_ok()) {
            let _ = tree::remove(&path);
            let _ = fs::remove_file(lock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_no_size_is_told() {
        assert_eq!(read_setting("").unwrap(), None);
        assert_eq!(read_setting("2GB").unwrap(), Some(2_000_000_000));
        assert_eq!(read_setting("much").unwrap_err().to_string(), "SHAKEDOWN_STORE_LIMIT=much is no size such as 2GB");
    }

    #[test]
    fn a_tenth_of_the_free_disk_is_the_limit_where_that_is_less() {
        assert_eq!(limit(20 << 30), 2 << 30);
        assert_eq!(limit(1 << 40), MOST);
    }

    #[test]
    fn a_seal_holds_digest_and_size() {
        assert_eq!(parse(&written("00ff", 7)), Some(("00ff", 7)));
        assert_eq!(parse("00ff"), None);
    }

    #[test]
    fn what_was_never_sealed_goes_once_nobody_is_about_to() {
        let cache = tempfile::tempdir().unwrap();
        let key = cache.path().join(LAYERS).join("key");
        for id in ["dead", "torn", "whole", "begun"] {
            fs::create_dir_all(key.join(id)).unwrap();
            File::create(key.join(format!("{id}.lock"))).unwrap();
        }
        fs::write(key.join("torn.seal"), "ab").unwrap();
        // As large as no sum can be told.
        fs::write(key.join("whole.seal"), written("ab", u64::MAX)).unwrap();
        let begun = File::open(key.join("begun.lock")).unwrap();
        begun.lock().unwrap();
        remove_unfinished(&cache.path().join(LAYERS));
        let is_there = |id: &str| key.join(id).exists();
        assert_eq!(["dead", "torn", "whole", "begun"].map(is_there), [false, false, true, true]);
        assert_eq!(sum(&entries(&cache.path().join(LAYERS))), u64::MAX);
    }
}
