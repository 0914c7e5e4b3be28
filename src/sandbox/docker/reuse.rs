//! Goes on from the image of an earlier run's command in place of running it, and makes images of what this run's commands make.
//!
//! Only commands that install with pip, or make a virtual environment, are kept: of any other nobody knows what it read and asked for.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};

use super::container::Container;
use super::engine::{SOON, WORK};
use super::history::{self, Pending};
use super::image::{self, Layer};
use super::live::Live;
use super::watch::{Seen, Watch};
use super::{take, told};
use crate::sandbox::netns::Network;
use crate::sandbox::reuse::{Origin, Prepared, Upcoming};
use crate::sandbox::store::again::{Again, Lookup, NOT_KEPT, NOT_WHOLE, SPOILT};
use crate::sandbox::store::reads::Reads;
use crate::sandbox::store::tree::{self, Digest, Kind, Tree};
use crate::sandbox::store::{self, Record, Store, ask, pip, vouch};
use crate::sandbox::{Role, network};

/// The file of an entry that names its image.
const IMAGE: &str = "image";
/// What tells a machine that was set up from another: the kernel, the processors, and what each installer says it has
/// installed, interpreters by their content.
const STATE: &str = "uname -rvm; nproc; sha256sum < /var/lib/dpkg/status; readlink -f /root/.nix-profile
shopt -s nullglob; for tool in /mise/installs/*/*; do echo \"$tool\"; done; cat /mise/installs/*/*/bin/python3 | sha256sum";
/// Every file that runs when a Python starts, wherever that is.
const CODE: &str =
    r"find / -xdev \( -name '*.pth' -path '*/site-packages/*' -o -name usercustomize.py \) -print0 2> /dev/null";

impl Live {
    /// Shows the work of an earlier run, or begins to watch what this one does. Never an error: then it is just run.
    pub(super) fn prepare_command(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        let Some(store) = self.history.store.clone() else { return Prepared::Run(None) };
        if upcoming.step.role != Role::Build {
            return Prepared::Run(None);
        }
        let anew = |because: String| Prepared::Run(Some(Origin::Anew { because, not_kept: None }));
        if let Some(lost) = self.history.lost.clone() {
            return anew(lost);
        }
        let key = match self.key(upcoming) {
            Ok(key) => key,
            Err(error) => {
                self.history.lost = Some(format!("{error:#}"));
                return anew(format!("{error:#}"));
            }
        };
        let mut because = "asked for".to_owned();
        if self.history.shows {
            match self.show_again(&store, &key, interrupted) {
                Again::Shown { id, output, origin, note } => {
                    self.history.below = Some(id);
                    self.history.notes.extend(note);
                    return Prepared::Done { output, origin };
                }
                Again::Otherwise(difference) => because = difference,
                Again::Broken => {
                    self.history.lost = Some(NOT_WHOLE.to_owned());
                    return anew(NOT_WHOLE.to_owned());
                }
            }
        }
        match self.watch(upcoming, key) {
            Ok(pending) => self.history.pending = Some(pending),
            Err(error) => {
                self.history.unwatched = Some(format!("{error:#}"));
                self.history.lost = Some(NOT_KEPT.to_owned());
            }
        }
        anew(because)
    }

    /// Keeps what the command made that was prepared last; `output` is none where it did not pass.
    /// Gives why that cannot be done.
    pub(super) fn keep_command(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        let Some(Pending { key, installs, watch, names }) = self.history.pending.take() else {
            return self.history.unwatched.take();
        };
        let log = if installs.pip > 0 { told::ask(&self.container) } else { Ok(String::new()) };
        let Some(output) = output else {
            self.history.withheld = log.as_deref().map(pip::of_a_failed_build).unwrap_or_default();
            self.history.lost = Some("a command before it failed, or printed too much".to_owned());
            return None;
        };
        let record = || -> Result<Record> {
            let files = self.read(&watch.end()?)?;
            let asked = pip::read(&log?, installs.pip).map_err(anyhow::Error::msg)?;
            if installs.pip > 1 || self.history.below.is_some() {
                self.refuse_code_of_packages()?;
            }
            let client = ask::Client { own: &self.history.vars, network: &Network::of_any_run() };
            let answers = match self.history.is_offline {
                true => Vec::new(),
                false => ask::first(&asked, &client, interrupted)?,
            };
            Ok(Record {
                made: store::now(),
                network: !self.history.is_offline,
                reads: Reads::Some { names, files },
                answers,
                output: output.to_vec(),
                app_made: Vec::new(),
                app_gone: Vec::new(),
            })
        };
        let kept = record().and_then(|record| self.keep_image(&key, &record, interrupted));
        if kept.is_err() {
            self.history.lost = Some(NOT_KEPT.to_owned());
        }
        kept.err().map(|error| format!("{error:#}"))
    }

    /// Makes an image of the container, and goes on in another that is made from it: the next run begins there too.
    fn keep_image(&mut self, key: &str, record: &Record, interrupted: &AtomicBool) -> Result<()> {
        let store = self.history.store.clone().context("there is no store")?;
        let (name, engine) = (store.name()?, self.container.engine().clone());
        let mut made = String::new();
        let id = store.keep(key, record, |entry| {
            let id = entry.file_name().unwrap_or_default().to_string_lossy();
            let layer = Layer { store: &name, entry: &format!("{key}/{id}") };
            made = image::commit(&self.container, layer, interrupted)?;
            std::fs::write(entry.join(IMAGE), &made)?;
            image::bytes_over(&engine, &made, &self.history.image)
        })?;
        self.history.claimed.extend(store.hold(key, &id).map(|(_, claimed)| claimed));
        self.history.below = Some(id);
        history::sweep(&engine, &store);
        self.go_on_in(&made)
    }

    /// Puts a container that is made from `image` in the place of the one that there is, with this run's project in it.
    fn go_on_in(&mut self, image: &str) -> Result<()> {
        let next = Container::start(self.container.engine(), image, &self.history.wanted)?;
        if take::is_there(&self.container, network::BUNDLE)? {
            take::hand_over(&self.container, &next, network::BUNDLE, &[])?;
        }
        next.put(self.copied()?, "/app")?;
        let before = std::mem::replace(&mut self.container, next);
        self.history.image = image.to_owned();
        before.remove()
    }

    fn copied(&self) -> Result<&Path> {
        self.history.copied.as_ref().map(tempfile::TempDir::path).context("nothing is known of what was copied")
    }

    /// Stands for the command, the machine, and what was made before.
    fn key(&mut self, upcoming: &Upcoming<'_>) -> Result<String> {
        let base = match &self.history.base {
            Some(base) => base.clone(),
            None => self.base()?,
        };
        let Upcoming { step, limits } = upcoming;
        let mut digest = Digest::default();
        digest.add(base).add(self.history.below.as_deref().unwrap_or_default()).add(format!("{limits:?}"));
        for word in step.argv {
            digest.add(word);
        }
        let own = self.history.vars.iter().filter(|(name, _)| !step.vars.contains_key(*name));
        for (name, value) in own.chain(step.vars) {
            digest.add(name).add(value);
        }
        Ok(digest.finish())
    }

    /// The digest of the machine as it was set up.
    fn base(&mut self) -> Result<String> {
        let engine = self.container.engine();
        let call =
            ["inspect", "--type", "container", "--format", "{{.Image}} {{json .Config.Env}}", self.container.name()];
        let about = engine.demand("look at the container", &call, SOON)?;
        let (image, _) = about.split_once(' ').context("a container without an image")?;
        let state = self.container.ask(STATE, &[], SOON)?;
        let mut digest = Digest::default();
        digest.add(&self.history.opened).add(&about).add(&state.stdout);
        let base = digest.finish();
        self.history.image = image.to_owned();
        self.history.base = Some(base.clone());
        Ok(base)
    }

    /// Shows an entry where it would come out the same now.
    fn show_again(&mut self, store: &Store, key: &str, interrupted: &AtomicBool) -> Again {
        let Ok(app) = self.copied().map(Path::to_owned) else { return Again::Broken };
        let own = self.history.vars.clone();
        let lookup = Lookup {
            store,
            key,
            app: &app,
            is_offline: self.history.is_offline,
            // It is the engine's.
            disk: u64::MAX,
            client: ask::Client { own: &own, network: &Network::of_any_run() },
            interrupted,
        };
        lookup.show(|found, claimed| {
            let image = std::fs::read_to_string(found.folder.join(IMAGE))?;
            match self.go_on_in(&image) {
                Ok(()) => {
                    self.history.claimed.push(claimed);
                    Ok(None)
                }
                Err(_) if !image::is_there(self.container.engine(), &image)? => {
                    drop(claimed);
                    Store::forget(found);
                    Ok(Some(SPOILT.to_owned()))
                }
                // The container that there was is as it was.
                Err(error) => Ok(Some(format!("{error:#}"))),
            }
        })
    }

    /// Begins to watch a command that is about to run.
    fn watch(&self, upcoming: &Upcoming<'_>, key: String) -> Result<Pending> {
        let mut vars = self.history.vars.clone();
        vars.extend(upcoming.step.vars.clone());
        let installs = pip::installs(upcoming.step.argv, &vars).filter(|installs| !installs.uv);
        let installs = installs.context("what it reads and asks of the network is not known")?;
        let tree = tree::list(self.copied()?)?;
        let watch = Watch::begin(&self.container, &tree)?;
        if installs.pip > 0 {
            told::tell(&self.container)?;
        }
        Ok(Pending { key, installs, watch, names: tree::names(&tree) })
    }

    /// The files of the project that were read, with the digests of their contents.
    fn read(&self, seen: &Seen) -> Result<std::collections::BTreeMap<PathBuf, String>> {
        let copied = self.copied()?;
        let tree: Tree = tree::list(copied)?;
        let changed = seen.changed.iter().find(|path| tree.contains_key(*path) || *path == Path::new(""));
        ensure!(changed.is_none(), "it changed {}", changed.map_or("".into(), |path| path.display().to_string()));
        let is_file = |path: &&PathBuf| tree.get(*path).is_some_and(|entry| entry.kind == Kind::File);
        seen.opened
            .iter()
            .filter(is_file)
            .map(|path| {
                vouch::is_data(copied, path)?;
                Ok((path.clone(), tree::content(&copied.join(path))?))
            })
            .collect()
    }

    /// What an earlier pip installed may run whenever a Python starts.
    fn refuse_code_of_packages(&self) -> Result<()> {
        let found = self.container.ask(CODE, &[], WORK)?;
        vouch::holds_no_code(found.stdout.split('\0').map(Path::new))
    }
}
