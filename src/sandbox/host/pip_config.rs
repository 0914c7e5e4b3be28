//! What pip is told by its configuration for the time of one command: which index it asks, and where it writes down what it does.

use anyhow::{Result, ensure};

use super::live::HostSandbox;
use crate::sandbox::inside;

/// Where pip is told to write down what it does, and what tells it so. Both are there while it runs, and no longer.
const LOG: &str = "var/log/pip.log";
const CONFIG: &str = "etc/pip.conf";

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
        let log = inside::read(&root, LOG);
        for file in [CONFIG, LOG] {
            let _ = inside::remove(&root, file);
        }
        Ok(self.front.text(String::from_utf8_lossy(&log?).into_owned()))
    }
}
