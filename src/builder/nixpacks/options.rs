//! What Nixpacks alone is told.

use std::path::PathBuf;

use super::plan::Plan;

/// What `nixpacks` takes on its command line beside what any builder does.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--config`: relative to the project's folder.
    pub config: Option<PathBuf>,
    /// `--json-plan`: a whole plan, laid over the files and variables.
    pub json_plan: Option<Plan>,
    /// `--install-cmd`
    pub install_cmd: Option<String>,
    /// `--pkgs`
    pub pkgs: Vec<String>,
    /// `--libs`
    pub libs: Vec<String>,
    /// `--apt`
    pub apt: Vec<String>,
}
