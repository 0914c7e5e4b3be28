//! What the setup phase installs, and what it prints where Nix refuses a name.

use super::nix::environments;
use super::{Phase, Plan};
use crate::catalog::nix_packages::is_known_to_be_missing;
use crate::plan::{Apt, PackageList, Packages};

/// The keys of Nixpacks' configuration that list packages.
pub(super) const NIX_PKGS: &str = "nixPkgs";
pub(super) const NIX_LIBS: &str = "nixLibs";
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

/// What the cloud runs for one expression.
pub(super) fn install_command(file: &str) -> String {
    format!("nix-env -if {file} && nix-collect-garbage -d")
}

/// What Nix is known to print in place of an environment; the names stand on lines of their own, sorted.
pub(super) fn refusal(packages: &[&str], libraries: &[&str], file: &str) -> Option<Vec<String>> {
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    fault(&sorted(libraries), 6, 47, file).or_else(|| fault(&sorted(packages), 19, 9, file))
}

/// What Nix prints for the first name in `names` that is none; they stand on one line, from `column` on.
fn fault(names: &[String], line: usize, column: usize, file: &str) -> Option<Vec<String>> {
    let mut at = column;
    for name in names {
        if let Some(message) = is_known_to_be_missing(name) {
            return Some(vec![
                "error:".to_owned(),
                format!("       {message}"),
                format!("       at /app/{file}:{line}:{at}:"),
                format!("           {line}| {}{}", " ".repeat(8), names.join(" ")),
                format!("             | {}^", " ".repeat(at.saturating_sub(1))),
            ]);
        }
        at += name.chars().count() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::nixpacks::{List, Phase};

    fn plan(packages: &[&str]) -> Plan {
        let packages: Vec<String> = packages.iter().map(|name| (*name).to_owned()).collect();
        let phase = Phase { nix_pkgs: List(Some(packages)), nixpkgs_archive: Some("abc".into()), ..Phase::default() };
        Plan { phases: Some([("setup".to_owned(), phase)].into()), ..Plan::default() }
    }

    #[test]
    fn a_name_that_nixpkgs_lacks_is_named_with_its_place() {
        let nix = &environments(&plan(&["python311", "gcc", "pip"]))[0];
        assert_eq!(nix.command, "nix-env -if .nixpacks/nixpkgs-abc.nix && nix-collect-garbage -d");
        let output = nix.refusal.as_ref().unwrap();
        let text = output.join("\n");
        assert!(text.contains("error: undefined variable 'pip'"), "{text}");
        assert!(text.contains("at /app/.nixpacks/nixpkgs-abc.nix:19:13:"), "{text}");
        let caret = output[4].find('^').unwrap();
        assert_eq!(output[3][caret..].split(' ').next(), Some("pip"));
    }

    #[test]
    fn good_names_pass() {
        assert_eq!(environments(&plan(&["python311", "python311Packages.pip", "gcc", "ta-lib"]))[0].refusal, None);
    }
}
