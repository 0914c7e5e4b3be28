//! A disk of this machine that is full: told by the folder that was written to and the setting that moves it, not by the file that was being
//! copied.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::fs::folders;

/// What to say in place of an error, where a full disk is behind it: what is full, and the setting that moves what is written there.
pub(super) fn told(error: &anyhow::Error) -> Option<(String, &'static str)> {
    error.chain().any(is_full).then(|| {
        let (folder, setting) = fullest(places());
        (format!("the disk that holds {} is full", folder.display()), setting)
    })
}

fn is_full(cause: &(dyn std::error::Error + 'static)) -> bool {
    let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    let of_errno = cause.downcast_ref::<rustix::io::Errno>().map(|errno| io::Error::from(*errno).kind());
    kind.or(of_errno).is_some_and(|kind| matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
}

/// Where a run writes, likeliest first.
fn places() -> Vec<(PathBuf, &'static str)> {
    let mut places = vec![(std::env::temp_dir(), "TMPDIR")];
    places.splice(0..0, folders::cache().map(|folder| (folder, "XDG_CACHE_HOME")));
    places.extend(folders::state().map(|folder| (folder, "XDG_STATE_HOME")));
    places
}

/// The one with the least room: what the run itself wrote may be gone again by now.
fn fullest(places: Vec<(PathBuf, &'static str)>) -> (PathBuf, &'static str) {
    let found = places.into_iter().min_by_key(|(folder, _)| room(folder));
    found.unwrap_or_else(|| (PathBuf::from("/tmp"), "TMPDIR"))
}

/// Bytes that may still be written there, or files, each taken for a block.
fn room(folder: &Path) -> u64 {
    let there = folder.ancestors().find(|folder| folder.exists());
    let Some(stat) = there.and_then(|folder| rustix::fs::statvfs(folder).ok()) else { return u64::MAX };
    let files = if stat.f_files == 0 { u64::MAX } else { stat.f_favail.saturating_mul(4096) };
    stat.f_bavail.saturating_mul(stat.f_frsize).min(files)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_full_disk_is_told_by_its_folder_and_other_errors_are_not_it() {
        let failed = |kind| Err::<(), _>(io::Error::from(kind)).context("could not copy /usr/bin/git").unwrap_err();
        let (what, setting) = told(&failed(ErrorKind::StorageFull)).unwrap();
        assert!(what.starts_with("the disk that holds /") && !what.contains("git"), "{what}");
        assert!(["XDG_CACHE_HOME", "TMPDIR", "XDG_STATE_HOME"].contains(&setting));
        assert!(told(&rustix::io::Errno::DQUOT.into()).is_some());
        assert_eq!(told(&failed(ErrorKind::PermissionDenied)), None);
    }
}
