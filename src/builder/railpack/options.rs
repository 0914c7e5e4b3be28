//! What the caller asks of the planner.

use std::collections::BTreeMap;

use super::version::Version;
use super::versions::Table;

/// The user's wishes, as `railpack` takes them on its command line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The release; the newest known one unless said.
    pub version: Option<Version>,
    /// What the running app is told of the release; the number of `version` unless said.
    pub release: Option<String>,
    /// `--env`: `NAME=value`, or `NAME` to take the value from `process_env`.
    pub env: Vec<String>,
    /// The variables of the calling process.
    pub process_env: BTreeMap<String, String>,
    /// `--build-cmd`
    pub build_cmd: Option<String>,
    /// `--start-cmd`
    pub start_cmd: Option<String>,
    /// `--config-file`: relative to the project.
    pub config_file: Option<String>,
    /// `--previous`: `tool@version`, the tools of the build before.
    pub previous: Vec<String>,
    /// `--error-missing-start`
    pub error_missing_start: bool,
    /// The releases that tools have; those that ship with us unless said.
    pub versions: Option<Table>,
}
