//! What a run on an engine knows of its history: what earlier runs made, and the layer that its container is started from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::containers::Config;
use super::images;
use crate::sandbox::cache::Cache;
use crate::sandbox::netns::sent::Sent;
use crate::sandbox::network::Access;
use crate::sandbox::store::ask::Client;
use crate::sandbox::store::key::Key;
use crate::sandbox::store::past::{self, Past};
use crate::sandbox::store::pip::Installs;
use crate::sandbox::store::trace::Trace;
use crate::sandbox::store::tree::{self, Digest};
use crate::sandbox::store::{Claimed, Store};
use crate::sandbox::{Reuse, Spec, fingerprint};

/// What a sandbox knows of the commands that it has run so far.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) past: Past,
    /// The image of the entry that the run stands on; none while it is as it was opened.
    pub(super) image: Option<String>,
    /// What is in the layers that are shown, in bytes.
    pub(super) written: u64,
    /// How many commands of the build are behind, whoever ran them.
    pub(super) commands: usize,
    /// What runs with every Python of the machine before the first command.
    pub(super) code: Option<BTreeSet<String>>,
    /// The key of the setup that runs.
    pub(super) setup: Option<Key>,
    pub(super) pending: Option<Pending>,
    /// The configuration that tells pip what it is told, of the command that runs.
    pub(super) told: Option<String>,
    /// Entries that nobody may remove before the run is over.
    pub(super) claimed: Vec<Claimed>,
}

/// A command that is running.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) key: Key,
    pub(super) kind: Kind,
    pub(super) trace: Trace,
    pub(super) names: String,
    pub(super) listed: Vec<PathBuf>,
    /// What had been sent outward before it began; none where that cannot be told.
    pub(super) sent: Option<Sent>,
    /// The lock that led its installer to the mirror, in whose place the project's own is again.
    pub(super) led: Option<String>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// It installs, and what it reads of `/app` leaves a trace.
    Traced(Installs),
    /// It installs; the digest of all of `/app` before.
    Untraced(Installs, String),
    /// Anything else; the same.
    Other(String),
}

impl History {
    /// The history of a run that is about to begin.
    pub(super) fn new(spec: &Spec<'_>, config: &Config) -> Self {
        if spec.reuse == Reuse::Never {
            return Self::default();
        }
        let online = if spec.network { config.access.clone() } else { Access::of_this_machine() };
        let past = match images::are_made_well(&config.engine, &config.image) {
            Err(error) => {
                let why = format!("{error:#}");
                Past { notes: vec![past::off(&why)], lost: Some(why), vars: online.vars, ..Past::default() }
            }
            Ok(engine) => {
                let store = Cache::of_user().and_then(|cache| Store::open(&cache));
                let client = Client::new(&online, &online.vars, spec.reach);
                Past::new(spec.reuse, &spec.own_project(), online.vars.clone(), client, store, || {
                    base(&engine, config, &online)
                })
            }
        };
        Self { past, ..Self::default() }
    }
}

/// The digest of a machine before the first command. The layers of one engine are not another's.
fn base(engine: &str, config: &Config, online: &Access) -> Result<String> {
    let mut digest = Digest::default();
    digest.add(env!("CARGO_PKG_VERSION")).add("engine").add(engine);
    // By its content: a name may come to mean another.
    digest.add(images::demand_id(&config.engine, &config.image)?);
    digest.add(format!("{:?} {} {}", config.memory, config.processes, config.disk));
    digest.add(tree::digest(&online.bundle));
    for folder in online.find_links.iter().chain(&config.shown) {
        digest.add(path(folder)).add(fingerprint::of(folder)?);
    }
    for (volume, place) in &config.volumes {
        digest.add(volume).add(place);
    }
    Ok(digest.finish())
}

fn path(folder: &Path) -> &[u8] {
    folder.as_os_str().as_encoded_bytes()
}
