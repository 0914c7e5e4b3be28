//! Starts from what an earlier run's command made in place of running it, and keeps what this run's commands make.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail, ensure};

use super::engine::{SOON, WORK};
use super::history::{Kind, Pending};
use super::live::Live;
use super::{images, labels, listing};
use crate::plan::Vars;
use crate::sandbox::Role;
use crate::sandbox::reuse::{IndexAnswer, Origin, Prepared, Upcoming, not_asked};
use crate::sandbox::store::lock::{self, Distribution};
use crate::sandbox::store::pip::{self, Installs};
use crate::sandbox::store::reads::{Now, Reads};
use crate::sandbox::store::trace::{Changes, Trace};
use crate::sandbox::store::tree::{self, Digest};
use crate::sandbox::store::{self, Found, NOT_KEPT, Record, Store, ask, vouch};

/// The most bytes of pip's log.
const MOST_LOG: usize = 64 << 20;
/// Makes pip keep a log, by the first of its configurations that the image does not have; prints which one that is.
const TELL_PIP: &str = r#"
for file in /etc/pip.conf /etc/xdg/pip/pip.conf; do
  [ ! -e "$file" ] || continue
  mkdir -p /var/log "${file%/*}" && printf '[global]\nlog = /var/log/pip.log\n' > "$file" && echo "$file" && exit
done
exit 1"#;
/// Prints pip's log, and takes away what told it to keep one.
const PIP_LOG: &str = r#"log=/var/log/pip.log
[ -f "$log" ] && [ ! -L "$log" ] && head -c "$1" "$log"
rm -f -- "$2" "$log""#;
/// Lists what a Python may run of its own accord where packages are installed.
const CODE: &str = r"find /app /mise /opt /root /usr/local -xdev \( -name '*.pth' -o -name '*customize.py' \) -printf '%p\n' 2> /dev/null";

/// Prints of each distribution its folder, its installer, whether it is from no index, and what it says of its wheel, each ended by a zero;
/// of a Python that uv fetched the folder. What is no plain file is never read.
const DISTRIBUTIONS: &str = r#"
text() { [ ! -f "$2" ] || [ -L "$2" ] || head -c "$1" "$2"; }
find /app /mise /opt /root /usr/local -xdev \( -name INSTALLER -path '*.dist-info/*' -printf '%h\0' \) -o \( -path '*/uv/python' -type d -printf '%p\0' \) 2> /dev/null |
  while IFS= read -r -d '' folder; do
    printf '%s\0' "$folder" "$(text 100 "$folder/INSTALLER")" "$([ ! -e "$folder/direct_url.json" ] || echo yes)" "$(text 65536 "$folder/WHEEL")"
  done | head -c "$1""#;
/// The most bytes of that.
const MOST_TOLD: usize = 16 << 20;

impl Live {
    /// What runs with every Python where packages are installed.
    pub(super) fn code(&self) -> Result<BTreeSet<String>> {
        let listed = self.container()?.ask(CODE, &[], WORK)?.stdout;
        let code = listed.lines().filter(|path| vouch::is_code_of_packages(Path::new(path)));
        Ok(code.map(str::to_owned).collect())
    }

    /// Takes the work of an earlier run, or begins to watch what this one does. Never an error: then it is just run.
    pub(super) fn prepared(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        if upcoming.step.role != Role::Build {
            return Prepared::Run(None);
        }
        let anew = |because: String| Prepared::Run(Some(Origin::Anew { because, not_kept: None }));
        if let Some(lost) = self.history.lost.clone() {
            return anew(lost);
        }
        let Some(store) = self.history.store.clone() else { return Prepared::Run(None) };
        let mut vars = self.history.vars.clone();
        vars.extend(upcoming.step.vars.clone());
        let installs = pip::installs(upcoming.step.argv, &vars).filter(|installs| installs.can_be_told());
        let key = self.key(upcoming, &vars);
        let mut because = None;
        if self.history.shows {
            for found in store.entries(&key) {
                match self.show_again(&store, &found, interrupted) {
                    Ok(Ok(origin)) => {
                        self.history.below = Some(found.id);
                        self.history.commands += 1;
                        return Prepared::Done { output: found.record.output, origin };
                    }
                    Ok(Err(difference)) => because = because.or(Some(difference)),
                    Err(error) => because = because.or(Some(format!("{error:#}"))),
                }
            }
            because = because.or(Some("nothing of this command was kept".to_owned()));
        }
        let watched = self.know_code().and_then(|()| self.watch(installs, key));
        match watched {
            Ok(pending) => self.history.pending = Some(pending),
            Err(error) => {
                self.history.unwatched = Some(format!("{error:#}"));
                self.history.lost = Some(NOT_KEPT.to_owned());
            }
        }
        anew(because.unwrap_or_else(|| "asked for".to_owned()))
    }

    /// Keeps what the command made that was prepared last; `output` is none where it did not pass.
    /// Gives why that cannot be done.
    pub(super) fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        let Some(pending) = self.history.pending.take() else { return self.history.unwatched.take() };
        self.history.commands += 1;
        let log = pending.told.as_deref().map_or(Ok(String::new()), |told| self.pip_log(told));
        let Some(output) = output else {
            self.history.withheld = log.as_deref().map(pip::of_a_failed_build).unwrap_or_default();
            self.history.lost = Some("a command before it failed, or printed too much".to_owned());
            return None;
        };
        match log.and_then(|log| self.keep_pending(pending, &log, output, interrupted)) {
            Ok(()) => None,
            Err(error) => {
                self.history.lost = Some(NOT_KEPT.to_owned());
                Some(format!("{error:#}"))
            }
        }
    }

    /// Stands for the command, the machine, and what was made before.
    fn key(&self, upcoming: &Upcoming<'_>, vars: &Vars) -> String {
        let Upcoming { step, limits } = upcoming;
        let mut digest = Digest::default();
        digest.add(&self.history.base).add(self.history.below.as_deref().unwrap_or_default()).add(self.app.changes());
        digest.add(format!("{limits:?} {:?} {vars:?}", step.argv));
        digest.finish()
    }

    /// Goes on from an entry where it would come out the same now; the inner error is what is otherwise.
    pub(super) fn show_again(
        &mut self,
        store: &Store,
        found: &Found,
        interrupted: &AtomicBool,
    ) -> Result<Result<Origin, String>> {
        let record = &found.record;
        let tree = self.app.tree()?;
        let names = self.app.names(&tree);
        if let Some(difference) = Now::named(self.app.folder(), &tree, names).difference(&record.reads)? {
            return Ok(Err(difference));
        }
        if !record.network && self.is_online() {
            return Ok(Err("it was made without network".to_owned()));
        }
        let image = record.image.clone().context("it has no image")?;
        if !images::is_there(self.engine(), &image) {
            store.drop_entry(found);
            return Ok(Err("the engine no longer has what was kept of it".to_owned()));
        }
        let index = match (record.answers.is_empty(), self.is_online()) {
            (true, _) => IndexAnswer::NotNeeded,
            (false, false) => IndexAnswer::NotAsked,
            (false, true) => match ask::again(&record.answers, &self.client(), interrupted)? {
                Some(address) => return Ok(Err(format!("{address} has changed"))),
                None => IndexAnswer::Unchanged,
            },
        };
        let Some(claimed) = store.claim(found) else { return Ok(Err("what was kept of it is not whole".to_owned())) };
        let written = self.history.written.saturating_add(claimed.bytes);
        if written > self.quotas.disk {
            return Ok(Err("it wrote more to disk than this run may".to_owned()));
        }
        self.history.written = written;
        self.history.image = Some(image);
        self.history.claimed.push(claimed);
        self.history.code = record.code.clone().or_else(|| self.history.code.take());
        self.app.note(&record.app_made, &record.app_gone);
        if index == IndexAnswer::NotAsked {
            self.history.notes.push(not_asked(record.age()));
        }
        Ok(Ok(Origin::Reused { age_seconds: record.age().as_secs(), index }))
    }

    /// Looks, before the first command, for what runs with every Python.
    fn know_code(&mut self) -> Result<()> {
        if self.history.commands == 0 && self.history.code.is_none() {
            self.history.code = Some(self.code()?);
        }
        Ok(())
    }

    /// Begins to watch a command that is about to run.
    fn watch(&self, installs: Option<Installs>, key: String) -> Result<Pending> {
        let tree = self.app.tree()?;
        let names = self.app.names(&tree);
        let all = || tree::everything(self.app.folder(), &tree);
        let container = self.container()?;
        let kind = match installs {
            Some(installs) if listing::traces(container) => {
                let list = self.app.put_files_list(container)?;
                listing::forget(container, &list)?;
                Kind::Traced(installs)
            }
            Some(installs) => Kind::Untraced(installs, all()?),
            None => {
                ensure!(!self.is_online(), "what it asks of the network is not known");
                Kind::Other(all()?)
            }
        };
        let trace = Trace::of(listing::list(container)?);
        let told = match installs {
            Some(installs) if installs.pip > 0 => {
                let answer = container.ask(TELL_PIP, &[], SOON)?;
                ensure!(answer.success, "the image has pip's configurations of its own");
                Some(answer.stdout.trim().to_owned())
            }
            _ => None,
        };
        Ok(Pending { key, kind, trace, names, told })
    }

    fn keep_pending(&mut self, pending: Pending, log: &str, output: &[String], interrupted: &AtomicBool) -> Result<()> {
        let Pending { key, kind, trace, names, .. } = pending;
        let after = listing::list(self.container()?)?;
        let changes = trace.changed_to(&after);
        let (reads, answers) = match kind {
            Kind::Other(all) => (Reads::All(all), Vec::new()),
            Kind::Traced(installs) => {
                let content = |path: &Path| tree::content(&self.app.folder().join(path));
                let read = trace.ended(&after, |path, _| self.app.is_made(path), content)?.read;
                for path in read.keys() {
                    vouch::is_data(self.app.folder(), path)?;
                }
                if installs.uv {
                    vouch::obeys_lock(self.app.folder(), &read)?;
                }
                (Reads::Some { names, files: read }, self.asked(&changes, installs, log, interrupted)?)
            }
            Kind::Untraced(installs, all) => {
                ensure!(!installs.uv, "what uv read of the project left no trace");
                (Reads::All(all), self.asked(&changes, installs, log, interrupted)?)
            }
        };
        let record = Record { answers, ..self.record(reads, &changes, output) };
        self.keep_as(&key, record, interrupted)
    }

    /// What an installer asked of the network.
    ///
    /// # Errors
    /// Nobody can vouch for it.
    fn asked(
        &self,
        changes: &Changes,
        installs: Installs,
        log: &str,
        interrupted: &AtomicBool,
    ) -> Result<Vec<ask::Answer>> {
        if let Some(path) = changes.touch_what_was_there(|path| self.app.is_made(path)) {
            bail!("it changed {}", path.display());
        }
        if installs.pip > 1 || self.history.commands > 1 {
            let known = self.history.code.clone().unwrap_or_default();
            if let Some(path) = self.code()?.difference(&known).next() {
                bail!("{path} may have run with it");
            }
        }
        let mut asked = pip::read(log, installs.pip).map_err(anyhow::Error::msg)?;
        if installs.uv {
            asked.pinned = lock::wheels(self.app.folder(), &self.installed_by_uv()?)?;
        }
        match self.is_online() {
            true => ask::first(&asked, &self.client(), interrupted),
            false => Ok(Vec::new()),
        }
    }

    /// What uv has installed.
    ///
    /// # Errors
    /// Something that is from no index, a Python, or that does not say what it is.
    fn installed_by_uv(&self) -> Result<Vec<Distribution>> {
        let told = self.container()?.ask(DISTRIBUTIONS, &[&(MOST_TOLD + 1).to_string()], WORK)?;
        ensure!(told.success && told.stdout.len() <= MOST_TOLD, "what uv installed cannot be told");
        let fields: Vec<&str> = told.stdout.split('\0').collect();
        let mut found = Vec::new();
        for fields in fields.chunks_exact(4) {
            let [folder, installer, direct, wheel] = fields else { continue };
            ensure!(!folder.ends_with("uv/python"), "uv fetched a Python");
            if lock::is_of_uv(installer) {
                found.push(Distribution::read(Path::new(folder), !direct.is_empty(), || Ok((*wheel).to_owned()))?);
            }
        }
        Ok(found)
    }

    pub(super) fn record(&self, reads: Reads, changes: &Changes, output: &[String]) -> Record {
        Record {
            made: store::now(),
            network: self.is_online(),
            reads,
            answers: Vec::new(),
            output: output.to_vec(),
            app_made: changes.made.keys().cloned().collect(),
            app_gone: changes.gone.clone(),
            image: None,
            code: None,
        }
    }

    /// Makes a layer of the container as it is now.
    pub(super) fn keep_as(&mut self, key: &str, record: Record, interrupted: &AtomicBool) -> Result<()> {
        let store = self.history.store.clone().context("there is no store")?;
        let base = self.history.image.clone().unwrap_or_else(|| self.base_image().to_owned());
        let (image, bytes) = images::commit(self.container()?, &base, &labels::of_a_layer(&store, key), interrupted)?;
        let record = Record { image: Some(image.clone()), ..record };
        let id =
            store.keep(key, &record, |_| Ok(bytes)).inspect_err(|_| drop(self.engine().remove_image(&image, &[])))?;
        self.app.note(&record.app_made, &record.app_gone);
        self.history.claimed.extend(store.hold(key, &id).map(|(_, claimed)| claimed));
        self.history.below = Some(id);
        self.history.image = Some(image);
        Ok(())
    }

    /// pip's log of the command that has just run; `told` is the file that told it to keep one.
    fn pip_log(&self, told: &str) -> Result<String> {
        let log = self.container()?.ask(PIP_LOG, &[&MOST_LOG.to_string(), told], WORK)?.stdout;
        ensure!(log.len() < MOST_LOG, "pip wrote down too much");
        Ok(log)
    }

    fn client(&self) -> ask::Client<'_> {
        ask::Client { own: &self.history.vars, network: self.history.network() }
    }
}
