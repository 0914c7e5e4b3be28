//! What a container knows of its history: where the work of earlier runs is, and what was copied into it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use super::container::Wanted;
use super::engine::Engine;
use super::image;
use super::options::Options;
use super::watch::Watch;
use crate::fs::temporary;
use crate::plan::Vars;
use crate::sandbox::cache::Cache;
use crate::sandbox::network::Access;
use crate::sandbox::store::pip::Installs;
use crate::sandbox::store::tree::Digest;
use crate::sandbox::store::{Claimed, Store, trace, tree};
use crate::sandbox::{Reuse, Spec, Unverified, fingerprint};

/// What a run knows of the commands that it has run so far.
#[derive(Debug, Default)]
pub(super) struct History {
    /// None where nothing is reused or kept.
    pub(super) store: Option<Store>,
    pub(super) shows: bool,
    pub(super) is_offline: bool,
    /// What the run's containers are made from, beside their images.
    pub(super) wanted: Wanted,
    /// The digest of what is known of the machine before it runs.
    pub(super) opened: String,
    /// The same of the machine before the first command; none until that is known.
    pub(super) base: Option<String>,
    /// The image of the container.
    pub(super) image: String,
    /// The entry whose work is in the container; none while that is as it was set up.
    pub(super) below: Option<String>,
    /// Why no result is kept or reused for the rest of the run.
    pub(super) lost: Option<String>,
    /// Variables of a machine with network, also where there is none.
    pub(super) vars: Vars,
    /// What was copied into `/app`.
    pub(super) copied: Option<TempDir>,
    /// Entries that nobody may remove before the run is over.
    pub(super) claimed: Vec<Claimed>,
    pub(super) pending: Option<Pending>,
    /// Why the command that runs is not watched.
    pub(super) unwatched: Option<String>,
    /// What pip wrote into its log alone, since it was told to keep one.
    pub(super) withheld: Vec<String>,
    pub(super) notes: Vec<Unverified>,
}

/// A command that is running.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) key: String,
    pub(super) installs: Installs,
    pub(super) watch: Watch,
    /// The digest of all names in `/app`.
    pub(super) names: String,
}

impl History {
    /// The history of a run that is about to begin.
    pub(super) fn new(engine: &Engine, spec: &Spec<'_>, options: &Options, wanted: Wanted) -> Self {
        if spec.reuse == Reuse::Never {
            return Self::default();
        }
        Self::begin(engine, spec, options, wanted).unwrap_or_else(|error| {
            let why = format!("{error:#}: nothing is reused, and nothing is kept for later runs");
            Self { notes: vec![Unverified { what: "reuse".to_owned(), why }], ..Self::default() }
        })
    }

    fn begin(engine: &Engine, spec: &Spec<'_>, options: &Options, wanted: Wanted) -> Result<Self> {
        let store = Store::open(&Cache::of_user()?)?;
        sweep(engine, &store);
        let access = Access::of_this_machine();
        let mut digest = Digest::default();
        digest.add(env!("CARGO_PKG_VERSION")).add(engine.name());
        digest.add(format!("{:?} {}", wanted.memory, wanted.processes));
        // All that the setup is told to do.
        digest.add(format!("{:?} {:?}", spec.plan.image, spec.plan.assets));
        for step in &spec.plan.steps {
            digest.add(format!("{:?} {:?}", step.packages, step.variables));
        }
        for (_, path) in &wanted.volumes {
            digest.add(path);
        }
        let folders: Vec<&PathBuf> = access.find_links.iter().chain(&options.shown).collect();
        if !folders.is_empty() {
            // They are copied where there is a network.
            digest.add([u8::from(spec.network)]);
        }
        for folder in folders {
            digest.add(fingerprint::of(folder)?);
        }
        // What an earlier run left in a folder of `/app` is no file of this one.
        let is_in_app = |(_, path): &(String, String)| Path::new(path).starts_with("/app");
        let lost = wanted.volumes.iter().any(is_in_app).then(|| "a cache directory lies in /app".to_owned());
        Ok(Self {
            store: Some(store),
            shows: spec.reuse == Reuse::Show,
            is_offline: !spec.network,
            wanted,
            opened: digest.finish(),
            lost,
            vars: access.vars,
            copied: Some(temporary::folder()?),
            ..Self::default()
        })
    }

    /// Remembers what was copied into `/app`.
    pub(super) fn copied(&mut self, from: &Path) {
        let Some(copied) = &self.copied else { return };
        let remember = || -> Result<()> {
            let made: Vec<PathBuf> = tree::list(from)?.into_keys().collect();
            trace::apply(from, &made, &[], copied.path())
        };
        if let Err(error) = remember() {
            self.lost = Some(format!("{error:#}"));
        }
    }
}

/// Removes images without entries, while the caller goes on.
pub(super) fn sweep(engine: &Engine, store: &Store) {
    let (engine, store) = (engine.clone(), store.clone());
    // Nobody waits for it: what it does not come to is for the next run.
    std::thread::spawn(move || image::sweep(&engine, &store));
}
