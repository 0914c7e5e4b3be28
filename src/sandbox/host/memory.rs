//! The cap on memory: a control group where this user may make one, else whoever holds the run sums it and watches.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::sandbox::quotas;

/// How a run's memory is capped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cap {
    /// By this control group, removed with the run.
    Group(PathBuf),
    /// By the run's holder: this many bytes, none where nobody knows how many there are.
    Watched(Option<u64>),
}

impl Cap {
    /// The strictest cap this machine allows for `bytes`, or for half of its memory. In `run` it is written down where its group
    /// may be.
    pub(super) fn new(bytes: Option<u64>, run: &Path) -> Result<Self> {
        let Some(bytes) = bytes.or_else(quotas::half_of_memory) else { return Ok(Self::Watched(None)) };
        let name = run.file_name().unwrap_or_default();
        let [first, second] = parents().map(|parent| Some(parent?.join(name)));
        let places: Vec<String> =
            [&first, &second].into_iter().flatten().map(|dir| dir.display().to_string()).collect();
        fs::write(run.join(GROUPS), places.join("\n")).context("could not write down the run's control group")?;
        let group = first.and_then(|dir| version_1(bytes, dir)).or_else(|| version_2(bytes, second?));
        Ok(group.unwrap_or(Self::Watched(Some(bytes))))
    }

    /// The file that takes the process that is to become the sandbox into the group, as 0. Version 1 has one for threads, for which the kernel
    /// need not wait until no process begins or ends, which takes it some 10 ms (Linux 6.18: 0.1 ms against 8 to 28 ms).
    pub(super) fn entrance(&self) -> Option<PathBuf> {
        let Self::Group(dir) = self else { return None };
        let of_threads = dir.join("tasks");
        Some(if of_threads.exists() { of_threads } else { dir.join("cgroup.procs") })
    }

    /// Bytes that no group sees to.
    pub(super) fn watched(&self) -> Option<u64> {
        if let Self::Watched(bytes) = self { *bytes } else { None }
    }

    /// Whether the kernel ended a process of the group for memory.
    pub(super) fn killed_some(&self) -> bool {
        let Self::Group(dir) = self else { return false };
        ["memory.oom_control", "memory.events"].iter().any(|file| {
            let text = fs::read_to_string(dir.join(file)).unwrap_or_default();
            text.lines().any(|line| line.strip_prefix("oom_kill ").is_some_and(|count| count.trim() != "0"))
        })
    }

    /// Gives the group back. Its processes are gone by then. Gives whether it is gone, too.
    pub(super) fn remove(&self) -> bool {
        match self {
            Self::Group(dir) => remove(dir),
            Self::Watched(_) => true,
        }
    }
}

fn remove(dir: &Path) -> bool {
    // The kernel empties a group a moment after its last process, on a busy machine later than anybody waits for.
    for _ in 0..50 {
        if fs::remove_dir(dir).is_ok() || !dir.exists() {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    false
}

/// Removes the group of a run that was killed. Gives whether it is gone; if not, the run's directory has to stay, which names it.
pub(in crate::sandbox) fn remove_of(run: &Path) -> bool {
    let text = crate::fs::read_text(&run.join(GROUPS), 1 << 16).unwrap_or_default();
    let places = text.lines().map(Path::new);
    let groups = places.filter(|dir| dir.starts_with(TREE) && dir.file_name() == run.file_name());
    let mut is_gone = true;
    for dir in groups {
        is_gone &= remove(dir);
    }
    is_gone
}

/// Where the kernel's groups are.
const TREE: &str = "/sys/fs/cgroup";
/// The file in a run's directory that names where its group may be.
pub(in crate::sandbox) const GROUPS: &str = "groups";

/// Where this user may make groups: version 1 of the kernel's, then version 2.
fn parents() -> [Option<PathBuf>; 2] {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"));
    [Some(Path::new(TREE).join("memory")), path.map(|path| Path::new(TREE).join(path))]
}

fn version_1(bytes: u64, dir: PathBuf) -> Option<Cap> {
    fs::create_dir(&dir).ok()?;
    let set = fs::write(dir.join("memory.limit_in_bytes"), bytes.to_string());
    // Not every kernel accounts for swap.
    let _ = fs::write(dir.join("memory.memsw.limit_in_bytes"), bytes.to_string());
    finished(dir, set.is_ok())
}

fn version_2(bytes: u64, dir: PathBuf) -> Option<Cap> {
    fs::create_dir(&dir).ok()?;
    let set = fs::write(dir.join("memory.max"), bytes.to_string());
    let _ = fs::write(dir.join("memory.swap.max"), "0");
    finished(dir, set.is_ok())
}

fn finished(dir: PathBuf, limited: bool) -> Option<Cap> {
    if limited {
        return Some(Cap::Group(dir));
    }
    let _ = fs::remove_dir(dir);
    None
}
