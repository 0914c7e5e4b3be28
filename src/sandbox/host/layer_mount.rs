//! Shows the files of a kept layer as a run's own: by an overlay where this machine can, else as a copy.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::history::Shown;
use super::live::HostSandbox;
use super::machine::{OF_THE_NETWORK, PARTS};
use crate::sandbox::inside;
use crate::sandbox::store::tree;
use crate::sandbox::store::{Claimed, Found, trace};

/// To copy fewer files than this is quicker than to mount.
const FEW: usize = 100;

impl HostSandbox {
    /// Where a path of the run's folder is as the commands are shown it.
    pub(super) fn seen(&self, path: &Path) -> PathBuf {
        match self.history.shown.mounted.is_empty() {
            true => path.to_owned(),
            false => self.bubblewrap.network.seen_inside(path),
        }
    }

    /// Puts a layer in the place of what the run has.
    pub(super) fn put(&mut self, found: &Found, claimed: Claimed) -> Result<()> {
        let root = self.root();
        let network = OF_THE_NETWORK.iter().map(|file| (*file, inside::read(&root, file))).collect();
        let mut is_mounted = false;
        let put = PARTS.iter().try_for_each(|part| {
            is_mounted |= self.put_part(&found.folder.join(part), &self.run.path().join(part))?;
            Ok(())
        });
        self.history.shown.mounted.extend(is_mounted.then_some(claimed));
        put.and_then(|()| self.put_rest(found, network))
    }

    fn put_rest(&self, found: &Found, network: Vec<(&str, Result<Vec<u8>>)>) -> Result<()> {
        let root = self.root();
        for (file, text) in network {
            inside::write(&root, file, &text?)?;
        }
        trace::apply(&found.folder.join("app"), &found.record.app_made, &found.record.app_gone, &self.app)
    }

    /// Mounts what the run has just made and kept over itself, where it would be mounted the next time: what comes after finds the
    /// same then, folders of another file system that cannot be renamed among it. The cloud's layers are such too.
    pub(super) fn put_own(&mut self, kept: &Path, claimed: Claimed) -> Result<()> {
        let mut is_mounted = false;
        let put = PARTS.iter().try_for_each(|part| {
            is_mounted |= self.mount(&kept.join(part), &self.run.path().join(part))?;
            Ok(())
        });
        self.history.shown.mounted.extend(is_mounted.then_some(claimed));
        put
    }

    /// Gives whether it could be done.
    fn mount(&mut self, kept: &Path, place: &Path) -> Result<bool> {
        if !tree::has_at_least(kept, FEW)? {
            return Ok(false);
        }
        self.history.shown.scratches += 1;
        let scratch = self.run.path().join(format!("written-{}", self.history.shown.scratches));
        let is_mounted = self.bubblewrap.network.overlay(kept, place, &scratch).is_ok();
        if !is_mounted {
            tree::remove(&scratch)?;
        }
        Ok(is_mounted)
    }

    /// Gives whether it was mounted rather than copied.
    fn put_part(&mut self, kept: &Path, place: &Path) -> Result<bool> {
        if self.mount(kept, place)? {
            return Ok(true);
        }
        let new = place.with_extension("new");
        fs::create_dir(&new)?;
        tree::copy(kept, &new)?;
        // A layer that is mounted there hides what is below it.
        let place = self.seen(place);
        empty(&place)?;
        match self.history.shown.mounted.is_empty() {
            true => {
                fs::remove_dir(&place)?;
                fs::rename(&new, &place)?;
            }
            false => {
                tree::copy(&new, &place)?;
                tree::remove(&new)?;
            }
        }
        Ok(false)
    }

    /// Makes copies of what is mounted, for a run's folder that outlives the run.
    pub(super) fn settle(&mut self) -> Result<()> {
        if self.history.shown.mounted.is_empty() {
            return Ok(());
        }
        for part in PARTS {
            let place = self.run.path().join(part);
            let (seen, new) = (self.seen(&place), place.with_extension("new"));
            let tree = tree::list_plain(&seen)?;
            fs::create_dir(&new)?;
            tree::copy_listed(&seen, &new, &tree)?;
            tree::remove(&place)?;
            fs::rename(&new, &place)?;
        }
        for number in 1..=self.history.shown.scratches {
            tree::remove(&self.run.path().join(format!("written-{number}")))?;
        }
        self.history.shown = Shown::default();
        Ok(())
    }
}

fn empty(folder: &Path) -> Result<()> {
    fs::read_dir(folder)?.try_for_each(|entry| tree::remove(&entry?.path()))
}
