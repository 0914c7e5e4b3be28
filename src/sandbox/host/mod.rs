//! The host sandbox: bubblewrap around a root that holds only what the cloud's machine would.

pub(in crate::sandbox) mod base;
mod bubblewrap;
mod bwrap;
mod caches;
mod called;
pub(in crate::sandbox) mod check;
mod confine;
mod declared;
mod fetched;
mod hidden;
mod history;
pub(in crate::sandbox) mod keep;
mod layer;
mod layer_mount;
pub(in crate::sandbox) mod live;
mod locales;
mod machine;
pub(in crate::sandbox) mod memory;
mod mise;
mod mount_points;
mod open;
mod packages;
mod pip;
mod pip_config;
mod poetry_cache;
mod probe;
mod reuse;
mod root;
mod runtime_image;
mod seccomp;
mod seed;
mod store_paths;
pub(in crate::sandbox) mod system;
mod toolchain;

use std::path::PathBuf;

use anyhow::Result;

pub use self::bubblewrap::{bubblewrap, came_in_a_wheel};
pub use self::check::{ask_in_background, try_anew};
use super::cache::Cache;
use super::{Backend, Kept, Progress, Sandbox, Spec, Unavailable, python};
use crate::plan::Plan;

/// The backend that needs nothing but Linux, bubblewrap and a CPython of the planned version.
#[derive(Debug, Clone, Default)]
pub struct Host {
    python: Option<PathBuf>,
    cache: Option<Cache>,
}

impl Host {
    /// Searches for interpreters, and keeps its cache where the user's caches are.
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses this interpreter (a program, or the prefix it is installed in) instead of searching for one.
    pub fn with_python(mut self, python: Option<PathBuf>) -> Self {
        self.python = python;
        self
    }

    /// The interpreter that the plan names and this machine lacks, and what is said of it.
    pub fn missing_python(&self, plan: &Plan) -> Option<((u32, u32), Unavailable)> {
        let wanted = packages::wanted_interpreter(plan)?;
        python::find(wanted, self.python.as_deref()).err().map(|none| (wanted.minor, none))
    }

    /// Keeps roots, packages and scratch directories in `cache`.
    pub fn with_cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// What the plan names and this machine cannot provide, for example `nixPkgs: chromium`. What can be fetched is, where
    /// somebody waits for it.
    pub fn gaps(&self, plan: &Plan, progress: Option<&mut Progress<'_>>) -> Result<Vec<String>> {
        let keys = plan.package_keys();
        let notes = packages::declared(plan, &self.cache()?, self.python.as_deref(), progress)?.notes;
        let is_named =
            |what: &String| what.split_once(':').is_some_and(|(key, _)| keys.iter().any(|known| known == key));
        Ok(notes.into_iter().map(|note| note.what).filter(is_named).collect())
    }

    fn cache(&self) -> Result<Cache> {
        self.cache.clone().map_or_else(Cache::of_user, Ok)
    }
}

impl Backend for Host {
    fn name(&self) -> &'static str {
        "host"
    }

    fn check(&self, plan: &Plan) -> Result<(), Unavailable> {
        check::usable()?;
        packages::interpreter(plan, self.python.as_deref()).map(drop)
    }

    fn open(&self, spec: &Spec<'_>, progress: &mut Progress<'_>) -> Result<Box<dyn Sandbox>> {
        check::usable()?;
        let (cache, python) = (self.cache()?, spec.python.as_deref().or(self.python.as_deref()));
        if !cache.root().join(root::KIND).exists() {
            progress.report("the files that sandboxes are made of, once");
        }
        let interrupted = progress.interrupted;
        // Fetching may open a sandbox of its own, so it comes first.
        let declared = packages::declared(spec.plan, &cache, python, spec.network.then_some(progress))?;
        let image = &spec.plan.image;
        let finished = spec.plan.start.as_ref().filter(|start| start.files.is_some());
        std::thread::scope(|scope| {
            if let Some(start) = finished {
                let (cache, recipe) = (&cache, declared.slim_recipe(image, &start.locales));
                // Ahead of its turn, which tells what fails.
                scope.spawn(move || drop(root::root(cache, &recipe)));
            }
            let seed = seed::of(&cache, image, &declared, interrupted)?;
            Ok(Box::new(open::open(&cache, spec, &declared, seed.as_deref())?) as Box<dyn Sandbox>)
        })
    }

    fn reopen(&self, spec: &Spec<'_>, kept: &Kept) -> Result<Box<dyn Sandbox>> {
        check::usable()?;
        Ok(Box::new(keep::reopen(&self.cache()?, spec, kept)?))
    }
}
