//! What a deploy is told beside the project's files, whoever builds it.

use crate::plan::Vars;
use crate::platform::Platform;

/// The variables, commands and platform of a deploy.
#[derive(Debug, Clone, Default)]
pub struct DeployOptions {
    /// `--env`: `NAME=value`, or `NAME` to take the value from `process_env`.
    pub env: Vec<String>,
    /// The variables of the calling process; read for a bare `--env NAME` only.
    pub process_env: Vars,
    /// `--build-cmd`
    pub build_cmd: Option<String>,
    /// `--start-cmd`
    pub start_cmd: Option<String>,
    /// Whose configuration files count beside the builder's own.
    pub platform: Platform,
    /// The platform's environment whose overrides apply.
    pub environment: Option<String>,
    /// Whether Railway's files are left out, as on Railway since 2026-12-01.
    pub railway_ended: bool,
}

impl DeployOptions {
    /// Whether railway.json and railway.toml count.
    pub fn reads_railway(&self) -> bool {
        self.platform.reads_railway() && !self.railway_ended
    }
}
