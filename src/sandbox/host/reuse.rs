//! Shows what an earlier run's command made in place of running it, and keeps what this run's commands make.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail, ensure};

use super::bwrap::{Bind, Bubblewrap};
use super::history::{Kind, Pending};
use super::live::HostSandbox;
use super::machine::{self, PARTS};
use super::memory::Cap;
use crate::plan::Vars;
use crate::sandbox::Role;
use crate::sandbox::mirror::Given;
use crate::sandbox::mirror::route::Asking;
use crate::sandbox::netns::Network;
use crate::sandbox::reuse::{Prepared, Upcoming};
use crate::sandbox::store::key::{Key, Parts};
use crate::sandbox::store::lock::{self, Locker, Taken};
use crate::sandbox::store::past::{Again, Machine, Missed, Past};
use crate::sandbox::store::pip::{self, Asked, Installs};
use crate::sandbox::store::reads::{self, Reads};
use crate::sandbox::store::trace::{self, Changes, Trace, Traced};
use crate::sandbox::store::tree::{self, Digest, Tree};
use crate::sandbox::store::{Record, ask, vouch};

impl Machine for HostSandbox {
    fn app(&self) -> &Path {
        &self.app
    }

    fn names(&self, tree: &Tree) -> String {
        tree::names(tree)
    }

    fn is_online(&self) -> bool {
        !self.bubblewrap.network.is_offline()
    }

    fn rest(&self) -> Result<String> {
        HostSandbox::rest(self).map(str::to_owned)
    }

    /// There is no engine.
    fn has_image(&self, _: &str) -> bool {
        false
    }
}

impl HostSandbox {
    /// Shows the work of an earlier run, or begins to watch what this one does. Never an error: then it is just run.
    pub(super) fn prepare(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        if self.history.past.store.is_none() || upcoming.step.role != Role::Build {
            return Prepared::RUN;
        }
        let mut vars = self.history.past.vars.clone();
        vars.extend(upcoming.step.vars.clone());
        if let Some(lost) = self.history.past.lost.clone() {
            return self.unwatched(upcoming, &vars, lost);
        }
        let installs = pip::installs(upcoming.step.argv, &vars).filter(|_| trace::is_possible(self.run.path()));
        let key = match self.key(upcoming, &vars, installs.is_some()) {
            Ok(key) => key,
            Err(error) => return self.lose(upcoming, &vars, format!("{error:#}")),
        };
        let missed = match self.history.past.again(self, &key, interrupted) {
            Ok(again) => match self.show_again(again) {
                Ok(prepared) => return prepared,
                // Half of it may be there.
                Err(_) => return self.lose(upcoming, &vars, "what was kept could not be shown whole".to_owned()),
            },
            Err(missed) => missed,
        };
        let watched = self.watch(upcoming, &vars, installs, key);
        self.history.pending = self.history.past.watched(watched);
        missed.run(self.history.pending.is_some())
    }

    /// Has a command run whose work nobody keeps.
    fn unwatched(&mut self, upcoming: &Upcoming<'_>, vars: &Vars, because: String) -> Prepared {
        let _ = self.lead(upcoming, vars, false);
        Missed::never(because).run(false)
    }

    /// The same, of it and all that come after.
    fn lose(&mut self, upcoming: &Upcoming<'_>, vars: &Vars, because: String) -> Prepared {
        self.history.past.lost = Some(because.clone());
        self.unwatched(upcoming, vars, because)
    }

    fn show_again(&mut self, again: Again) -> Result<Prepared> {
        let Again { found, claimed, index } = again;
        self.put(&found, claimed)?;
        self.history.known.add(&self.app, &found.record.app_made)?;
        Ok(self.history.past.shown(found, index))
    }

    /// Tells installers that are about to run what they need to know: the mirror, and pip to keep a log where it is watched.
    fn lead(&mut self, upcoming: &Upcoming<'_>, vars: &Vars, is_watched: bool) -> Result<()> {
        let (argv, plan) = (upcoming.step.argv, upcoming.step.vars);
        let Some(installs) = pip::installs(argv, vars) else { return Ok(()) };
        self.show_artifacts(upcoming, vars, installs);
        if installs.pip > 0 {
            self.may_tell_pip()?;
        }
        let asking = Asking { argv, installs, plan, vars, app: &self.app, folder: self.run.path() };
        let network = &self.bubblewrap.network;
        let index = self.front.lead(|mirror| network.let_in(mirror), &asking).map(str::to_owned);
        let _ = self.tell_pdm();
        let keeps_log = is_watched && installs.pip > 0;
        if index.is_none() && !keeps_log {
            return Ok(());
        }
        self.tell_pip(index.as_deref(), keeps_log).inspect_err(|_| self.front.leave(&self.app))
    }

    /// Keeps what the command made that was prepared last; `output` is none where it did not pass.
    /// Gives why that cannot be done.
    pub(super) fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        let is_watched =
            matches!(&self.history.pending, Some(Pending { kind: Kind::Install(installs), .. }) if installs.pip > 0);
        let log = match is_watched || self.front.tells_pip() {
            true => self.pip_log(),
            false => Ok(String::new()),
        };
        let given = self.front.given();
        self.keep_artifacts(interrupted);
        self.leave_pdm();
        self.front.leave(&self.app);
        let Some(pending) = self.history.pending.take() else { return self.history.past.unwatched.take() };
        let Some(output) = output else {
            self.history.past.failed(log.as_deref().ok());
            return None;
        };
        let key = pending.key.clone();
        let kept = log.and_then(|log| self.keep_pending(pending, &log, given, output, interrupted));
        let why = self.history.past.kept(kept);
        if why.is_some() {
            return why;
        }
        let Past { store, below, .. } = &self.history.past;
        let (folder, claimed) = store.as_ref().zip(below.as_ref()).and_then(|(store, id)| store.hold(&key.id, id))?;
        self.put_own(&folder, claimed).err().map(|error| format!("{error:#}"))
    }

    pub(super) fn root(&self) -> PathBuf {
        self.seen(&self.run.path().join("root"))
    }

    /// Stands for the command, the machine, and what was made before.
    fn key(&self, upcoming: &Upcoming<'_>, vars: &Vars, is_install: bool) -> Result<Key> {
        let Upcoming { step, limits } = upcoming;
        let argv: Vec<&str> = step.argv.iter().map(String::as_str).collect();
        let mut bubblewrap = self.bubblewrap.clone();
        bubblewrap.network = Network::of_any_run();
        bubblewrap.memory = Cap::Watched(None);
        bubblewrap
            .binds
            .retain(|bind| !matches!(bind, Bind::ReadOnly(from, _) if self.history.find_links.contains(from)));
        let line = self.command_with(bubblewrap, &argv, vars, step.caches);
        let name = self.run.path().file_name().unwrap_or_default();
        let mut digest = Digest::default();
        let Past { base, below, .. } = &self.history.past;
        let mut machine = base.clone();
        if !is_install {
            digest.add(self.rest()?);
            machine.push_str(self.rest()?);
        }
        digest.add(base).add(below.as_deref().unwrap_or_default()).add(format!("{limits:?}"));
        for word in &line.argv {
            digest.add(machine::without(word, name).as_bytes());
        }
        for (name, value) in &line.vars {
            digest.add(name).add(value);
        }
        Ok(Key { id: digest.finish(), parts: Parts::new(upcoming, vars, &machine, below.as_deref()) })
    }

    fn rest(&self) -> Result<&str> {
        if self.history.rest.get().is_none() {
            let Bubblewrap { binds, network, .. } = &self.bubblewrap;
            let mut digest = Digest::default();
            digest.add(machine::rest(binds)?).add(format!("{:?}", network.services()));
            let _ = self.history.rest.set(digest.finish());
        }
        self.history.rest.get().map(String::as_str).context("the machine is not known")
    }

    /// Begins to watch a command that is about to run.
    fn watch(&mut self, upcoming: &Upcoming<'_>, vars: &Vars, installs: Option<Installs>, key: Key) -> Result<Pending> {
        self.can_be_told(upcoming.step.caches)?;
        let tree = tree::list(&self.app)?;
        let (names, listed, roots) = (tree::names(&tree), reads::listed(&tree), self.modes()?);
        self.lead(upcoming, vars, installs.is_some())?;
        let (began, sent) = (tree::times_from_now_on(), self.bubblewrap.network.sent());
        if let Some(installs) = installs {
            let (kind, trace) = (Kind::Install(installs), Trace::begin(&self.app)?);
            return Ok(Pending { key, kind, trace, names, listed, roots, began, sent: sent.ok() });
        }
        let (sent, all) = (Some(sent?), tree::everything(&self.app, &tree)?);
        Ok(Pending { key, kind: Kind::Other(all), trace: Trace::of(tree), names, listed, roots, began, sent })
    }

    /// The permissions of the folders whose content a layer holds.
    fn modes(&self) -> Result<Vec<u32>> {
        let parts = PARTS.iter().map(|part| self.seen(&self.run.path().join(part)));
        parts.chain([self.app.clone()]).map(|folder| Ok(folder.symlink_metadata()?.permissions().mode())).collect()
    }

    /// What a layer would not hold of what a command has made since it began, of `/app` in `changes`.
    fn lost(&self, changes: &Changes, began: (i64, i64)) -> Result<Option<String>> {
        for part in PARTS {
            let folder = self.seen(&self.run.path().join(part));
            let tree = tree::list(&folder)?;
            let lost = tree::lost_in_a_copy(&folder, tree.iter().filter(|(_, entry)| entry.changed >= began))?;
            if lost.is_some() {
                return Ok(lost);
            }
        }
        tree::lost_in_a_copy(&self.app, &changes.made)
    }

    /// Whether nothing has gone outward since a command began, but to what the tool itself has.
    fn has_asked_nobody(&self, pending: &Pending) -> bool {
        pending.sent.is_some_and(|before| self.bubblewrap.network.sent().is_ok_and(|now| now.is_nothing_since(&before)))
    }

    fn keep_pending(
        &mut self,
        pending: Pending,
        log: &str,
        given: Option<Given>,
        output: &[String],
        interrupted: &AtomicBool,
    ) -> Result<String> {
        let asked_nobody = self.has_asked_nobody(&pending);
        let Pending { key, kind, trace, names, listed, roots, began, .. } = pending;
        ensure!(roots == self.modes()?, "it changed the permissions of /app or of another folder that no layer holds");
        let store = self.history.past.store.clone().context("there is no store")?;
        let mut rest = None;
        let (reads, changes, answers) = match kind {
            Kind::Other(all) => {
                ensure!(asked_nobody, "it asked the network, and what it asked is not known");
                let changes = trace.changes(&self.app)?;
                if let Some(lost) = self.lost(&changes, began)? {
                    bail!("a layer would not hold {lost}");
                }
                (Reads::All(all), changes, Vec::new())
            }
            Kind::Install(installs) => {
                let known = &self.history.known;
                let traced = trace.end(&self.app, known)?;
                if let Some(path) = traced.changes.touch_what_was_there(|path| known.had(path, &trace)) {
                    bail!("it changed {}", path.display());
                }
                for path in traced.read.keys() {
                    vouch::is_data(&self.app, path)?;
                }
                let by_log = || self.asked_by_its_log(installs, log, &traced);
                let asked = match given.filter(|_| asked_nobody).and_then(Given::all) {
                    // Whatever code has run: it had all that it asked for from the mirror.
                    Some((asked, is_built)) => match installs.locker.map(|_| by_log()) {
                        // A lock tells more: what of it counts.
                        Some(Ok(by_lock)) => by_lock,
                        _ => {
                            rest = is_built.then(|| self.rest().map(str::to_owned)).transpose()?;
                            asked
                        }
                    },
                    None => by_log()?,
                };
                ensure!(
                    asked.refs.is_empty() || !self.names_the_mirror()?,
                    "what git has cloned says where the mirror was"
                );
                let answers = match self.bubblewrap.network.is_offline() {
                    true => Vec::new(),
                    false => ask::first(&asked, &self.history.past.client, interrupted)?,
                };
                (Reads::Some { names, listed, files: traced.read }, traced.changes, answers)
            }
        };
        let is_online = !self.bubblewrap.network.is_offline();
        let record =
            Record { rest, ..Record::new(&self.history.past.project, is_online, reads, answers, &changes, output) };
        let id = store.keep(&key, &record, |entry| self.fill(entry, &changes, interrupted))?;
        self.history.known.add(&self.app, &record.app_made)?;
        Ok(id)
    }

    /// What an installer has asked of the network, where no foreign code can have run.
    fn asked_by_its_log(&self, installs: Installs, log: &str, traced: &Traced) -> Result<Asked> {
        self.refuse_code_of_packages(installs.pip)?;
        let mut asked = pip::read(log, installs.pip).map_err(anyhow::Error::msg)?;
        if let Some(locker) = installs.locker {
            asked.add(self.taken_of_lock(locker, traced)?).map_err(anyhow::Error::msg)?;
        }
        Ok(asked)
    }

    /// Whether a file holds the mirror's address, which is another in every run: a build may ask git where it has cloned from.
    fn names_the_mirror(&self) -> Result<bool> {
        let address = self.front.address().context("there is no mirror")?.to_string();
        for folder in [self.root(), self.seen(&self.run.path().join("local")), self.app.clone()] {
            for (path, _) in tree::list(&folder)?.iter().filter(|(_, entry)| entry.kind == tree::Kind::File) {
                let file = crate::fs::open(&folder.join(path))?;
                if tree::holds(file, address.as_bytes())? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn fill(&self, entry: &Path, changes: &Changes, interrupted: &AtomicBool) -> Result<u64> {
        let mut bytes = 0;
        for part in PARTS {
            let place = entry.join(part);
            std::fs::create_dir(&place)?;
            bytes += tree::copy_while(&self.seen(&self.run.path().join(part)), &place, interrupted)?;
        }
        let app = entry.join("app");
        std::fs::create_dir(&app)?;
        Ok(bytes + changes.save(&self.app, &app, interrupted)?)
    }

    /// Where the archives are from that an installer took of its lock.
    fn taken_of_lock(&self, locker: Locker, traced: &Traced) -> Result<Taken> {
        vouch::obeys_lock(locker, &self.app, &traced.read)?;
        vouch::installs_alone(&self.app, &tree::list(&self.app)?)?;
        let mut installed = lock::installed(locker, &self.app, &traced.changes.made)?;
        for folder in [self.root(), self.caches()] {
            let tree = tree::list(&folder)?;
            vouch::installs_alone(&folder, &tree)?;
            installed.extend(lock::installed(locker, &folder, &tree)?);
        }
        lock::taken(locker, &self.app, &installed)
    }

    /// What an earlier pip installed may run whenever a Python starts.
    fn refuse_code_of_packages(&self, installs: usize) -> Result<()> {
        if installs < 2 && self.history.past.below.is_none() {
            return Ok(());
        }
        for folder in [self.root(), self.caches(), self.app.clone()] {
            let tree = tree::list(&folder)?;
            if let Some(path) = tree.keys().find(|path| vouch::is_code_of_packages(path)) {
                bail!("{} may have run with it", path.display());
            }
        }
        Ok(())
    }
}
