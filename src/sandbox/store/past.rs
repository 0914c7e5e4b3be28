//! What a run has to do with earlier ones: where their work is, and which of it may be shown in place of a command.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::thread;

use anyhow::Result;

use super::failed_build::of_a_failed_build;
use super::key::Key;
use super::reads::Now;
use super::tree::{self, Tree};
use super::{Claimed, Found, NOT_KEPT, Store, ask};
use crate::plan::Vars;
use crate::sandbox::reuse::{IndexAnswer, Origin, Prepared, not_asked};
use crate::sandbox::{Reuse, Unverified};

/// What a run knows of the commands before it and of its own so far.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Past {
    /// None where nothing is reused or kept.
    pub(in crate::sandbox) store: Option<Store>,
    pub(in crate::sandbox) shows: bool,
    /// The digest of where the project lies.
    pub(in crate::sandbox) project: String,
    /// The digest of the machine as it was opened.
    pub(in crate::sandbox) base: String,
    /// The entry that the run stands on; none while it is as it was opened.
    pub(in crate::sandbox) below: Option<String>,
    /// Why no result is kept or reused for the rest of the run.
    pub(in crate::sandbox) lost: Option<String>,
    /// Variables of a machine with network, also where there is none.
    pub(in crate::sandbox) vars: Vars,
    /// Who asks the package index on its behalf.
    pub(in crate::sandbox) client: ask::Client,
    /// What pip wrote into its log alone, since it was told to keep one.
    pub(in crate::sandbox) withheld: Vec<String>,
    pub(in crate::sandbox) notes: Vec<Unverified>,
    /// Why the command that runs is not watched.
    pub(in crate::sandbox) unwatched: Option<String>,
}

/// What a command of a run finds at the moment, and what it may.
pub(in crate::sandbox) trait Machine {
    /// Where the files of `/app` are that a command may have read.
    fn app(&self) -> &Path;
    /// The digest of all names in `/app`.
    fn names(&self, tree: &Tree) -> String;
    fn is_online(&self) -> bool;
    /// The digest of what installers do not read of it.
    fn rest(&self) -> Result<String>;
    /// Whether the engine still has an image.
    fn has_image(&self, image: &str) -> bool;
}

/// An earlier run's work that may be shown in place of a command's.
#[derive(Debug)]
pub(in crate::sandbox) struct Again {
    pub(in crate::sandbox) found: Found,
    /// Keeps it from being removed.
    pub(in crate::sandbox) claimed: Claimed,
    /// What the package index said.
    pub(in crate::sandbox) index: IndexAnswer,
}

/// Why no earlier run's work is shown in place of a command's.
#[derive(Debug)]
pub(in crate::sandbox) struct Missed {
    because: String,
    /// Whether an earlier run of this project had done the same.
    changed: bool,
}

impl Past {
    /// That of a run which has just been opened; `machine` gives its digest.
    pub(in crate::sandbox) fn new(
        reuse: Reuse,
        project: &Path,
        vars: Vars,
        client: ask::Client,
        store: Result<Store>,
        machine: impl FnOnce() -> Result<String>,
    ) -> Self {
        let lies = fs::canonicalize(project).unwrap_or_else(|_| project.to_owned());
        let project = tree::digest(lies.as_os_str().as_encoded_bytes());
        let past = Self { shows: reuse == Reuse::Show, project, vars, client, ..Self::default() };
        match store.and_then(|store| Ok((store, machine()?))) {
            Ok((store, base)) => Self { store: Some(store), base, ..past },
            Err(error) => Self { notes: vec![off(&format!("{error:#}"))], ..past },
        }
    }

    /// The newest work under `key` that would come out the same now, which nobody removes while it is held.
    ///
    /// # Errors
    /// Why there is none.
    pub(in crate::sandbox) fn again(
        &self,
        machine: &impl Machine,
        key: &Key,
        interrupted: &AtomicBool,
    ) -> Result<Again, Missed> {
        let Some(store) = &self.store else { return Err(Missed::never("nothing is kept")) };
        let mut entries = store.entries(&key.id, &self.project);
        if !self.shows {
            let changed = entries.next().is_some_and(|found| found.record.project == self.project);
            return Err(Missed { because: "--fresh or CI=true asks for it".to_owned(), changed });
        }
        let tree = tree::list(machine.app()).map_err(|error| Missed::never(format!("{error:#}")))?;
        let mut now = Now::new(machine.app(), &tree, machine.names(&tree));
        let mut because = None;
        for found in entries {
            let difference = match self.same(store, &found, machine, &mut now, interrupted) {
                Ok(Ok((claimed, index))) => return Ok(Again { found, claimed, index }),
                Ok(Err(difference)) => difference,
                Err(error) => format!("{error:#}"),
            };
            // What another project has otherwise is no change to this one.
            because = because.or(Some(difference).filter(|_| found.record.project == self.project));
        }
        let made_with = || store.made_with(&self.project, &key.parts.command);
        match because.or_else(|| Some(key.parts.difference(&made_with()?))) {
            Some(because) => Err(Missed { because, changed: true }),
            None => Err(Missed::never("nothing of this command was kept for this project")),
        }
    }

    /// An entry, if a command would find all that it read as it was; the inner error is what is otherwise.
    fn same(
        &self,
        store: &Store,
        found: &Found,
        machine: &impl Machine,
        now: &mut Now<'_>,
        interrupted: &AtomicBool,
    ) -> Result<Result<(Claimed, IndexAnswer), String>> {
        let record = &found.record;
        if let Some(difference) = now.difference(&record.reads)? {
            return Ok(Err(difference));
        }
        if !record.network && machine.is_online() {
            return Ok(Err("it was made without network".to_owned()));
        }
        if record.image.as_ref().is_some_and(|image| !machine.has_image(image)) {
            store.drop_entry(found);
            return Ok(Err("the engine no longer has what was kept of it".to_owned()));
        }
        if record.rest.is_some() && record.rest != Some(machine.rest()?) {
            return Ok(Err("the compiler's or the system's own files have changed".to_owned()));
        }
        let asks = !record.answers.is_empty() && machine.is_online();
        // Both take a while.
        let (claimed, changed) = thread::scope(|scope| {
            let claimed = scope.spawn(|| store.claim(found));
            let changed = asks.then(|| ask::again(&record.answers, &self.client, interrupted)).transpose();
            (claimed.join().ok().flatten(), changed)
        });
        let index = match changed? {
            Some(Some(address)) => return Ok(Err(format!("{address} has changed"))),
            Some(None) => IndexAnswer::Unchanged,
            None if record.answers.is_empty() => IndexAnswer::NotNeeded,
            None => IndexAnswer::NotAsked,
        };
        let Some(claimed) = claimed else { return Ok(Err("what was kept of it is not whole".to_owned())) };
        Ok(Ok((claimed, index)))
    }

    /// Goes on from an earlier run's work, now that it is shown.
    pub(in crate::sandbox) fn shown(&mut self, found: Found, index: IndexAnswer) -> Prepared {
        let age = found.record.age();
        if index == IndexAnswer::NotAsked {
            self.notes.push(not_asked(age));
        }
        self.below = Some(found.id);
        Prepared::Done { output: found.record.output, origin: Origin::Reused { age_seconds: age.as_secs(), index } }
    }

    /// Takes note that the command which is about to run is watched, or why it is not.
    pub(in crate::sandbox) fn watched<T>(&mut self, watched: Result<T>) -> Option<T> {
        watched
            .inspect_err(|error| {
                self.unwatched = Some(format!("{error:#}"));
                self.lost = Some(NOT_KEPT.to_owned());
            })
            .ok()
    }

    /// A command did not pass, so that nothing after it is an earlier run's; `log` is pip's.
    pub(in crate::sandbox) fn failed(&mut self, log: Option<&str>) {
        self.withheld = log.map(of_a_failed_build).unwrap_or_default();
        self.lost = Some("a command before it failed, or printed too much".to_owned());
    }

    /// A command's work is kept from now on, or could not be; gives why.
    pub(in crate::sandbox) fn kept(&mut self, kept: Result<String>) -> Option<String> {
        match kept {
            Ok(id) => {
                self.below = Some(id);
                None
            }
            Err(error) => {
                self.lost = Some(NOT_KEPT.to_owned());
                Some(format!("{error:#}"))
            }
        }
    }
}

/// The note that nothing is reused; `why` is a clause.
pub(in crate::sandbox) fn off(why: &str) -> Unverified {
    let why = format!("{why}: nothing is reused, and nothing is kept for later runs");
    Unverified { what: "reuse".to_owned(), why }
}

impl Missed {
    /// Nothing was there for it.
    pub(in crate::sandbox) fn never(because: impl Into<String>) -> Self {
        Self { because: because.into(), changed: false }
    }

    /// The command is run.
    pub(in crate::sandbox) fn run(self, is_watched: bool) -> Prepared {
        let Self { because, changed } = self;
        Prepared::Run { origin: Some(Origin::Anew { because, changed, not_kept: None }), is_watched }
    }
}
