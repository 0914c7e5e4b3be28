//! What a run that was killed has left is removed by the next, of whatever project.
//!
//! Its processes are gone already: the kernel ended them with the run's namespaces.

use std::path::PathBuf;
use std::thread;

use super::cache::Cache;
use super::host::memory;
use super::nix;
use crate::fs::{temporary, tree};

/// Removes what killed runs of this user have left on this machine, while the caller goes on.
pub fn in_background() {
    // Nobody waits for it: what an early end of this process leaves is for the next.
    thread::spawn(|| {
        if let Ok(cache) = Cache::of_user() {
            sweep(&cache);
        }
    });
}

/// The same for one cache, at once; gives the folders that went.
pub fn sweep(cache: &Cache) -> Vec<PathBuf> {
    let mut removed = temporary::sweep();
    for (run, _lock) in cache.abandoned_runs() {
        memory::remove_of(&run);
        nix::forget(cache, &run);
        if tree::remove(&run).is_ok() {
            removed.push(run);
        }
    }
    cache.sweep_halves();
    removed
}
