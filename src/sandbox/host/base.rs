//! The base image's machine before anything is installed on it, which the nix backend puts a real profile on.

use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use super::bwrap::Bind;
use super::declared::Declared;
use super::layer::{self, in_root};
use super::live::HostSandbox;
use super::open::open;
use crate::fs::tree;
use crate::sandbox::Spec;
use crate::sandbox::cache::Cache;
use crate::sandbox::netns::Network;
use crate::sandbox::store::tree::Digest;

/// The machine without packages; `compiler` adds the host's toolchain, for a nixpkgs whose gcc is a link to it.
pub(in crate::sandbox) fn machine(cache: &Cache, spec: &Spec<'_>, compiler: bool) -> Result<HostSandbox> {
    let sandbox = open(cache, spec, &Declared::with_compiler(compiler), None)?;
    tree::remove(&in_root(&sandbox.bubblewrap.rootfs, layer::PROFILE))?;
    Ok(sandbox)
}

impl HostSandbox {
    /// The run's own directory, which goes with it.
    pub(in crate::sandbox) fn dir(&self) -> &Path {
        self.run.path()
    }

    /// What the run's commands reach.
    pub(in crate::sandbox) fn network(&self) -> &Network {
        &self.bubblewrap.network
    }

    /// What is `/app` inside.
    pub(in crate::sandbox) fn app_dir(&self) -> std::path::PathBuf {
        self.app.clone()
    }

    /// Shows a directory of the host at `inside`, over what was shown before.
    pub(in crate::sandbox) fn show(&mut self, from: &Path, inside: &str, writable: bool) -> Result<()> {
        std::fs::create_dir_all(in_root(&self.bubblewrap.rootfs, inside))
            .with_context(|| format!("cannot make {inside}"))?;
        self.bubblewrap.binds.push(match writable {
            true => Bind::Writable(from.to_owned(), inside.to_owned()),
            false => Bind::read_only(from, inside),
        });
        Ok(())
    }

    /// Tells what earlier runs made upon `what`, beside this machine, from what they made upon anything else.
    pub(in crate::sandbox) fn stands_on(&mut self, what: &Path) {
        let mut digest = Digest::default();
        digest.add(&self.history.past.base).add(what.as_os_str().as_encoded_bytes());
        self.history.past.base = digest.finish();
    }

    /// Reuses and keeps nothing more; `why` completes "installed anew, since ...".
    pub(in crate::sandbox) fn reuses_nothing(&mut self, why: &str) {
        self.history.past.lost = Some(why.to_owned());
    }

    /// Makes `/root/.nix-profile` lead to a profile in the store.
    pub(in crate::sandbox) fn link_profile(&self, target: &Path) -> Result<()> {
        let link = in_root(&self.bubblewrap.rootfs, layer::PROFILE);
        if link.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
            std::fs::remove_file(&link)?;
        }
        symlink(target, &link).context("cannot link the profile")
    }
}
