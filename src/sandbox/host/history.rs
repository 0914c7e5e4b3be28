//! What a sandbox knows of its history: the work of earlier runs, and what is shown of it.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::machine::{self, Beginning};
use crate::sandbox::Reuse;
use crate::sandbox::netns::sent::Sent;
use crate::sandbox::store::Claimed;
use crate::sandbox::store::key::Key;
use crate::sandbox::store::past::Past;
use crate::sandbox::store::pip::Installs;
use crate::sandbox::store::trace::{Known, Trace};

/// What a sandbox knows of the commands that it has run so far.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) past: Past,
    /// The digest of what installers do not read of the machine; looked at by the first other command.
    pub(super) rest: OnceLock<String>,
    /// Folders that a machine with network shows beside the others.
    pub(super) find_links: Vec<PathBuf>,
    pub(super) shown: Shown,
    /// What the entries that are shown have made in `/app`.
    pub(super) known: Known,
    pub(super) pending: Option<Pending>,
}

/// What a run shows of layers.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Layers that are mounted, and that nobody may remove before the run is over.
    pub(super) mounted: Vec<Claimed>,
    /// How many folders there are for what is written over layers.
    pub(super) scratches: usize,
}

/// A command that is running.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) key: Key,
    pub(super) kind: Kind,
    pub(super) trace: Trace,
    pub(super) names: String,
    pub(super) listed: Vec<PathBuf>,
    /// The permissions of the folders whose content a layer holds.
    pub(super) roots: Vec<u32>,
    /// No time that the kernel gives to a change of its own is earlier.
    pub(super) began: (i64, i64),
    /// What had been sent outward before it began, as [`Network::sent`] counts; none where that cannot be told.
    ///
    /// [`Network::sent`]: crate::sandbox::netns::Network::sent
    pub(super) sent: Option<Sent>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// It installs.
    Install(Installs),
    /// Anything else; the digest of all of `/app` before.
    Other(String),
}

impl History {
    /// The history of a sandbox that has just been opened.
    pub(super) fn new(beginning: Beginning<'_>) -> Self {
        if beginning.reuse == Reuse::Never {
            return Self::default();
        }
        let (digest, find_links) = (machine::digest(&beginning), beginning.find_links);
        let past =
            Past::new(beginning.reuse, &beginning.project, beginning.vars, beginning.client, beginning.store, || {
                digest
            });
        Self { past, find_links, ..Self::default() }
    }
}
