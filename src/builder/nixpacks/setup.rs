//! What the setup phase installs.

use super::nix::environments;
use super::plan::{Phase, Plan};
use crate::plan::{Apt, PackageList, Packages};

/// The key of Nixpacks' configuration that lists packages of the system.
const APT_PKGS: &str = "aptPkgs";

/// Everything that the plan installs: Nixpacks does so before the first phase, whichever phase names it.
pub(super) fn packages(plan: &Plan, phases: &[(&str, &Phase)]) -> Packages {
    let nix = phases.iter().filter(|(_, phase)| phase.uses_nix());
    Packages {
        files: nix.flat_map(|(_, phase)| phase.only_include_files.to_vec()).collect(),
        nix: environments(plan),
        apt: apt(plan),
        mise: Vec::new(),
    }
}

fn apt(plan: &Plan) -> Option<Apt> {
    let names: Vec<String> = plan.phases.iter().flatten().flat_map(|(_, phase)| phase.apt_pkgs.to_vec()).collect();
    let command =
        || format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {}", names.join(" "));
    if names.is_empty() {
        return None;
    }
    Some(Apt { command: command(), packages: PackageList { key: APT_PKGS.to_owned(), names } })
}
