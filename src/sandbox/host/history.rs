//! What a sandbox knows of its history: where the work of earlier runs is, and what is shown of it.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::machine::{self, Beginning};
use crate::plan::Vars;
use crate::sandbox::store::pip::Installs;
use crate::sandbox::store::trace::{Known, Trace};
use crate::sandbox::store::{Claimed, Store};
use crate::sandbox::{Reuse, Unverified};

/// What a sandbox knows of the commands that it has run so far.
#[derive(Debug, Default)]
pub(super) struct History {
    /// None where nothing is reused or kept.
    pub(super) store: Option<Store>,
    pub(super) shows: bool,
    /// The machine as it was opened, for an installer.
    pub(super) base: String,
    /// The rest of it, for any other command; looked at by the first.
    pub(super) rest: OnceLock<String>,
    /// The entry whose files are shown; none while it is as it was opened.
    pub(super) below: Option<String>,
    /// Why no result is kept or reused for the rest of the run.
    pub(super) lost: Option<String>,
    /// Variables of a machine with network, also where there is none.
    pub(super) vars: Vars,
    /// Folders that a machine with network shows beside the others.
    pub(super) find_links: Vec<PathBuf>,
    pub(super) shown: Shown,
    /// What the entries that are shown have made in `/app`.
    pub(super) known: Known,
    pub(super) pending: Option<Pending>,
    /// Why the command that runs is not watched.
    pub(super) unwatched: Option<String>,
    /// What pip wrote into its log alone, since it was told to keep one.
    pub(super) withheld: Vec<String>,
    pub(super) notes: Vec<Unverified>,
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
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) trace: Trace,
    pub(super) names: String,
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
        let Beginning { store, reuse, vars, find_links, .. } = &beginning;
        if *reuse == Reuse::Never {
            return Self::default();
        }
        let history = Self {
            shows: *reuse == Reuse::Show,
            vars: vars.clone(),
            find_links: find_links.clone(),
            ..Self::default()
        };
        let base = match store {
            Ok(store) => machine::digest(&beginning).map(|base| (store.clone(), base)),
            Err(error) => Err(anyhow::anyhow!("{error:#}")),
        };
        match base {
            Ok((store, base)) => Self { store: Some(store), base, ..history },
            Err(error) => {
                let why = format!("{error:#}: nothing is reused, and nothing is kept for later runs");
                Self { notes: vec![Unverified { what: "reuse".to_owned(), why }], ..history }
            }
        }
    }

    /// What the verdict does not cover because of it.
    pub(super) fn notes(&self) -> Vec<Unverified> {
        self.notes.clone()
    }
}
