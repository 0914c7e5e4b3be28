//! Shows what an earlier run's command made in place of running it, and keeps what this run's commands make.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail, ensure};

use super::bwrap::{Bind, Session};
use super::inside;
use super::live::HostSandbox;
use super::machine::{self, OF_THE_NETWORK, PARTS};
use super::memory::Cap;
use super::past::{Kind, Pending};
use crate::plan::Vars;
use crate::sandbox::netns::Network;
use crate::sandbox::reuse::{IndexAnswer, Origin, Prepared, Upcoming, time_span};
use crate::sandbox::store::pip::{self, names_far_requirements};
use crate::sandbox::store::reads::{Now, Reads};
use crate::sandbox::store::trace::{self, Changes, Trace};
use crate::sandbox::store::tree::{self, Digest};
use crate::sandbox::store::{self, Found, Record, Store, ask};
use crate::sandbox::{Role, Unverified};

/// Where pip is told to write down what it does, and what tells it so. Both are there while it runs, and no longer.
const PIP_LOG: &str = "var/log/pip.log";
const PIP_CONFIG: &str = "etc/pip.conf";
/// Files that pip reads and does not run. A command that read any other of the project's may have done anything.
const DATA: &[&str] = &["txt", "in", "pip", "lock", "toml", "whl"];

/// The reason that is given for every command after one that cannot be kept.
const NOT_KEPT: &str = "a command before it could not be kept";

impl HostSandbox {
    /// Shows the work of an earlier run, or begins to watch what this one does. Never an error: then it is just run.
    pub(super) fn prepare(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        let Some(store) = self.past.store.clone() else { return Prepared::Run(None) };
        if upcoming.step.role != Role::Build {
            return Prepared::Run(None);
        }
        let anew = |because: String| Prepared::Run(Some(Origin::Anew { because, not_kept: None }));
        if let Some(lost) = &self.past.lost {
            return anew(lost.clone());
        }
        let mut vars = self.past.vars.clone();
        vars.extend(upcoming.step.vars.clone());
        let key = self.key(upcoming, &vars);
        let mut because = None;
        if self.past.shows {
            for found in store.entries(&key) {
                match self.show_again(&store, &found, interrupted) {
                    Ok(Ok(origin)) => {
                        self.past.below = Some(found.id);
                        return Prepared::Done { output: found.record.output, origin };
                    }
                    Ok(Err(difference)) => because = because.or(Some(difference)),
                    Err(error) => because = because.or(Some(format!("{error:#}"))),
                }
                if let Some(lost) = &self.past.lost {
                    return anew(lost.clone());
                }
            }
            because = because.or(Some("nothing of this command was kept".to_owned()));
        }
        let watched = self.watch(upcoming.step.argv, &vars, key);
        match watched {
            Ok(pending) => self.past.pending = Some(pending),
            Err(error) => {
                self.past.unwatched = Some(format!("{error:#}"));
                self.past.lost = Some(NOT_KEPT.to_owned());
            }
        }
        anew(because.unwrap_or_else(|| "asked for".to_owned()))
    }

    /// Keeps what the command made that was prepared last; `output` is none where it did not pass.
    /// Gives why that cannot be done.
    pub(super) fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        let Some(pending) = self.past.pending.take() else { return self.past.unwatched.take() };
        let log = match pending.kind {
            Kind::Pip(_) => self.pip_log(),
            Kind::Other(_) => Ok(String::new()),
        };
        let Some(output) = output else {
            self.past.untold = log.as_deref().map(pip::of_a_failed_build).unwrap_or_default();
            self.past.lost = Some("a command before it failed, or printed too much".to_owned());
            return None;
        };
        match log.and_then(|log| self.keep_pending(pending, &log, output, interrupted)) {
            Ok(id) => {
                self.past.below = Some(id);
                None
            }
            Err(error) => {
                self.past.lost = Some(NOT_KEPT.to_owned());
                Some(format!("{error:#}"))
            }
        }
    }

    fn client(&self) -> ask::Client<'_> {
        ask::Client { own: &self.past.vars, network: &self.bubblewrap.network }
    }

    /// Stands for the command, the machine, and what was made before.
    fn key(&self, upcoming: &Upcoming<'_>, vars: &Vars) -> String {
        let Upcoming { step, limits } = upcoming;
        let argv: Vec<&str> = step.argv.iter().map(String::as_str).collect();
        let mut bubblewrap = self.bubblewrap.clone();
        bubblewrap.network = Network::of_any_run();
        bubblewrap.memory = Cap::Watched(None);
        bubblewrap.binds.retain(|bind| !matches!(bind, Bind::ReadOnly(from, _) if self.past.find_links.contains(from)));
        let line = bubblewrap.command(&argv, vars, Session::Detached);
        let name = self.run.path().file_name().unwrap_or_default();
        let mut digest = Digest::default();
        digest.add(&self.past.base).add(self.past.below.as_deref().unwrap_or_default()).add(format!("{limits:?}"));
        for word in &line.argv {
            digest.add(machine::without(word, name).as_bytes());
        }
        for (name, value) in &line.vars {
            digest.add(name).add(value);
        }
        digest.finish()
    }

    /// Shows an entry where it would come out the same now; the inner error is what is otherwise.
    fn show_again(&mut self, store: &Store, found: &Found, interrupted: &AtomicBool) -> Result<Result<Origin, String>> {
        let record = &found.record;
        let tree = tree::list(&self.app)?;
        if let Some(difference) = Now::new(&self.app, &tree).difference(&record.reads)? {
            return Ok(Err(difference));
        }
        let index = match (record.network, !self.bubblewrap.network.is_offline()) {
            (false, true) => return Ok(Err("it was made without network".to_owned())),
            (true, false) if !record.answers.is_empty() => IndexAnswer::NotAsked,
            _ if record.answers.is_empty() => IndexAnswer::NotNeeded,
            _ => match ask::again(&record.answers, &self.client(), interrupted)? {
                Some(address) => return Ok(Err(format!("{address} has changed"))),
                None => IndexAnswer::Unchanged,
            },
        };
        let Some(_claimed) = store.claim(found) else { return Ok(Err("what was kept of it is not whole".to_owned())) };
        self.put(found).inspect_err(|_| {
            // Half of it may be there.
            self.past.lost = Some("what was kept could not be shown whole".to_owned());
        })?;
        if index == IndexAnswer::NotAsked {
            let why = format!(
                "what it installed is from a run of {} ago; without network nobody could ask whether the package index still says the same",
                time_span(record.age().as_secs())
            );
            self.past.notes.push(Unverified { what: "reuse".to_owned(), why });
        }
        Ok(Ok(Origin::Reused { age_seconds: record.age().as_secs(), index }))
    }

    fn put(&self, found: &Found) -> Result<()> {
        let folder = self.run.path();
        let network: Vec<_> =
            OF_THE_NETWORK.iter().map(|file| (*file, inside::read(&folder.join("root"), file))).collect();
        for part in PARTS {
            let (new, place) = (folder.join(format!("{part}.new")), folder.join(part));
            std::fs::create_dir(&new)?;
            tree::copy(&found.folder.join(part), &new)?;
            crate::fs::tree::remove(&place)?;
            std::fs::rename(&new, &place)?;
        }
        for (file, text) in network {
            inside::write(&folder.join("root"), file, &text?)?;
        }
        trace::apply(&found.folder.join("app"), &found.record.app_made, &found.record.app_gone, &self.app)
    }

    /// Begins to watch a command that is about to run.
    fn watch(&self, argv: &[String], vars: &Vars, key: String) -> Result<Pending> {
        let tree = tree::list(&self.app)?;
        let names = tree::names(&tree);
        let pip = pip::installs(argv, vars);
        if let Some(installs) = pip.filter(|_| trace::is_possible(self.run.path())) {
            self.tell_pip()?;
            return Ok(Pending { key, kind: Kind::Pip(installs), trace: Trace::begin(&self.app)?, names });
        }
        ensure!(self.bubblewrap.network.is_offline(), "what it asks of the network is not known");
        let all = tree::everything(&self.app, &tree)?;
        Ok(Pending { key, kind: Kind::Other(all), trace: Trace::of(tree), names })
    }

    fn keep_pending(&self, pending: Pending, log: &str, output: &[String], interrupted: &AtomicBool) -> Result<String> {
        let Pending { key, kind, trace, names } = pending;
        let store = self.past.store.as_ref().context("there is no store")?;
        let (reads, changes, answers) = match kind {
            Kind::Other(all) => (Reads::All(all), trace.changes(&self.app)?, Vec::new()),
            Kind::Pip(installs) => {
                let traced = trace.end(&self.app)?;
                if let Some(path) = traced.changes.touch_what_was_there() {
                    bail!("it changed {}", path.display());
                }
                for path in traced.read.keys() {
                    self.refuse_what_may_do_anything(path)?;
                }
                self.refuse_code_of_packages(installs)?;
                let asked = pip::read(log, installs).map_err(anyhow::Error::msg)?;
                let answers = match self.bubblewrap.network.is_offline() {
                    true => Vec::new(),
                    false => ask::first(&asked, &self.client(), interrupted)?,
                };
                (Reads::Some { names, files: traced.read }, traced.changes, answers)
            }
        };
        let record = Record {
            made: store::now(),
            network: !self.bubblewrap.network.is_offline(),
            reads,
            answers,
            output: output.to_vec(),
            app_made: changes.made.keys().cloned().collect(),
            app_gone: changes.gone.clone(),
        };
        store.keep(&key, &record, |entry| self.fill(entry, &changes))
    }

    fn fill(&self, entry: &Path, changes: &Changes) -> Result<u64> {
        let mut bytes = 0;
        for part in PARTS {
            let place = entry.join(part);
            std::fs::create_dir(&place)?;
            bytes += tree::copy(&self.run.path().join(part), &place)?;
        }
        let app = entry.join("app");
        std::fs::create_dir(&app)?;
        Ok(bytes + changes.save(&self.app, &app)?)
    }

    /// What may be the project's own code, and lists that name other lists by address.
    fn refuse_what_may_do_anything(&self, read: &Path) -> Result<()> {
        let is_data = read.extension().is_some_and(|extension| DATA.iter().any(|data| extension == *data));
        ensure!(is_data, "it read {}, and may have run it", read.display());
        let text = crate::fs::read(&self.app.join(read), 4 << 20).unwrap_or_default();
        let names = names_far_requirements(&String::from_utf8_lossy(&text));
        ensure!(!names, "{} names requirements by their address", read.display());
        Ok(())
    }

    /// What an earlier pip installed may run whenever a Python starts.
    fn refuse_code_of_packages(&self, installs: usize) -> Result<()> {
        if installs < 2 && self.past.below.is_none() {
            return Ok(());
        }
        let is_code = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".pth") && name != "distutils-precedence.pth" || name == "usercustomize.py"
        };
        let tree = tree::list(&self.run.path().join("root"))?;
        let found = tree.keys().find(|path| is_code(path));
        ensure!(found.is_none(), "{} may have run with it", found.map_or("".into(), |path| path.display().to_string()));
        Ok(())
    }

    fn tell_pip(&self) -> Result<()> {
        let root = self.run.path().join("root");
        ensure!(inside::read(&root, PIP_CONFIG).is_err(), "the machine has a pip.conf of its own");
        inside::write(&root, PIP_CONFIG, format!("[global]\nlog = /{PIP_LOG}\n").as_bytes())
    }

    /// What pip has written down, which is taken away with what told it so.
    fn pip_log(&self) -> Result<String> {
        let root = self.run.path().join("root");
        let log = inside::read(&root, PIP_LOG);
        for file in [PIP_CONFIG, PIP_LOG] {
            let _ = inside::remove(&root, file);
        }
        Ok(String::from_utf8_lossy(&log?).into_owned())
    }
}
