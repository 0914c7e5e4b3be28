//! What Railpack alone is told.

use super::version::Version;
use super::versions::Table;

/// What `railpack` takes on its command line beside what any builder does.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The release; the newest known one unless said.
    pub version: Option<Version>,
    /// What the running app is told of the release; the number of `version` unless said.
    pub release: Option<String>,
    /// `--config-file`: relative to the project.
    pub config_file: Option<String>,
    /// `--previous`: `tool@version`, the tools of the build before.
    pub previous: Vec<String>,
    /// `--error-missing-start`
    pub error_missing_start: bool,
    /// The releases that tools have; those that ship with us unless said.
    pub versions: Option<Table>,
}
