//! The archives that Poetry downloads and keeps in a cache of its own, for later runs.
//!
//! Poetry asks the index for the project's page first, looks into this cache for what the page names, and compares what it takes from
//! there with the lock's hash (1.3.1, 1.8.5, 2.2.1). Each archive lies in a folder that is named by its address and, where the page tells
//! it, its hash. Only what lies where the address and the hash have it is kept: Poetry looks there again only while the page names both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::sync::atomic::AtomicBool;

use anyhow::{Result, ensure};

use sha2::{Digest, Sha256};

use super::ask::{self, Client};
use super::downloads::{Downloads, hex};
use super::lock::{self, Named};
use crate::plan::Vars;
use crate::sandbox::disk;

/// Where the cache is, seen from the root, where no variable says otherwise.
pub(in crate::sandbox) const PLACE: &str = "root/.cache/pypoetry/artifacts";
/// What says otherwise.
const ELSEWHERE: &[&str] = &["POETRY_CACHE_DIR", "XDG_CACHE_HOME"];
/// The most bytes of an archive.
const MOST: u64 = 4 << 30;
/// The minor versions of Python 3 that a Poetry before 1.4 may run with.
const PYTHONS: std::ops::RangeInclusive<u32> = 7..=16;
/// At once from a file, in bytes.
const CHUNK: usize = 256 << 10;
/// The digits of the folders that an archive lies in.
const FOLDERS: [usize; 4] = [2, 2, 2, 58];

/// The archives that one lock names.
#[derive(Debug)]
pub(in crate::sandbox) struct Artifacts {
    downloads: Downloads,
    /// By their sha256.
    named: BTreeMap<String, Named>,
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
    /// Those of a `poetry.lock`, for which `project`, the `pyproject.toml`, says where they are from.
    pub(in crate::sandbox) fn of(downloads: Downloads, lock: &str, project: &str) -> Self {
        Self { downloads, named: lock::archives_of_poetry(lock, project).unwrap_or_default() }
    }

    /// Those that are there, in each place that Poetry has had them in.
    pub(in crate::sandbox) fn known(&self) -> impl Iterator<Item = Artifact> {
        self.named.iter().flat_map(|(sha256, Named { file: name, .. })| {
            let places = self.downloads.places(sha256).into_iter().filter(|(place, _)| is_of(place, name));
            places.filter_map(|(place, mode)| Some(Artifact { place, mode, file: self.downloads.find(sha256)?.0 }))
        })
    }

    /// Which of the files of a cache, by their places, are to be kept: those that the lock names, that no earlier run has, and that lie where
    /// their address and their hash have them, as the index tells them now.
    pub(in crate::sandbox) fn wanted<'p>(
        &self,
        places: impl Iterator<Item = &'p str>,
        client: &Client,
        interrupted: &AtomicBool,
    ) -> Vec<&'p str> {
        let is_kept = |sha256: &str, place: &str| self.downloads.places(sha256).contains_key(place);
        let mut new = Vec::new();
        for place in places {
            let fitting = self.named.iter().filter(|(_, named)| is_of(place, &named.file));
            new.extend(
                fitting.filter(|(sha256, _)| !is_kept(sha256, place)).map(|(sha256, named)| (place, sha256, named)),
            );
        }
        let pages: BTreeSet<&str> = new.iter().map(|(_, _, named)| named.page.as_str()).collect();
        let Ok(addresses) = ask::addresses(&pages, client, interrupted) else { return Vec::new() };
        let is_there = |place: &str, sha256: &String| {
            addresses.get(sha256).is_some_and(|all| all.iter().any(|address| is_place(place, address, sha256)))
        };
        new.into_iter().filter(|(place, sha256, _)| is_there(place, sha256)).map(|(place, ..)| place).collect()
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
        let mut named = self.named.iter().filter(|(_, named)| is_of(place, &named.file));
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

/// Whether a place is that of an archive with this address and hash: of all versions since 1.4, or of one before, which have each Python's apart.
fn is_place(place: &str, address: &str, sha256: &str) -> bool {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let (hash, url) = (text(sha256), text(address));
    let newer = format!(r#"{{"sha256":{hash},"url":{url}}}"#);
    let older = PYTHONS.map(|version: u32| {
        format!(r#"{{"interpreter_name":"cp","interpreter_version":"3{version}","sha256":{hash},"url":{url}}}"#)
    });
    let folder: String = place.rsplit_once('/').map(|(folder, _)| folder.replace('/', "")).unwrap_or_default();
    address.is_ascii() && older.chain([newer]).any(|key| hex(&Sha256::digest(key)) == folder)
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
    use super::*;
    use crate::sandbox::cache::Cache;

    const NAME: &str = "tide-1.0-py3-none-any.whl";

    fn sha256(bytes: &[u8]) -> String {
        hex(&Sha256::digest(bytes))
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
        (dir, Artifacts::of(downloads, &text, ""))
    }

    fn places(artifacts: &Artifacts) -> Vec<String> {
        artifacts.known().map(|known| known.place).collect()
    }

    #[test]
    fn an_archive_is_given_where_poetry_has_had_it() {
        let (_dir, artifacts) = artifacts();
        let [one, other] = ['a', 'b'].map(|folder| place(folder, NAME));
        for place in [&one, &other, &other] {
            artifacts.keep(place, 0o100_600, &b"tide"[..]);
        }
        assert_eq!(places(&artifacts), [one.clone(), other.clone()]);
        let mut text = String::new();
        let mut known = artifacts.known().next().unwrap();
        known.file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), known.mode), ("tide", 0o600));
    }

    #[test]
    fn what_the_lock_does_not_say_is_not_kept() {
        let (_dir, artifacts) = artifacts();
        artifacts.keep(&place('a', NAME), 0o644, &b"ebb"[..]);
        for other in
            [place('a', "ebb-1.0-py3-none-any.whl"), place('g', NAME), format!("a/{NAME}"), format!("../{NAME}")]
        {
            artifacts.keep(&other, 0o644, &b"tide"[..]);
        }
        assert!(places(&artifacts).is_empty());
    }

    #[test]
    fn a_place_is_that_of_an_address_and_a_hash() {
        let (address, hash) = ("https://files.example/tide-1.0-py3-none-any.whl", "0".repeat(64));
        let place = |key: &str| {
            let key = sha256(key.as_bytes());
            format!("{}/{}/{}/{}/{NAME}", &key[..2], &key[2..4], &key[4..6], &key[6..])
        };
        let both = format!(r#""sha256":"{hash}","url":"{address}"}}"#);
        let older = format!(r#"{{"interpreter_name":"cp","interpreter_version":"311",{both}"#);
        for place in [place(&format!("{{{both}")), place(&older)] {
            assert!(is_place(&place, address, &hash) && is_of(&place, NAME), "{place}");
            assert!(!is_place(&place, address, &"1".repeat(64)) && !is_place(&place, "https://files.example/", &hash));
        }
        // Where the page tells no hash.
        assert!(!is_place(&place(&format!(r#"{{"url":"{address}"}}"#)), address, &hash));
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
