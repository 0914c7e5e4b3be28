//! What a run that was killed has left is removed by the next, of whatever project.
//!
//! Its processes are gone already: the kernel ended them with the run's namespaces.

use std::path::PathBuf;
use std::thread;

use super::cache::{self, Cache};
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
        let is_free = memory::remove_of(&run);
        nix::forget(cache, &run);
        if !is_free {
            let _ = cache::empty(&run);
        } else if tree::remove(&run).is_ok() {
            removed.push(run);
        }
    }
    cache.sweep_halves();
    removed
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_control_group_that_is_still_in_use_is_removed_by_a_later_run() {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::at(home.path().join("cache"));
        let name = format!("shakedown-run-test-{}", std::process::id());
        let run = home.path().join("cache/runs").join(&name);
        fs::create_dir_all(run.join("root/etc")).unwrap();
        let places = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].map(|tree| Path::new(tree).join(&name));
        // Who may make none has nothing to leave.
        let Some(group) = places.into_iter().find(|place| fs::create_dir_all(place.join("used")).is_ok()) else {
            return;
        };
        fs::write(run.join(memory::GROUPS), group.display().to_string()).unwrap();
        assert!(!sweep(&cache).contains(&run));
        assert!(run.join(memory::GROUPS).exists() && !run.join("root").exists());
        fs::remove_dir(group.join("used")).unwrap();
        assert!(sweep(&cache).contains(&run));
        assert!(!run.exists() && !group.exists());
    }
}
