//! The folders of a cache for what earlier runs made and downloaded. Their names change with every change of what is written there.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::sandbox::cache::Cache;

/// Layers; folders of other versions are not looked into.
pub(super) const LAYERS: &str = "layers-4";
/// Downloads, by their digest.
pub(super) const DOWNLOADS: &str = "downloads-1";

/// A folder of a cache that nobody but this user can write to.
///
/// # Errors
/// It cannot be made, or somebody else could write to it.
pub(super) fn private_folder(cache: &Cache, name: &str) -> Result<PathBuf> {
    let root = cache.root().join(name);
    if !root.is_dir() {
        fs::create_dir_all(cache.root())?;
        let made = fs::DirBuilder::new().mode(0o700).create(&root);
        if !root.is_dir() {
            made.with_context(|| format!("could not make {}", root.display()))?;
        }
    }
    for folder in [cache.root(), &root] {
        let meta = folder.symlink_metadata()?;
        ensure!(meta.is_dir(), "{} is no folder", folder.display());
        ensure!(meta.uid() == rustix::process::geteuid().as_raw(), "{} is another user's", folder.display());
        // A user's own group is often nobody else's.
        let is_own_group = meta.gid() == rustix::process::getegid().as_raw();
        let others = if is_own_group { 0o002 } else { 0o022 };
        ensure!(meta.mode() & others == 0, "others may write to {}", folder.display());
    }
    Ok(root)
}
