//! Things made once and kept between runs: built beside their place, renamed into it when complete.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::fingerprint;
use crate::fs::{folders, tree};

/// How the scratch directories of runs and of half-built entries are named, for `doctor --clean` to recognise.
pub const SCRATCH_PREFIX: &str = "shakedown-run-";

/// What follows an entry's key while it is being made.
const HALF: &str = ".half-";

/// The file in a run's directory that says that it was kept, and how to go on in it.
pub(super) const KEPT: &str = "kept.json";

/// Whether the directory of a run was kept on purpose.
pub fn is_kept(run: &Path) -> bool {
    run.join(KEPT).exists()
}

/// The user's cache directory of this tool.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// `$XDG_CACHE_HOME/shakedown`, or `~/.cache/shakedown`.
    pub fn of_user() -> Result<Self> {
        let base =
            folders::cache().context("neither XDG_CACHE_HOME nor HOME names a directory to keep the cache in")?;
        Ok(Self::at(base.join("shakedown")))
    }

    /// A cache elsewhere.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where everything is kept.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The finished entry `kind/key`, made by `build` if it is not there yet, or is not as it was made. Concurrent runs wait
    /// for each other.
    pub fn entry(&self, kind: &str, key: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let parent = self.root.join(kind);
        let (place, sealed) = (parent.join(key), parent.join(format!("{key}.seal")));
        let is_whole = || {
            let written = fs::read_to_string(&sealed);
            written.is_ok_and(|written| fingerprint::of(&place).is_ok_and(|found| found == written))
        };
        if is_whole() {
            return Ok(place);
        }
        fs::create_dir_all(&parent).with_context(|| format!("could not make {}", parent.display()))?;
        let lock = File::create(parent.join(format!("{key}.lock"))).context("could not open the cache's lock")?;
        lock.lock().context("could not lock the cache")?;
        if is_whole() {
            return Ok(place);
        }
        tree::remove(&place)?;
        let scratch = tempfile::Builder::new().prefix(&format!("{key}{HALF}")).tempdir_in(&parent)?;
        build(scratch.path())?;
        fs::rename(scratch.path(), &place).with_context(|| format!("could not finish {}", place.display()))?;
        // The directory has moved away: there is nothing left to remove.
        let _ = scratch.keep();
        fs::write(&sealed, fingerprint::of(&place)?)
            .with_context(|| format!("could not write {}", sealed.display()))?;
        Ok(place)
    }

    /// A locked directory for one run. The lock is held as long as the process lives, so a stale one can be told.
    pub fn run_dir(&self) -> Result<RunDir> {
        let parent = self.root.join("runs");
        fs::create_dir_all(&parent).with_context(|| format!("could not make {}", parent.display()))?;
        spread(&parent);
        // Nobody takes it for an abandoned one before it is locked.
        let _held = self.lock_of_runs()?;
        let dir = tempfile::Builder::new().prefix(SCRATCH_PREFIX).tempdir_in(&parent)?.keep();
        let lock = File::create(dir.join("lock")).context("could not make the run's lock")?;
        lock.lock().context("could not lock the run's directory")?;
        Ok(RunDir { dir, _lock: lock })
    }

    fn lock_of_runs(&self) -> Result<File> {
        let lock = File::create(self.root.join("runs.lock"))
            .with_context(|| format!("could not open the lock of the runs in {}", self.root.display()))?;
        lock.lock().context("could not lock the runs")?;
        Ok(lock)
    }

    /// The directories of killed runs, save those that are kept, each with its lock, so that two do not remove the same.
    pub(super) fn abandoned_runs(&self) -> Vec<(PathBuf, Option<File>)> {
        let Ok(_held) = self.lock_of_runs() else { return Vec::new() };
        let entries = fs::read_dir(self.root.join("runs")).into_iter().flatten().flatten().map(|entry| entry.path());
        let of_runs = entries.filter(|dir| dir.is_dir() && !is_kept(dir));
        let abandoned = of_runs.filter_map(|dir| match File::open(dir.join("lock")) {
            Ok(lock) => lock.try_lock().is_ok().then_some((dir, Some(lock))),
            // It is the first thing that a run makes, and the last that it removes.
            Err(_) => Some((dir, None)),
        });
        abandoned.collect()
    }

    /// Removes entries that a killed run was making: nobody holds their locks.
    pub(super) fn sweep_halves(&self) {
        let kinds = fs::read_dir(&self.root).into_iter().flatten().flatten().map(|kind| kind.path());
        for kind in kinds {
            for entry in fs::read_dir(&kind).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let Some((key, _)) = name.split_once(HALF) else { continue };
                if File::open(kind.join(format!("{key}.lock"))).is_ok_and(|lock| lock.try_lock().is_ok()) {
                    let _ = tree::remove(&entry.path());
                }
            }
        }
    }

    /// The directory of an earlier run that was kept, locked for this one.
    pub fn adopt(&self, dir: &Path) -> Result<RunDir> {
        let lock = File::open(dir.join("lock")).with_context(|| format!("{} is gone", dir.display()))?;
        lock.try_lock().with_context(|| format!("another run uses {}", dir.display()))?;
        Ok(RunDir { dir: dir.to_owned(), _lock: lock })
    }

    /// Directories that crashed runs left behind: nobody holds their locks.
    pub fn stale_runs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.root.join("runs")).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|dir| dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SCRATCH_PREFIX)))
            .filter(|dir| File::open(dir.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok()))
            .collect()
    }
}

/// Asks ext4 to put each directory in `dir` where there is room, as it does with those of a root. Beside its parent, a run's
/// thousands of files may meet a full part of the disk, and making each of them then takes twenty times as long.
#[cfg(target_os = "linux")]
fn spread(dir: &Path) {
    use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
    let Ok(dir) = File::open(dir) else { return };
    if let Ok(flags) = ioctl_getflags(&dir)
        && !flags.contains(IFlags::TOPDIR)
    {
        // Other file systems know no such wish, and need none.
        let _ = ioctl_setflags(&dir, flags | IFlags::TOPDIR);
    }
}

#[cfg(not(target_os = "linux"))]
fn spread(_: &Path) {}

/// Removes the folders in a run's directory, also what an app made unreadable.
pub(super) fn empty(run: &Path) -> Result<()> {
    let entries = fs::read_dir(run).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).try_for_each(|folder| tree::remove(&folder))
}

/// A run's own directory.
#[derive(Debug)]
pub struct RunDir {
    dir: PathBuf,
    _lock: File,
}

impl RunDir {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Removes the folders in it, also what an app made unreadable.
    pub fn empty(&self) -> Result<()> {
        empty(&self.dir)
    }

    /// Removes everything in it.
    pub fn remove(&self) -> Result<()> {
        // The lock goes last: without it the rest would be anyone's to remove.
        self.empty()?;
        tree::remove(&self.dir)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Whether it holds within a few seconds. A process that another test is just starting has this one's locks too, until it is another
    /// program.
    pub(in crate::sandbox) fn soon(holds: impl Fn() -> bool) -> bool {
        (0..500).any(|_| {
            let held = holds();
            if !held {
                thread::sleep(Duration::from_millis(10));
            }
            held
        })
    }

    #[test]
    fn an_entry_is_made_once_and_never_half() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("c"));
        assert!(cache.entry("kind", "key", |_| anyhow::bail!("no")).is_err());
        let place = cache.entry("kind", "key", |dir| Ok(fs::write(dir.join("f"), "1")?)).unwrap();
        let again = cache.entry("kind", "key", |_| anyhow::bail!("made twice")).unwrap();
        assert_eq!((&place, fs::read_to_string(again.join("f")).unwrap().as_str()), (&again, "1"));
        let left: Vec<_> = fs::read_dir(dir.path().join("c/kind")).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }

    #[test]
    fn an_entry_that_is_not_as_it_was_made_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_owned());
        let made =
            |text: &'static str| cache.entry("kind", "key", move |dir| Ok(fs::write(dir.join("f"), text)?)).unwrap();
        let place = made("1");
        fs::write(place.join("planted"), "").unwrap();
        assert_eq!(fs::read_to_string(made("2").join("f")).unwrap(), "2");
        assert!(!place.join("planted").exists());
        assert_eq!(fs::read_to_string(made("3").join("f")).unwrap(), "2");
        fs::remove_file(dir.path().join("kind/key.seal")).unwrap();
        assert_eq!(fs::read_to_string(made("4").join("f")).unwrap(), "4");
    }

    #[test]
    fn a_live_run_is_not_stale() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_owned());
        let run = cache.run_dir().unwrap();
        assert!(cache.stale_runs().is_empty());
        let path = run.path().to_owned();
        drop(run);
        assert!(soon(|| cache.stale_runs() == [path.clone()]));
    }

    #[test]
    fn what_killed_runs_left_is_found_and_what_is_kept_or_in_use_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_owned());
        let (live, kept, gone) = (cache.run_dir().unwrap(), cache.run_dir().unwrap(), cache.run_dir().unwrap());
        fs::write(kept.path().join(KEPT), "{}").unwrap();
        let [kept, gone] = [kept, gone].map(|run| run.path().to_owned());
        let unlocked = dir.path().join("runs").join(format!("{SCRATCH_PREFIX}x"));
        fs::create_dir_all(unlocked.join("app")).unwrap();
        let mut expected = [gone, unlocked];
        expected.sort();
        assert!(soon(|| {
            let mut found: Vec<PathBuf> = cache.abandoned_runs().into_iter().map(|(dir, _)| dir).collect();
            found.sort();
            found == expected
        }));
        assert!(live.path().exists() && kept.exists());
    }

    #[test]
    fn a_half_made_entry_goes_once_nobody_makes_it() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_owned());
        let half = dir.path().join(format!("root/key{HALF}abc"));
        fs::create_dir_all(&half).unwrap();
        let making = File::create(dir.path().join("root/key.lock")).unwrap();
        making.lock().unwrap();
        cache.sweep_halves();
        assert!(half.exists());
        drop(making);
        assert!(soon(|| {
            cache.sweep_halves();
            !half.exists()
        }));
    }
}
