//! What pip, the git that it calls, and PDM are told by their configurations for the time of one command: where they ask, and where pip
//! writes down what it does.

use std::io::Write;

use anyhow::{Context, Result, ensure};

use super::live::HostSandbox;
use crate::sandbox::inside;

/// Where pip is told to write down what it does, and what tells it so. Both are there while it runs, and no longer.
const LOG: &str = "var/log/pip.log";
const CONFIG: &str = "etc/pip.conf";
/// Both, from the root on.
pub(super) const FILES: &[&str] = &[CONFIG, LOG];
/// What a git reads that root calls, wherever it was built to look for the machine's.
const GIT_CONFIG: &str = "root/.gitconfig";

/// What tells PDM of an index, as the machine's own.
const PDM_CONFIG: &str = "etc/xdg/pdm/config.toml";

impl HostSandbox {
    /// Tells PDM which index to ask, if it is another than it would. What the machine has told it stays.
    pub(super) fn tell_pdm(&self) -> Result<()> {
        let (root, Some(index)) = (self.root(), self.front.index_of_pdm()) else { return Ok(()) };
        let (folder, _) = PDM_CONFIG.rsplit_once('/').unwrap_or_default();
        inside::create_folders(&root, folder)?;
        write!(inside::create(&root, PDM_CONFIG)?, "[pypi]\nurl = \"{index}\"\n")?;
        Ok(())
    }

    /// Takes that away.
    pub(super) fn leave_pdm(&self) {
        if let Some(index) = self.front.index_of_pdm() {
            let root = self.root();
            let is_ours = |text: Vec<u8>| memchr::memmem::find(&text, index.as_bytes()).is_some();
            if inside::read(&root, PDM_CONFIG).is_ok_and(is_ours) {
                let _ = inside::remove_with_folders(&root, PDM_CONFIG, "etc/xdg");
            }
        }
    }

    /// Whether pip can be told anything.
    ///
    /// # Errors
    /// The machine has a configuration of its own.
    pub(super) fn may_tell_pip(&self) -> Result<()> {
        ensure!(inside::read(&self.root(), CONFIG).is_err(), "the machine has a pip.conf of its own");
        Ok(())
    }

    /// Tells pip which index to ask, if it is another than it would, and whether to keep a log, and git where to clone from.
    pub(super) fn tell_pip(&self, index: Option<&str>, keeps_log: bool) -> Result<()> {
        if let Some(git) = self.front.git().filter(|_| inside::read(&self.root(), GIT_CONFIG).is_err()) {
            inside::write(&self.root(), GIT_CONFIG, git.as_bytes())?;
        }
        let mut text = "[global]\n".to_owned();
        if keeps_log {
            text += &format!("log = /{LOG}\n");
        }
        if let Some(index) = index {
            text += &format!("index-url = {index}\n");
        }
        inside::write(&self.root(), CONFIG, text.as_bytes())
    }

    /// What pip has written down, as it would have without the mirror. What told it so is taken away, and the log with it.
    pub(super) fn pip_log(&self) -> Result<String> {
        let root = self.root();
        let own = self.front.git().map_or(Ok(()), |told| self.leave_git_its_own(told));
        let log = own.and_then(|()| inside::read(&root, LOG));
        for file in FILES {
            let _ = inside::remove(&root, file);
        }
        Ok(self.front.text(String::from_utf8_lossy(&log?).into_owned()))
    }

    /// Takes away what git was told, and leaves what a command has told it.
    fn leave_git_its_own(&self, told: &str) -> Result<()> {
        let Ok(text) = inside::read(&self.root(), GIT_CONFIG) else { return Ok(()) };
        let first = told.lines().next().unwrap_or_default();
        if memchr::memmem::find(&text, first.as_bytes()).is_none() {
            return Ok(());
        }
        match text.strip_prefix(told.as_bytes()).context("what git was told has been changed")? {
            [] => inside::remove(&self.root(), GIT_CONFIG),
            own => inside::write(&self.root(), GIT_CONFIG, own),
        }
    }
}
