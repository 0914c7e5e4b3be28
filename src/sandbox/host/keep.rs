//! A run's directory that stays, and how a later run finds its way about in it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::bubblewrap::bubblewrap;
use super::bwrap::{Bind, Bubblewrap};
use super::history::History;
use super::live::{HostSandbox, Limits};
use super::memory::Cap;
use super::mount_points::MountPoints;
use super::open::watched;
use crate::plan::Vars;
use crate::sandbox::cache::{Cache, KEPT, RunDir};
use crate::sandbox::mirror::route::Front;
use crate::sandbox::netns::Network;
use crate::sandbox::network::Access;
use crate::sandbox::{Kept, Spec, Unverified, disk};

/// What cannot be told from the directory itself.
#[derive(Debug, Serialize, Deserialize)]
struct Parts {
    /// The root, and what is `/app` in it: those of the image that runs where the run had come to it.
    rootfs: PathBuf,
    app: PathBuf,
    binds: Vec<Bind>,
    network: bool,
    vars: Vars,
    notes: Vec<Unverified>,
    start_profile: String,
    start_user: Option<String>,
    user_path: String,
    venv: String,
}

impl HostSandbox {
    /// Leaves everything where it is; `notes` is what a run that goes on from here could not check either.
    pub(in crate::sandbox) fn keep_with(&mut self, notes: Vec<Unverified>) -> Result<Kept> {
        let parts = Parts {
            rootfs: self.bubblewrap.rootfs.clone(),
            app: self.app.clone(),
            binds: self.bubblewrap.binds.clone(),
            network: !self.bubblewrap.network.is_offline(),
            vars: self.vars.clone(),
            notes,
            start_profile: self.start_profile.clone(),
            start_user: self.start_user.clone(),
            user_path: self.user_path.clone(),
            venv: self.venv.clone(),
        };
        self.settle()?;
        let path = self.run.path().join(KEPT);
        // A proxy's password may be in the variables.
        crate::fs::write_json(&path, &parts).with_context(|| format!("cannot write {}", path.display()))?;
        self.bubblewrap.network.end();
        let _ = self.bubblewrap.memory.remove();
        self.closed = true;
        Ok(Kept::Folder(self.run.path().to_owned()))
    }

    /// Whether there is nothing left to remove.
    pub(in crate::sandbox) fn is_closed(&self) -> bool {
        self.closed
    }
}

/// The sandbox whose directory was kept.
pub(in crate::sandbox) fn reopen(cache: &Cache, spec: &Spec<'_>, kept: &Kept) -> Result<HostSandbox> {
    let Kept::Folder(dir) = kept else { bail!("a container is not kept in a directory") };
    let run = cache.adopt(dir)?;
    let path = dir.join(KEPT);
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let parts = serde_json::from_slice(&text).with_context(|| format!("{} is spoilt", path.display()))?;
    put_together(cache, run, parts, spec)
}

fn put_together(cache: &Cache, run: RunDir, parts: Parts, spec: &Spec<'_>) -> Result<HostSandbox> {
    let memory = Cap::new(spec.memory, run.path())?;
    let access = if spec.network { Access::of_this_machine() } else { Access::default() };
    let network =
        Network::start(parts.network && spec.network, spec.reach, &access, cache, watched(&memory, spec, run.path()));
    let bubblewrap = Bubblewrap {
        program: bubblewrap().context("bubblewrap is gone")?,
        rootfs: parts.rootfs,
        binds: parts.binds,
        network: network.finish(),
        memory,
        filter: Bubblewrap::write_filter(run.path())?,
    };
    let project: PathBuf =
        fs::canonicalize(spec.project).with_context(|| format!("could not find {}", spec.project.display()))?;
    Ok(HostSandbox {
        app: parts.app,
        finished: None,
        mount_points: MountPoints::default(),
        history: History::default(),
        front: Front::default(),
        bubblewrap,
        disk: disk::Before::of(run.path()),
        run,
        project,
        vars: parts.vars,
        setup: Vec::new(),
        notes: parts.notes,
        start_profile: parts.start_profile,
        start_user: parts.start_user,
        limits: Limits { memory: spec.memory, quotas: spec.quotas },
        user_path: parts.user_path,
        venv: parts.venv,
        closed: false,
    })
}
