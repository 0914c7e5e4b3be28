//! Whether something that is kept between runs is still what it was when it was made.
//!
//! What runs inside cannot write to it; this is checked as well. The kernel sets a file's change time at every
//! write, chmod, rename or link, and no process can set it back without the machine's clock, so names, kinds, modes, sizes and
//! change times together tell every change without reading a byte of content: some 4 µs a file, where reading what a root
//! holds takes as long as copying it. A cache that was restored from an archive has other times, and is made anew.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use xxhash_rust::xxh3::Xxh3;

/// A digest of everything below `dir`. Links are not followed.
pub(super) fn of(dir: &Path) -> Result<String> {
    let mut digest = Xxh3::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        let failure = || format!("could not read {}", dir.display());
        let mut entries: Vec<_> =
            fs::read_dir(&dir).with_context(failure)?.collect::<Result<_, _>>().with_context(failure)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        digest.update(&(entries.len() as u64).to_le_bytes());
        for entry in entries {
            let meta = entry.metadata().with_context(failure)?;
            let name = entry.file_name();
            digest.update(name.as_bytes());
            digest.update(&[0]);
            for number in [meta.size(), meta.ctime().cast_unsigned(), meta.ctime_nsec().cast_unsigned()] {
                digest.update(&number.to_le_bytes());
            }
            for number in [meta.mode(), meta.uid(), meta.gid()] {
                digest.update(&number.to_le_bytes());
            }
            if meta.is_dir() {
                todo.push(entry.path());
            }
        }
    }
    Ok(format!("{:032x}\n", digest.digest128()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn every_change_breaks_the_seal() {
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
        changed("a file less", &|| fs::remove_file(&file).unwrap());
    }
}
