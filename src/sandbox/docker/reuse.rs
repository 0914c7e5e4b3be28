//! Starts from what an earlier run's command made in place of running it, and keeps what this run's commands make.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail, ensure};

use super::engine::WORK;
use super::history::{Kind, Pending};
use super::live::Live;
use super::{images, labels, listing};
use crate::plan::Vars;
use crate::sandbox::Role;
use crate::sandbox::mirror::Given;
use crate::sandbox::reuse::{Prepared, Upcoming};
use crate::sandbox::store::key::{Key, Parts};
use crate::sandbox::store::lock::{self, Distribution, Locker};
use crate::sandbox::store::past::{Again, Machine, Missed, Past};
use crate::sandbox::store::pip::{self, Asked, Installs};
use crate::sandbox::store::reads::{self, Reads};
use crate::sandbox::store::trace::{Changes, Trace};
use crate::sandbox::store::tree::{self, Digest, Tree};
use crate::sandbox::store::{Record, ask, vouch};

/// Lists what a Python may run of its own accord where packages are installed, which a variable may say is anywhere.
const CODE: &str = r"find / -xdev \( -name '*.pth' -o -name '*customize.py' \) -printf '%p\n' 2> /dev/null";

/// Prints of each distribution its folder, its installer, whether it is from no index, and what it says of its wheel and registers, each ended
/// by a zero; of a Python that an installer fetched, and of its settings, the place. What is no plain file is never read. What Nix itself put into
/// its store is of the year 1970.
const DISTRIBUTIONS: &str = r#"
text() { [ ! -f "$2" ] || [ -L "$2" ] || head -c "$1" "$2"; }
find / -xdev \( -type d \( -name '*.dist-info' ! \( -path '/nix/store/*' ! -newermt @1 \) -o -path '*/uv/python' -o -path '*/pdm/python' \) -o -name config.toml -o -name pip.conf -o -name uv.toml \) -printf '%p\0' 2> /dev/null |
  while IFS= read -r -d '' folder; do
    printf '%s\0' "$folder" "$(text 100 "$folder/INSTALLER")" "$([ ! -e "$folder/direct_url.json" ] || echo yes)" "$(text 65536 "$folder/WHEEL")" "$(text 65536 "$folder/entry_points.txt")"
  done | head -c "$1""#;
/// The most bytes of that.
const MOST_TOLD: usize = 16 << 20;

impl Machine for Live {
    fn app(&self) -> &Path {
        self.app.folder()
    }

    fn names(&self, tree: &Tree) -> String {
        self.app.names(tree)
    }

    fn is_online(&self) -> bool {
        Live::is_online(self)
    }

    /// The image is all that there is.
    fn rest(&self) -> Result<String> {
        Ok(String::new())
    }

    fn has_image(&self, image: &str) -> bool {
        images::is_there(self.engine(), image)
    }
}

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
            return Prepared::RUN;
        }
        let mut vars = self.history.past.vars.clone();
        vars.extend(upcoming.step.vars.clone());
        let installs = pip::installs(upcoming.step.argv, &vars);
        if let Some(lost) = self.history.past.lost.clone() {
            let _ = self.lead(upcoming, &vars, installs, false);
            return Missed::never(lost).run(false);
        }
        if self.history.past.store.is_none() {
            return Prepared::RUN;
        }
        let key = self.key(upcoming, &vars);
        let missed = match self.history.past.again(self, &key, interrupted) {
            Ok(again) => {
                self.history.commands += 1;
                return self.show_again(again);
            }
            Err(missed) => missed,
        };
        let watched = self.know_code().and_then(|()| self.watch(installs, key));
        let watched = watched.and_then(|pending| self.lead(upcoming, &vars, installs, true).map(|()| pending));
        self.history.pending = self.history.past.watched(watched);
        missed.run(self.history.pending.is_some())
    }

    /// Keeps what the command made that was prepared last; `output` is none where it did not pass.
    /// Gives why that cannot be done.
    pub(super) fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        let log = self.history.told.take().map_or(Ok(String::new()), |told| self.pip_log(&told));
        let given = self.front.given();
        let _ = self.keep_artifacts(interrupted);
        self.leave_mirror();
        let Some(pending) = self.history.pending.take() else { return self.history.past.unwatched.take() };
        self.history.commands += 1;
        let Some(output) = output else {
            self.history.past.failed(log.as_deref().ok());
            return None;
        };
        let kept = log.and_then(|log| self.keep_pending(pending, &log, given, output, interrupted));
        self.history.past.kept(kept)
    }

    /// Stands for the command, the machine, and what was made before.
    fn key(&self, upcoming: &Upcoming<'_>, vars: &Vars) -> Key {
        let Upcoming { step, limits } = upcoming;
        let mut digest = Digest::default();
        let Past { base, below, .. } = &self.history.past;
        digest.add(base).add(below.as_deref().unwrap_or_default()).add(self.app.changes());
        digest.add(format!("{limits:?} {:?} {vars:?}", step.argv));
        Key { id: digest.finish(), parts: Parts::new(upcoming, vars, base, below.as_deref()) }
    }

    /// Goes on from an earlier run's work.
    pub(super) fn show_again(&mut self, again: Again) -> Prepared {
        let Again { found, claimed, index } = again;
        let record = &found.record;
        self.history.written = self.history.written.saturating_add(claimed.bytes);
        self.history.image.clone_from(&record.image);
        self.history.claimed.push(claimed);
        self.history.code = record.code.clone().or_else(|| self.history.code.take());
        self.app.note(&record.app_made, &record.app_gone);
        self.history.past.shown(found, index)
    }

    /// Looks, before the first command, for what runs with every Python.
    fn know_code(&mut self) -> Result<()> {
        if self.history.commands == 0 && self.history.code.is_none() {
            self.history.code = Some(self.code()?);
        }
        Ok(())
    }

    /// Begins to watch a command that is about to run.
    fn watch(&self, installs: Option<Installs>, key: Key) -> Result<Pending> {
        let tree = self.app.tree()?;
        let (names, listed) = (self.app.names(&tree), reads::listed(&tree));
        let all = || tree::everything(self.app.folder(), &tree);
        let container = self.container()?;
        let kind = match installs {
            Some(installs) if listing::traces(container) => {
                let list = self.app.put_files_list(container)?;
                listing::forget(container, &list)?;
                Kind::Traced(installs)
            }
            Some(installs) => Kind::Untraced(installs, all()?),
            None => Kind::Other(all()?),
        };
        let (inside, sent) = listing::list(container)?;
        let sent = sent.ok().filter(|_| self.has_own_network());
        if let Kind::Other(_) = kind {
            ensure!(sent.is_some() || !self.is_online(), "what it asks of the network is not known");
        }
        Ok(Pending { key, kind, trace: Trace::of(inside), names, listed, sent, led: None })
    }

    fn keep_pending(
        &mut self,
        pending: Pending,
        log: &str,
        given: Option<Given>,
        output: &[String],
        interrupted: &AtomicBool,
    ) -> Result<String> {
        let Pending { key, kind, trace, names, listed, sent, led } = pending;
        let (mut after, now) = listing::list(self.container()?)?;
        let has_asked_nobody =
            !self.is_online() || sent.zip(now.ok()).is_some_and(|(before, now)| now.is_nothing_since(&before));
        let given = given.filter(|_| has_asked_nobody);
        if let Some(lock) = led {
            trace.came_back(&mut after, Path::new(&lock));
        }
        let changes = trace.changed_to(&after);
        let (reads, answers) = match kind {
            Kind::Other(all) => {
                ensure!(has_asked_nobody, "it asked the network, and what it asked is not known");
                (Reads::All(all), Vec::new())
            }
            Kind::Traced(installs) => {
                let content = |path: &Path| tree::content(&self.app.folder().join(path));
                let read = trace.ended(&after, |path, _| self.app.is_made(path), content)?.read;
                for path in read.keys() {
                    vouch::is_data(self.app.folder(), path)?;
                }
                if let Some(locker) = installs.locker {
                    vouch::obeys_lock(locker, self.app.folder(), &read)?;
                }
                (Reads::Some { names, listed, files: read }, self.asked(&changes, installs, log, given, interrupted)?)
            }
            Kind::Untraced(installs, all) => {
                ensure!(installs.locker.is_none(), "what the installer read of the project left no trace");
                (Reads::All(all), self.asked(&changes, installs, log, given, interrupted)?)
            }
        };
        let record = Record::new(&self.history.past.project, self.is_online(), reads, answers, &changes, output);
        self.keep_as(&key, record, interrupted)
    }

    /// What an installer asked of the network; `given` is what it had from the mirror, where it asked nobody else.
    ///
    /// # Errors
    /// Nobody can vouch for it.
    fn asked(
        &self,
        changes: &Changes,
        installs: Installs,
        log: &str,
        given: Option<Given>,
        interrupted: &AtomicBool,
    ) -> Result<Vec<ask::Answer>> {
        if let Some(path) = changes.touch_what_was_there(|path| self.app.is_made(path)) {
            bail!("it changed {}", path.display());
        }
        // Whatever code has run. What is named by a lock here may be in a cache, and the mirror was never asked for it.
        let asked = match given.filter(|_| installs.locker.is_none()).and_then(Given::all) {
            Some((asked, _)) => asked,
            None => self.asked_by_its_log(installs, log)?,
        };
        match self.is_online() {
            true => ask::first(&asked, &self.history.past.client, interrupted),
            false => Ok(Vec::new()),
        }
    }

    /// The same, where no foreign code can have run.
    fn asked_by_its_log(&self, installs: Installs, log: &str) -> Result<Asked> {
        if installs.pip > 1 || self.history.commands > 1 {
            let known = self.history.code.clone().unwrap_or_default();
            if let Some(path) = self.code()?.difference(&known).next() {
                bail!("{path} may have run with it");
            }
        }
        let mut asked = pip::read(log, installs.pip).map_err(anyhow::Error::msg)?;
        if let Some(locker) = installs.locker {
            let taken = lock::taken(locker, self.app.folder(), &self.installed_by(locker)?)?;
            asked.add(taken).map_err(anyhow::Error::msg)?;
        }
        Ok(asked)
    }

    /// What an installer that obeys a lock has installed.
    ///
    /// # Errors
    /// Something that is from no index, a Python, or that does not say what it is.
    fn installed_by(&self, locker: Locker) -> Result<Vec<Distribution>> {
        let told = self.container()?.ask(DISTRIBUTIONS, &[&(MOST_TOLD + 1).to_string()], WORK)?;
        ensure!(told.success && told.stdout.len() <= MOST_TOLD, "what was installed cannot be told");
        let fields: Vec<&str> = told.stdout.split('\0').collect();
        let mut found = Vec::new();
        for fields in fields.chunks_exact(5) {
            let [folder, installer, direct, wheel, entry_points] = fields else { continue };
            let folder = Path::new(folder);
            vouch::is_no_setting(folder)?;
            vouch::is_no_plugin(&folder.join("entry_points.txt"), entry_points.as_bytes())?;
            if lock::is_distribution(folder) && locker.is_named(installer) {
                found.push(Distribution::read(folder, !direct.is_empty(), || Ok((*wheel).to_owned()))?);
            }
        }
        Ok(found)
    }

    /// Makes a layer of the container as it is now.
    pub(super) fn keep_as(&mut self, key: &Key, record: Record, interrupted: &AtomicBool) -> Result<String> {
        let store = self.history.past.store.clone().context("there is no store")?;
        let base = self.history.image.clone().unwrap_or_else(|| self.base_image().to_owned());
        let (image, bytes) =
            images::commit(self.container()?, &base, &labels::of_a_layer(&store, &key.id), interrupted)?;
        let record = Record { image: Some(image.clone()), ..record };
        let id =
            store.keep(key, &record, |_| Ok(bytes)).inspect_err(|_| drop(self.engine().remove_image(&image, &[])))?;
        self.app.note(&record.app_made, &record.app_gone);
        self.history.claimed.extend(store.hold(&key.id, &id).map(|(_, claimed)| claimed));
        self.history.image = Some(image);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn what_was_installed_is_found_wherever_a_variable_had_it_put() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for (venv, installer) in [("srv/venv", "uv"), ("nix/store/a-python/lib", "pip"), ("nix/store/b-own/lib", "nix")]
        {
            let info = at(venv).join("tide-1.0.dist-info");
            fs::create_dir_all(&info).unwrap();
            fs::write(info.join("INSTALLER"), installer).unwrap();
            fs::write(info.join("WHEEL"), "Tag: py3-none-any\n").unwrap();
            fs::write(at(venv).join("hook.pth"), "").unwrap();
        }
        let of_nix = fs::File::open(at("nix/store/b-own/lib/tide-1.0.dist-info")).unwrap();
        of_nix.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
        let top = root.path().to_string_lossy();
        let told = |script: &str| {
            let script =
                script.replace("find / ", &format!("find {top} ")).replace("/nix/store", &format!("{top}/nix/store"));
            let output = Command::new("bash").args(["-c", &script, "shakedown", "1000"]).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let distributions = told(DISTRIBUTIONS);
        let mut installers: Vec<&str> = distributions.split('\0').skip(1).step_by(5).collect();
        installers.sort_unstable();
        assert_eq!(installers, ["pip", "uv"]);
        assert_eq!(told(CODE).lines().count(), 3);
    }
}
