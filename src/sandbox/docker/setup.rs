//! What is installed before the first command: the plan's packages and files of the image.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};

use super::container::Container;
use super::live::Live;
use super::stage::stage;
use crate::plan::{Tool, Vars};
use crate::sandbox::store::Record;
use crate::sandbox::store::key::Key;
use crate::sandbox::store::reads::Reads;
use crate::sandbox::store::trace::Changes;
use crate::sandbox::store::tree::{self, Digest};
use crate::sandbox::{CommandLine, Prepared, SetupStep};

impl Live {
    /// What installs the packages, in order: title and command.
    pub(super) fn installers(&self) -> Vec<(String, CommandLine)> {
        let none = Vars::new();
        let by_shell = |container: Option<&Container>, script: &String| {
            let argv = self.packages.shell.command(script).argv;
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            (script.clone(), self.exec_in(container, &none, &[], &argv))
        };
        let (built, finished) = (self.built(), self.finished());
        let nix = self.packages.nix.iter().map(|nix| &nix.command);
        let mut steps: Vec<_> = nix.chain(&self.packages.apt).map(|script| by_shell(built, script)).collect();
        if let Some(vars) = &self.packages.mise {
            steps.push(("mise install".to_owned(), self.exec(vars, &[], &["mise", "install"])));
        }
        if let (Some(_), Some(apt)) = (finished, &self.packages.run_apt) {
            steps.push(by_shell(finished, apt));
        }
        steps
    }

    /// Puts files of the image, named by their whole place, into the container.
    pub(super) fn put_assets(&self) -> Result<()> {
        if self.packages.assets.is_empty() {
            return Ok(());
        }
        let stage = stage()?;
        for (name, text) in &self.packages.assets {
            let file = stage.path().join(name.trim_start_matches('/'));
            ensure!(!name.split('/').any(|part| part == ".."), "{name} of the plan lies outside the image");
            fs::create_dir_all(file.parent().unwrap_or(stage.path()))?;
            fs::write(&file, text).with_context(|| format!("cannot write {name} of the plan"))?;
        }
        self.container()?.put(stage.path(), "/")
    }

    /// The setup of an earlier run, if it would come out the same. Where it has to be run, it is kept afterwards.
    pub(super) fn setup_of_earlier_run(&mut self) -> Option<Vec<SetupStep>> {
        self.history.past.store.as_ref()?;
        let titles: Vec<String> = self.installers().into_iter().map(|(title, _)| title).collect();
        if titles.is_empty() && self.packages.assets.is_empty() {
            return None;
        }
        let key = match self.pinned_setup() {
            Ok(()) => self.key_of_setup(&titles),
            Err(error) => Err(error),
        };
        let key = key.inspect_err(|error| self.history.past.lost = Some(format!("{error:#}"))).ok()?;
        if let Ok(again) = self.history.past.again(self, &key, &AtomicBool::new(false))
            && let Prepared::Done { origin, .. } = self.show_again(again)
        {
            let known = |title| SetupStep::Known { title, output: Vec::new(), code: 0, origin: Some(origin.clone()) };
            return Some(titles.into_iter().map(known).collect());
        }
        self.history.setup = Some(key);
        None
    }

    /// Whether what is set up is the same whenever that is done: Debian's packages are not, nor is a version that is found anew.
    fn pinned_setup(&self) -> Result<()> {
        ensure!(
            self.packages.apt.is_empty() && self.packages.run_apt.is_none(),
            "apt installs what Debian has at the time"
        );
        for Tool { name, version } in &self.packages.tools {
            let is_release =
                version.split('.').count() > 2 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            ensure!(is_release, "which {name} {version} is may change");
        }
        for nix in &self.packages.nix {
            let is_pinned = |address: &str| {
                let address = address.split(['"', ' ', ';', ')']).next().unwrap_or_default();
                address.split(|c: char| !c.is_ascii_hexdigit()).any(|word| word.len() == 40)
            };
            ensure!(nix.expression.split("https://").skip(1).all(is_pinned), "what {} fetches may change", nix.file);
        }
        Ok(())
    }

    fn key_of_setup(&self, titles: &[String]) -> Result<Key> {
        let tree = self.app.tree()?;
        let mut digest = Digest::default();
        digest.add("setup").add(&self.history.past.base).add(format!("{titles:?} {:?}", self.packages.mise));
        digest.add(format!("{:?} {:?}", self.packages.assets, self.packages.shell));
        digest.add(tree::names(&tree)).add(tree::contents(self.app.folder(), &tree)?);
        Ok(Key { id: digest.finish(), ..Key::default() })
    }

    /// Keeps what was set up: whoever goes on has seen it pass.
    pub(super) fn keep_setup(&mut self) {
        let Some(key) = self.history.setup.take() else { return };
        let kept = self.tree_inside().and_then(|names| {
            self.history.code = Some(self.code()?);
            let reads = Reads::Some { names, listed: Vec::new(), files: BTreeMap::new() };
            let record =
                Record::new(&self.history.past.project, self.is_online(), reads, Vec::new(), &Changes::default(), &[]);
            let record = Record { code: self.history.code.clone(), ..record };
            self.keep_as(&key, record, &AtomicBool::new(false))
        });
        match kept {
            Ok(id) => self.history.past.below = Some(id),
            Err(error) => self.history.past.lost = Some(format!("what was set up could not be kept: {error:#}")),
        }
    }

    fn tree_inside(&self) -> Result<String> {
        Ok(self.app.names(&self.app.tree()?))
    }
}
