//! What commands of earlier runs made, kept to be shown again.
//!
//! An entry is one command's work: the files that it left and a record of all that it read. It lies in `KEY/ID`, beside
//! its seal; the key stands for the command and the machine it ran on, so that the entries of one key differ in what the
//! command read of the project and of the network. What has no seal, or another, is never shown. Nothing here is shown
//! inside itself: a run gets a copy, or an overlay whose lower folder nothing is ever written to.

pub(super) mod artifacts;
pub(super) mod ask;
pub mod downloads;
mod failed_build;
mod folder;
pub(super) mod key;
pub(super) mod lock;
pub(super) mod past;
pub(super) mod pip;
pub(super) mod reads;
mod space;
pub(super) mod trace;
pub(super) mod tree;
pub(super) mod vouch;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use self::ask::Answer;
use self::folder::{LAYERS, private_folder};
use self::key::{Key, Parts};
use self::reads::Reads;
use self::trace::Changes;
use super::cache::Cache;
use super::fingerprint;

const RECORD: &str = "record.json";
/// Beside it, who has made the entry, and when, and with what: small, for it is asked of all entries at once.
const MAKER: &str = "maker.json";
const MOST_MAKER: u64 = 1 << 20;
/// The most bytes of a record: a command that prints more than its half is not kept.
const MOST_RECORD: u64 = 64 << 20;
/// Of one key and project; more would be looked through in vain.
const MOST_ENTRIES: usize = 32;
/// Of one key, how many of other projects are looked through.
const MOST_OF_OTHERS: usize = 256;
/// The reason that is given for every command after one that cannot be kept.
pub(super) const NOT_KEPT: &str = "a command before it could not be kept";

/// All that is known of one command's work beside its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Seconds since 1970.
    pub(super) made: u64,
    /// The digest of where the project lay that it was made for; another project may be shown it too.
    #[serde(default)]
    pub(super) project: String,
    /// Whether the network was within reach.
    pub(super) network: bool,
    pub(super) reads: Reads,
    /// What it asked of the network.
    pub(super) answers: Vec<Answer>,
    /// Lines, secrets masked.
    pub(super) output: Vec<String>,
    /// What it made below `/app`, by path there; kept in the entry's `app`.
    pub(super) app_made: Vec<PathBuf>,
    pub(super) app_gone: Vec<PathBuf>,
    /// The engine's image that holds all else that it made; none where that is in the entry.
    #[serde(default)]
    pub(super) image: Option<String>,
    /// The digest of what installers do not read of the machine, where code was built that may have.
    #[serde(default)]
    pub(super) rest: Option<String>,
    /// What runs with every Python there before the first command, where that was looked for.
    #[serde(default)]
    pub(super) code: Option<BTreeSet<String>>,
}

impl Record {
    /// That of work that has just been done, without an image.
    pub(super) fn new(
        project: &str,
        network: bool,
        reads: Reads,
        answers: Vec<Answer>,
        changes: &Changes,
        output: &[String],
    ) -> Self {
        Self {
            made: now(),
            project: project.to_owned(),
            network,
            reads,
            answers,
            output: output.to_vec(),
            app_made: changes.made.keys().cloned().collect(),
            app_gone: changes.gone.clone(),
            image: None,
            rest: None,
            code: None,
        }
    }

    /// Whether another is of the same work, so that whoever could be shown the one could be shown the other.
    fn is_like(&self, other: &Self) -> bool {
        let what = |record: &Self| (record.network, record.image.is_some(), record.code.clone(), record.rest.clone());
        self.project == other.project
            && self.reads == other.reads
            && self.answers == other.answers
            && what(self) == what(other)
    }

    /// How long ago it was made.
    pub(super) fn age(&self) -> Duration {
        Duration::from_secs(now().saturating_sub(self.made))
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Who has made an entry.
#[derive(Serialize, Deserialize)]
struct Maker {
    made: u64,
    project: String,
    parts: Parts,
}

impl Maker {
    fn read(entry: &Path) -> Option<Self> {
        serde_json::from_slice(&crate::fs::read(&entry.join(MAKER), MOST_MAKER).ok()?).ok()
    }
}

/// One entry.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) folder: PathBuf,
    pub(super) record: Record,
}

impl Found {
    fn read(folder: PathBuf) -> Option<Self> {
        let record = serde_json::from_slice(&crate::fs::read(&folder.join(RECORD), MOST_RECORD).ok()?).ok()?;
        Some(Self { id: folder.file_name()?.to_str()?.to_owned(), folder, record })
    }
}

/// An entry that is whole, and that nobody removes while this value lives.
#[derive(Debug)]
pub(super) struct Claimed {
    /// What it takes of the disk, in bytes.
    pub(super) bytes: u64,
    _lock: File,
}

/// The entries of one user.
#[derive(Debug, Clone)]
pub(super) struct Store {
    root: PathBuf,
}

impl Store {
    /// The store in a cache.
    ///
    /// # Errors
    /// It cannot be made, somebody else could write to it, or the user's limit is no size.
    pub(super) fn open(cache: &Cache) -> Result<Self> {
        space::set()?;
        Ok(Self { root: private_folder(cache, LAYERS)? })
    }

    /// The entries of `key` that a project may be shown, its own before those of others, each the newest first. They are read one by one.
    pub(super) fn entries(&self, key: &str, project: &str) -> impl Iterator<Item = Found> + use<> {
        let mut listed = self.listed(key);
        listed.sort_by_key(|(_, maker)| std::cmp::Reverse((maker.project == project, maker.made)));
        let own = listed.iter().take_while(|(_, maker)| maker.project == project).count();
        listed.into_iter().take(own + MOST_OF_OTHERS).filter_map(|(folder, _)| Found::read(folder))
    }

    /// The folders of all sealed entries of `key`.
    fn listed(&self, key: &str) -> Vec<(PathBuf, Maker)> {
        let seals = fs::read_dir(self.root.join(key)).into_iter().flatten().flatten().filter_map(|entry| {
            let path = entry.path();
            (path.extension()? == "seal").then(|| path.with_extension(""))
        });
        seals.filter_map(|folder| Some((folder.clone(), Maker::read(&folder)?))).collect()
    }

    /// With what the newest entry of a project's command was made, whatever its key.
    pub(super) fn made_with(&self, project: &str, command: &str) -> Option<Parts> {
        let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let makers = below(self.root.clone()).flat_map(below).filter_map(|entry| Maker::read(&entry));
        let of_command = makers.filter(|maker| maker.project == project && maker.parts.command == command);
        of_command.max_by_key(|maker| maker.made).map(|maker| maker.parts)
    }

    /// Makes sure of an entry before it is shown; none where it is not as it was made.
    pub(super) fn claim(&self, found: &Found) -> Option<Claimed> {
        let (seal, lock) = (found.folder.with_extension("seal"), found.folder.with_extension("lock"));
        let lock = File::open(lock).ok()?;
        lock.try_lock_shared().ok()?;
        let written = fs::read_to_string(&seal).ok()?;
        let (digest, bytes) = space::parse(&written)?;
        if fingerprint::of(&found.folder).ok()? != digest {
            return None;
        }
        // The time of last use; a store that is read-only stays as it is.
        let _ = File::open(&seal).and_then(|file| file.set_modified(SystemTime::now()));
        Some(Claimed { bytes, _lock: lock })
    }

    /// The folder of an entry that has just been made, which nobody removes while the other value lives.
    pub(super) fn hold(&self, key: &str, id: &str) -> Option<(PathBuf, Claimed)> {
        let folder = self.root.join(key).join(id);
        let lock = File::open(folder.with_extension("lock")).ok()?;
        lock.try_lock_shared().ok()?;
        let written = fs::read_to_string(folder.with_extension("seal")).ok()?;
        let (_, bytes) = space::parse(&written)?;
        Some((folder, Claimed { bytes, _lock: lock }))
    }

    /// Whether an entry of `key` needs an image of the engine.
    pub(super) fn has_image(&self, key: &str, image: &str) -> bool {
        let needs = |found: Found| found.record.image.as_deref() == Some(image);
        self.listed(key).into_iter().filter_map(|(folder, _)| Found::read(folder)).any(needs)
    }

    /// Which store it is, to tell its images from another's.
    pub(super) fn name(&self) -> String {
        tree::digest(self.root.as_os_str().as_encoded_bytes())
    }

    /// Removes an entry that is of no use any more, unless somebody uses it.
    pub(super) fn drop_entry(&self, found: &Found) {
        let _ = space::remove(&found.folder);
    }

    /// Keeps a command's work, which `fill` puts into a folder and gives the size of. Gives the new entry's id.
    pub(super) fn keep(&self, key: &Key, record: &Record, fill: impl FnOnce(&Path) -> Result<u64>) -> Result<String> {
        let Key { id: key, parts } = key;
        let half = tempfile::Builder::new().prefix(space::HALF).tempdir_in(&self.root)?;
        let lock = File::create(half.path().with_extension("lock"))?;
        lock.lock()?;
        let removed = RemovedAtEnd(half.path().with_extension("lock"));
        let id = tree::digest(format!("{key}{}{:?}", half.path().display(), SystemTime::now()));
        let work = half.path().join(&id);
        fs::create_dir(&work)?;
        let text = serde_json::to_vec(record)?;
        if text.len() as u64 > MOST_RECORD {
            bail!("it printed too much");
        }
        let bytes = fill(&work)? + text.len() as u64;
        let mut file = File::create_new(work.join(RECORD))?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(&text)?;
        let maker = Maker { made: record.made, project: record.project.clone(), parts: parts.clone() };
        fs::write(work.join(MAKER), serde_json::to_vec(&maker)?)?;
        space::is_left(&self.root)?;
        let place = self.root.join(key);
        fs::create_dir_all(&place)?;
        // Until it is sealed, whoever sweeps up after killed runs leaves it alone.
        let sealing = File::create(place.join(format!("{id}.lock")))?;
        sealing.lock()?;
        fs::rename(&work, place.join(&id))?;
        // Written last, and whole: without it the entry does not count.
        let seal = half.path().join("seal");
        fs::write(&seal, space::written(&fingerprint::of(&place.join(&id))?, bytes))?;
        fs::rename(seal, place.join(format!("{id}.seal")))?;
        // A process that is just being begun by another thread has the file open too, and would hold its lock a while longer.
        sealing.unlock()?;
        drop((removed, lock));
        self.drop_superfluous(key, &id, record);
        self.root.parent().into_iter().for_each(space::shrink);
        Ok(id)
    }
}

impl Store {
    /// Removes entries of its project that the new one, `id`, takes the place of, and beyond [`MOST_ENTRIES`] those that were used longest ago.
    fn drop_superfluous(&self, key: &str, id: &str, record: &Record) {
        let used = |found: &Found| found.folder.with_extension("seal").metadata().and_then(|meta| meta.modified()).ok();
        let of_project = self.entries(key, &record.project).take_while(|found| found.record.project == record.project);
        let (same, mut others): (Vec<Found>, Vec<Found>) =
            of_project.filter(|found| found.id != id).partition(|found| found.record.is_like(record));
        others.sort_by_key(|found| std::cmp::Reverse(used(found)));
        same.iter().chain(others.iter().skip(MOST_ENTRIES - 1)).for_each(|found| self.drop_entry(found));
    }
}

struct RemovedAtEnd(PathBuf);

impl Drop for RemovedAtEnd {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The folders of entries in a cache, of this version and of others.
pub fn folders(cache: &Cache) -> Vec<PathBuf> {
    let entries = fs::read_dir(cache.root()).into_iter().flatten().flatten();
    let is_store = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("layers-"));
    entries.map(|entry| entry.path()).filter(is_store).collect()
}

/// The size in bytes of all entries in a cache that are of this version.
pub fn size(cache: &Cache) -> u64 {
    space::sum(&space::entries(&cache.root().join(LAYERS)))
}

/// Removes every entry that no run is using just now.
pub fn clear(cache: &Cache) -> Result<()> {
    for folder in folders(cache) {
        match folder.ends_with(LAYERS) {
            true => space::clear(&folder),
            false => crate::fs::tree::remove(&folder)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
