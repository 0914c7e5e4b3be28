//! The archives that Poetry downloads and keeps in a cache of its own, for later runs.
//!
//! Poetry asks the index for the project's page first, looks into this cache for what the page names, and compares what it takes from
//! there with the lock's hash (1.3.1, 1.8.5, 2.2.1). Each archive lies in a folder whose name Poetry makes of its address and its hash,
//! in each version in another way: so a place is written down where Poetry has put an archive, and used again as it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use anyhow::{Result, ensure};

use super::downloads::Downloads;
use super::lock;
use crate::plan::Vars;
use crate::sandbox::disk;

/// Where the cache is, seen from the root, where no variable says otherwise.
pub(in crate::sandbox) const PLACE: &str = "root/.cache/pypoetry/artifacts";
/// What says otherwise.
const ELSEWHERE: &[&str] = &["POETRY_CACHE_DIR", "XDG_CACHE_HOME"];
/// The most bytes of an archive.
const MOST: u64 = 4 << 30;
/// In so many places an archive of one name is looked for: Poetry has one for each address.
const MOST_PLACES: usize = 4;
/// At once from a file, in bytes.
const CHUNK: usize = 256 << 10;
/// The digits of the folders that an archive lies in.
const FOLDERS: [usize; 4] = [2, 2, 2, 58];

/// The archives that one lock names.
#[derive(Debug)]
pub(in crate::sandbox) struct Artifacts {
    downloads: Downloads,
    /// The names of files by their sha256.
    named: BTreeMap<String, String>,
}

/// One that an earlier run has downloaded.
#[derive(Debug)]
pub(in crate::sandbox) struct Artifact {
    /// Below [`PLACE`].
    pub(in crate::sandbox) place: String,
    /// Permission bits, as Poetry gave them.
    pub(in crate::sandbox) mode: u32,
    pub(in crate::sandbox) file: File,
}

/// Whether Poetry's cache is where it usually is, and none of the command's `caches`, which have their own content.
pub(in crate::sandbox) fn is_usual(vars: &Vars, caches: &[String]) -> bool {
    let is_at_home = vars.get("HOME").is_none_or(|home| home == "/root");
    let is_cache = |cache: &String| {
        let cache = cache.trim_matches('/');
        PLACE.strip_prefix(cache).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            || cache.strip_prefix(PLACE).is_some_and(|rest| rest.starts_with('/'))
    };
    is_at_home && ELSEWHERE.iter().all(|name| !vars.contains_key(*name)) && !caches.iter().any(is_cache)
}

impl Artifacts {
    /// Those of a `poetry.lock`.
    pub(in crate::sandbox) fn of(downloads: Downloads, text: &str) -> Self {
        Self { downloads, named: lock::archives_of_poetry(text).unwrap_or_default() }
    }

    /// Those that are there, in each place that Poetry has had them in.
    pub(in crate::sandbox) fn known(&self) -> impl Iterator<Item = Artifact> {
        self.named.iter().flat_map(|(sha256, name)| {
            let places = self.downloads.places(sha256).into_iter().filter(|(place, _)| is_of(place, name));
            places.filter_map(|(place, mode)| Some(Artifact { place, mode, file: self.downloads.find(sha256)?.0 }))
        })
    }

    /// Which of the files of a cache, by their places, are to be kept: those that the lock names, and that no earlier run has.
    pub(in crate::sandbox) fn wanted<'p>(&self, places: impl Iterator<Item = &'p str>) -> Vec<&'p str> {
        let is_kept = |sha256: &str, place: &str| self.downloads.places(sha256).contains_key(place);
        let mut counts = BTreeMap::<&str, usize>::new();
        places
            .filter(|place| {
                let mut named = self.named.iter().filter(|(_, name)| is_of(place, name));
                let Some((_, name)) = named.find(|(sha256, _)| !is_kept(sha256, place)) else { return false };
                let count = counts.entry(name).or_default();
                *count += 1;
                *count <= MOST_PLACES
            })
            .collect()
    }

    /// Keeps what Poetry has put at a place, if it is what the lock says. Whatever else lies there is none of ours.
    pub(in crate::sandbox) fn keep(&self, place: &str, mode: u32, content: impl Read) {
        let mut content = content.take(MOST);
        let Ok(mut half) = self.downloads.begin() else { return };
        let mut buffer = vec![0; CHUNK];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) if half.add(&buffer[..read]).is_ok() => {}
                _ => return,
            }
        }
        let mut named = self.named.iter().filter(|(_, name)| is_of(place, name));
        if let Some((sha256, _)) = named.find(|(sha256, _)| half.has_digest(sha256)) {
            let _ = self
                .downloads
                .finish(half, sha256)
                .and_then(|()| self.downloads.add_place(sha256, place, mode & 0o777));
        }
    }

    /// Whether so many bytes more can be looked at.
    ///
    /// # Errors
    /// The disk is nearly full, or they are too many.
    pub(in crate::sandbox) fn has_room(&self, bytes: u64) -> Result<()> {
        let free = disk::free(&std::env::temp_dir()).unwrap_or(u64::MAX);
        ensure!(bytes <= MOST && bytes.saturating_mul(2) < free, "Poetry's cache is too large");
        Ok(())
    }

    /// Sees to it that what was kept is not too much.
    pub(in crate::sandbox) fn end(&self) {
        self.downloads.shrink();
    }
}

/// Whether a place is one of Poetry's for a file of this name.
fn is_of(place: &str, name: &str) -> bool {
    let mut parts = place.split('/');
    let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let folders = FOLDERS.iter().all(|&digits| parts.next().is_some_and(|part| part.len() == digits && is_hex(part)));
    folders && parts.next() == Some(name) && parts.next().is_none() && !name.is_empty() && name != ".." && name != "."
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::sandbox::cache::Cache;

    const NAME: &str = "tide-1.0-py3-none-any.whl";

    fn sha256(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn place(folder: char, name: &str) -> String {
        let parts = FOLDERS.map(|digits| folder.to_string().repeat(digits));
        format!("{}/{name}", parts.join("/"))
    }

    fn artifacts() -> (tempfile::TempDir, Artifacts) {
        let dir = tempfile::tempdir().unwrap();
        let downloads = Downloads::open(&Cache::at(dir.path().join("cache"))).unwrap();
        let text = format!(
            "[[package]]\nname = \"tide\"\nversion = \"1.0\"\nfiles = [\n    {{file = \"{NAME}\", hash = \"sha256:{}\"}},\n]\n",
            sha256(b"tide")
        );
        (dir, Artifacts::of(downloads, &text))
    }

    fn places(artifacts: &Artifacts) -> Vec<String> {
        artifacts.known().map(|known| known.place).collect()
    }

    #[test]
    fn an_archive_is_given_where_poetry_has_had_it() {
        let (_dir, artifacts) = artifacts();
        let [one, other] = ['a', 'b'].map(|folder| place(folder, NAME));
        assert_eq!(artifacts.wanted([one.as_str()].into_iter()), [&one]);
        for place in [&one, &other, &other] {
            artifacts.keep(place, 0o100_600, &b"tide"[..]);
        }
        assert_eq!(places(&artifacts), [one.clone(), other.clone()]);
        let mut text = String::new();
        let mut known = artifacts.known().next().unwrap();
        known.file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), known.mode), ("tide", 0o600));
        assert!(artifacts.wanted([one.as_str(), &other].into_iter()).is_empty());
    }

    #[test]
    fn what_the_lock_does_not_say_is_not_kept() {
        let (_dir, artifacts) = artifacts();
        artifacts.keep(&place('a', NAME), 0o644, &b"ebb"[..]);
        for other in
            [place('a', "ebb-1.0-py3-none-any.whl"), place('g', NAME), format!("a/{NAME}"), format!("../{NAME}")]
        {
            assert!(artifacts.wanted([other.as_str()].into_iter()).is_empty(), "{other}");
            artifacts.keep(&other, 0o644, &b"tide"[..]);
        }
        assert!(places(&artifacts).is_empty());
        let many: Vec<String> = ('0'..='9').map(|folder| place(folder, NAME)).collect();
        assert_eq!(artifacts.wanted(many.iter().map(String::as_str)).len(), MOST_PLACES);
    }

    #[test]
    fn a_cache_somewhere_else_is_left_alone() {
        let vars = |name: &str, value: &str| Vars::from([(name.to_owned(), value.to_owned())]);
        assert!(is_usual(&vars("HOME", "/root"), &["/root/.cache/pip".to_owned()]));
        for other in [vars("HOME", "/app"), vars("XDG_CACHE_HOME", "/app/c"), vars("POETRY_CACHE_DIR", "/app/c")] {
            assert!(!is_usual(&other, &[]), "{other:?}");
        }
        for cache in ["/root/.cache", "/root/.cache/pypoetry/", "/root/.cache/pypoetry/artifacts/aa"] {
            assert!(!is_usual(&Vars::new(), &[cache.to_owned()]), "{cache}");
        }
    }
}
