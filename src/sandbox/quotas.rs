//! What a run may use of this machine beside memory, unless the user says otherwise.

use std::fs;

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

/// Half of this machine's memory, in bytes; none where it cannot be told.
pub(super) fn half_of_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(512)
}
