//! What is free of a disk of this machine, and what folders take of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Quotas;

/// With less than this left, the next file may be the one that fails.
const LEAST_BYTES: u64 = 256 << 10;
const FEWEST_INODES: u64 = 16;

/// Free bytes of the disk that holds `folder`, or will; none where it cannot be told.
pub(crate) fn free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let stat = rustix::fs::statvfs(there).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}

/// Bytes that folders take; none where it cannot be told.
pub(crate) fn used(folders: &[PathBuf]) -> Option<u64> {
    if folders.is_empty() {
        return Some(0);
    }
    let folders = folders.iter().map(|folder| folder.as_os_str().to_owned());
    let call = ["-skc", "--"].map(OsString::from).into_iter().chain(folders);
    // What vanishes while it is looked at makes it complain.
    let told = duct::cmd("du", call).stderr_null().stdin_null().unchecked().read();
    total(&told.ok()?)
}

/// The last line of `du -kc`, in bytes.
pub(super) fn total(told: &str) -> Option<u64> {
    told.lines().next_back()?.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The disk of a run's folder before the run. Who watches a run looks from time to time, and a run may write and end between two looks.
#[derive(Debug)]
pub(super) struct Before {
    folder: PathBuf,
    free: Option<u64>,
}

impl Before {
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), free: free(folder) }
    }

    /// Whether nothing more can be written there. Programs need not say that this is why they failed: `venv` hides it.
    pub(super) fn is_full(&self) -> bool {
        let Ok(stat) = rustix::fs::statvfs(&self.folder) else { return false };
        // Root may have what is reserved for it.
        let blocks = if rustix::process::geteuid().is_root() { stat.f_bfree } else { stat.f_bavail };
        let has_no_inodes = stat.f_files > 0 && stat.f_favail < FEWEST_INODES;
        blocks.saturating_mul(stat.f_frsize) < LEAST_BYTES || has_no_inodes
    }

    /// Whether the run has written more than it may. Its folder is walked only where so much has gone from the disk.
    pub(super) fn is_overspent(&self, quotas: Quotas) -> bool {
        let gone = self.free.zip(free(&self.folder)).map(|(before, left)| before.saturating_sub(left));
        gone.is_some_and(|gone| gone > quotas.disk)
            && used(std::slice::from_ref(&self.folder)).is_some_and(|written| written > quotas.disk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_bytes() {
        assert_eq!(total("4\t/a\n8\t/b\n12\ttotal\n"), Some(12 * 1024));
        assert_eq!(total(""), None);
    }
}
