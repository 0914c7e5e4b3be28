//! What pip is told by its configuration for the time of one command: which index it asks, and where it writes down what it does.

use anyhow::{Result, ensure};

use super::inside;
use super::live::HostSandbox;
use crate::sandbox::store::pip::{CONFIG, LOG, configuration};

impl HostSandbox {
    /// Whether pip can be told anything.
    ///
    /// # Errors
    /// The machine has a configuration of its own.
    pub(super) fn may_tell_pip(&self) -> Result<()> {
        ensure!(inside::read(&self.root(), CONFIG).is_err(), "the machine has a pip.conf of its own");
        Ok(())
    }

    /// Tells pip which index to ask, if it is another than it would, and whether to keep a log.
    pub(super) fn tell_pip(&self, index: Option<&str>, keeps_log: bool) -> Result<()> {
        inside::write(&self.root(), CONFIG, configuration(index, keeps_log).as_bytes())
    }

    /// What pip has written down, as it would have without the mirror. What told it so is taken away, and the log with it.
    pub(super) fn pip_log(&self) -> Result<String> {
        let root = self.root();
        let log = inside::read(&root, LOG);
        for file in [CONFIG, LOG] {
            let _ = inside::remove(&root, file);
        }
        Ok(self.front.text(String::from_utf8_lossy(&log?).into_owned()))
    }
}
