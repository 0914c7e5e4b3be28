//! The cap on memory: a control group where this user may make one, else a limit on address space.

use std::fs;
use std::path::{Path, PathBuf};

/// How a run's memory is capped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cap {
    /// Not at all.
    None,
    /// By this control group, removed with the run.
    Group(PathBuf),
    /// By `ulimit -v`, in KiB: the same code fails, with `MemoryError` instead of a kill.
    AddressSpace(u64),
}

impl Cap {
    /// The strictest cap this machine allows for `bytes`.
    pub(super) fn new(bytes: Option<u64>, name: &str) -> Self {
        let Some(bytes) = bytes else { return Self::None };
        version_1(bytes, name).or_else(|| version_2(bytes, name)).unwrap_or(Self::AddressSpace(bytes / 1024))
    }

    /// The file that takes the process that is to become the sandbox into the group.
    pub(super) fn processes(&self) -> Option<PathBuf> {
        let Self::Group(dir) = self else { return None };
        Some(dir.join("cgroup.procs"))
    }

    /// What comes before the command inside.
    pub(super) fn limits(&self) -> Vec<String> {
        let Self::AddressSpace(kib) = self else { return Vec::new() };
        ["/bin/bash", "-c", &format!(r#"ulimit -v {kib}; exec "$0" "$@""#)].map(str::to_owned).to_vec()
    }

    /// Whether the kernel ended a process of the group for memory.
    pub(super) fn killed_some(&self) -> bool {
        let Self::Group(dir) = self else { return false };
        ["memory.oom_control", "memory.events"].iter().any(|file| {
            let text = fs::read_to_string(dir.join(file)).unwrap_or_default();
            text.lines().any(|line| line.strip_prefix("oom_kill ").is_some_and(|count| count.trim() != "0"))
        })
    }

    /// Gives the group back. Its processes are gone by then.
    pub(super) fn remove(&self) {
        if let Self::Group(dir) = self {
            // The kernel empties a group a moment after its last process.
            for _ in 0..50 {
                if fs::remove_dir(dir).is_ok() || !dir.exists() {
                    return;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }
}

fn version_1(bytes: u64, name: &str) -> Option<Cap> {
    let dir = Path::new("/sys/fs/cgroup/memory").join(name);
    fs::create_dir(&dir).ok()?;
    let set = fs::write(dir.join("memory.limit_in_bytes"), bytes.to_string());
    // Not every kernel accounts for swap.
    let _ = fs::write(dir.join("memory.memsw.limit_in_bytes"), bytes.to_string());
    finished(dir, set.is_ok())
}

fn version_2(bytes: u64, name: &str) -> Option<Cap> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let dir = Path::new("/sys/fs/cgroup").join(path).join(name);
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
