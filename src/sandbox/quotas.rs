//! What a run may use of this machine beside memory, unless the user says otherwise.

use std::fs;

use bytesize::ByteSize;

use super::MachineFailure;

/// What must stay free of a disk that a run writes to, in bytes.
pub(super) const LEAST_FREE: u64 = 1_000_000_000;

/// How much of each; what ended a run is told with the option that sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Processes at once.
    pub processes: u32,
    /// Bytes that the run writes to its own folders.
    pub disk: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { processes: 4096, disk: 20_000_000_000 }
    }
}

impl Quotas {
    pub(super) fn too_many_processes(self) -> MachineFailure {
        let what = format!("the run had more than {} processes at once", self.processes);
        MachineFailure::for_good(what, "--processes sets another limit")
    }

    pub(super) fn too_much_written(self) -> MachineFailure {
        let what = format!("the run wrote more than {} to disk", ByteSize(self.disk).display().si());
        MachineFailure::for_good(what, "--disk sets another limit")
    }
}

/// Half of this machine's memory, in bytes; none where it cannot be told.
pub(super) fn half_of_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(512)
}
