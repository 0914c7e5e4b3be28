//! The real packages from a nixpkgs, on the host sandbox's machine: one `nix-env -if` for each of the plan's expressions.

mod live;
mod nixpkgs;
mod store;

pub use nixpkgs::Nixpkgs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use self::live::Live;
use self::store::Store;
use super::cache::Cache;
use super::host::{base, check, keep};
use super::{Backend, Kept, Progress, Sandbox, Spec, Unavailable};
use crate::plan::Plan;

/// How long `nix-env --version` may take.
const SOON: Duration = Duration::from_secs(10);

/// The nix backend.
#[derive(Debug, Clone, Default)]
pub struct Nix {
    nixpkgs: Option<Nixpkgs>,
    cache: Option<Cache>,
}

impl Nix {
    /// With the plan's own archive of nixpkgs, unless `NIX_PATH` names another.
    pub fn new() -> Self {
        Self { nixpkgs: Nixpkgs::of_search_path(std::env::var("NIX_PATH").ok().as_deref()), cache: None }
    }

    /// With the nixpkgs that the user chose (`--nixpkgs PATH|URL`).
    pub fn with_nixpkgs(mut self, nixpkgs: Nixpkgs) -> Self {
        self.nixpkgs = Some(nixpkgs);
        self
    }

    /// Whether the user named a nixpkgs, so that the plan's archive need not be fetched.
    pub fn has_nixpkgs(&self) -> bool {
        self.nixpkgs.is_some()
    }

    /// Keeps roots and scratch directories in `cache`.
    pub fn with_cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    fn cache(&self) -> Result<Cache> {
        self.cache.clone().map_or_else(Cache::of_user, Ok)
    }

    fn store(&self) -> Result<Store, Unavailable> {
        let private = self.cache().ok().map(|cache| cache.root().join("nix"));
        Store::find(&program()?, private)
    }

    /// What `nix-env --version` says, for instance `nix-env (Nix) 2.8.0`.
    pub fn version() -> Result<String, Unavailable> {
        let failed = |why: String| Unavailable { missing: why, cures: vec!["nix-env --version".into()] };
        let program = program()?;
        let started =
            duct::cmd!(&program, "--version").stdin_null().stderr_capture().stdout_capture().unchecked().start();
        let handle = started.map_err(|error| failed(format!("cannot run {}: {error}", program.display())))?;
        match handle.wait_timeout(SOON) {
            Ok(Some(output)) if output.status.success() => {
                Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
            }
            _ => {
                let _ = handle.kill();
                Err(failed(format!("{} does not work", program.display())))
            }
        }
    }
}

/// Takes away the links by which Nix remembers profiles below a run's folder.
pub(super) fn forget(cache: &Cache, run: &Path) {
    for store in [Store::Own, Store::Private(cache.root().join("nix"))] {
        store.forget(run);
    }
}

fn program() -> Result<PathBuf, Unavailable> {
    which::which("nix-env").map_err(|_| Unavailable {
        missing: "Nix is not installed".into(),
        cures: vec!["sudo apt-get install nix-bin".into(), "sh <(curl -L https://nixos.org/nix/install)".into()],
    })
}

impl Backend for Nix {
    fn name(&self) -> &'static str {
        "nix"
    }

    fn check(&self, plan: &Plan) -> Result<(), Unavailable> {
        super::only_nix(plan, "nix")?;
        self.store()?;
        check::usable()?;
        if let Some(nixpkgs) = &self.nixpkgs {
            nixpkgs.check()?;
        }
        Ok(())
    }

    fn open(&self, spec: &Spec<'_>, _watch: &mut Progress<'_>) -> Result<Box<dyn Sandbox>> {
        self.check(spec.plan)?;
        let store = self.store()?;
        store.make()?;
        let stand_in = self.nixpkgs.as_ref().is_some_and(Nixpkgs::is_stand_in);
        let compiler = stand_in && spec.plan.nix_packages().names.iter().any(|name| name == "gcc");
        let machine = base::machine(&self.cache()?, spec, compiler)?;
        Ok(Box::new(Live::new(machine, spec, store, self.nixpkgs.clone(), program()?)?))
    }

    fn reopen(&self, spec: &Spec<'_>, kept: &Kept) -> Result<Box<dyn Sandbox>> {
        check::usable()?;
        Ok(Box::new(Live::installed(keep::reopen(&self.cache()?, spec, kept)?, self.store()?)))
    }
}
