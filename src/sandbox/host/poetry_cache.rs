//! Poetry's own cache, with the archives in it that earlier runs downloaded.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;

use super::live::HostSandbox;
use crate::plan::Vars;
use crate::sandbox::inside;
use crate::sandbox::mirror::route::Shown;
use crate::sandbox::reuse::Upcoming;
use crate::sandbox::store::artifacts::{Artifact, PLACE};
use crate::sandbox::store::pip::Installs;
use crate::sandbox::store::{trace, tree};

impl HostSandbox {
    /// Puts what the lock names into the cache of a Poetry that is about to run. What cannot be put there is downloaded.
    pub(super) fn show_artifacts(&mut self, upcoming: &Upcoming<'_>, vars: &Vars, installs: Installs) {
        let Some(artifacts) = self.front.artifacts(&self.app, vars, upcoming.step.caches, installs) else { return };
        // What Poetry does not take of it has to go again.
        if !trace::is_possible(self.run.path()) {
            return;
        }
        let root = self.root();
        let put = |Artifact { place, mode, mut file }| -> Result<String> {
            let place = format!("{PLACE}/{place}");
            let (folder, _) = place.rsplit_once('/').unwrap_or_default();
            inside::create_folders(&root, folder)?;
            let mut put = inside::create(&root, &place)?;
            io::copy(&mut file, &mut put)?;
            put.set_permissions(Permissions::from_mode(mode))?;
            trace::forget(&root.join(&place))?;
            Ok(place)
        };
        let places = artifacts.known().filter_map(|artifact| put(artifact).ok()).collect();
        self.front.show(Shown { artifacts, places });
    }

    /// Keeps what Poetry has downloaded, and takes away what it was shown and did not take.
    pub(super) fn keep_artifacts(&mut self, interrupted: &AtomicBool) {
        let Some(Shown { artifacts, places }) = self.front.shown_artifacts() else { return };
        let root = self.root();
        places.iter().for_each(|place| drop(remove_unread(&root, place)));
        let Ok(tree) = inside::folder(&root, PLACE).and_then(|()| tree::list_plain(&root.join(PLACE))) else { return };
        let files = tree.iter().filter(|(_, entry)| entry.kind == tree::Kind::File);
        let places = files.filter_map(|(path, _)| path.to_str());
        for place in artifacts.wanted(places, &self.history.past.client, interrupted) {
            if interrupted.load(Ordering::Relaxed) {
                break;
            }
            if let Some(file) = inside::open_file(&root, &format!("{PLACE}/{place}")).ok().filter(has_no_holes) {
                artifacts.keep(place, tree[Path::new(place)].mode, file);
            }
        }
        artifacts.end();
    }
}

/// Whether a file takes as much of the disk as it holds: one of holes may be of any length.
fn has_no_holes(file: &File) -> bool {
    file.metadata().is_ok_and(|meta| meta.blocks().saturating_mul(512) >= meta.len())
}

/// Removes a file that nobody has read, and the folders that held nothing else.
fn remove_unread(root: &Path, place: &str) -> Result<()> {
    let is_read = |file: File| -> Result<bool> { Ok(trace::is_read(&file.metadata()?)) };
    if is_read(inside::open_file(root, place)?)? {
        return Ok(());
    }
    inside::remove_with_folders(root, place, PLACE)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_poetry_did_not_take_goes_with_its_folders() {
        let root = tempfile::tempdir().unwrap();
        let [taken, left] = ["aa/bb/tide.whl", "aa/cc/ebb.whl"].map(|place| format!("{PLACE}/{place}"));
        for place in [&taken, &left] {
            inside::create_folders(root.path(), place.rsplit_once('/').unwrap().0).unwrap();
            fs::write(root.path().join(place), "x").unwrap();
            trace::forget(&root.path().join(place)).unwrap();
        }
        fs::read(root.path().join(&taken)).unwrap();
        for place in [&taken, &left] {
            remove_unread(root.path(), place).unwrap();
        }
        assert!(root.path().join(&taken).exists() && !root.path().join(PLACE).join("aa/cc").exists());
        assert!(inside::folder(root.path(), PLACE).is_ok());
        let holes = tempfile::tempfile().unwrap();
        holes.set_len(1 << 40).unwrap();
        assert!(!has_no_holes(&holes) && has_no_holes(&File::open(root.path().join(&taken)).unwrap()));
    }
}
