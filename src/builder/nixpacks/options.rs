//! What the caller asks of the planner.

use std::path::PathBuf;

use super::plan::Plan;
use crate::plan::Vars;
use crate::platform::Platform;

/// The user's wishes, as `nixpacks` takes them on its command line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--env`: `NAME=value`, or `NAME` (also `NAME=`) to take the value from `process_env`.
    pub env: Vec<String>,
    /// The variables of the calling process; Nixpacks reads them for a bare `--env NAME` only.
    pub process_env: Vars,
    /// `--config`: relative to the project's folder.
    pub config: Option<PathBuf>,
    /// `--json-plan`: a whole plan, laid over the files and variables.
    pub json_plan: Option<Plan>,
    /// `--install-cmd`
    pub install_cmd: Option<String>,
    /// `--build-cmd`
    pub build_cmd: Option<String>,
    /// `--start-cmd`
    pub start_cmd: Option<String>,
    /// `--pkgs`
    pub pkgs: Vec<String>,
    /// `--libs`
    pub libs: Vec<String>,
    /// `--apt`
    pub apt: Vec<String>,
    /// Whose configuration files count beside Nixpacks' own.
    pub platform: Platform,
    /// The platform's environment whose overrides apply.
    pub environment: Option<String>,
}
