//! The setup phase as the build shows it. Names that nixpkgs does not have end it.

use super::Plan;
use crate::catalog::nixpkgs::is_known_to_be_missing;

/// The setup phase's commands as the build shows them: title, output and exit code.
pub fn setup(plan: &Plan) -> Vec<(String, Vec<String>, i32)> {
    let mut steps = Vec::new();
    let mut archives: Vec<(String, Vec<String>, Vec<String>)> = Vec::new();
    for (_, phase) in plan.phases.iter().flatten() {
        if phase.nix_pkgs.is_empty() && phase.nix_libs.is_empty() {
            continue;
        }
        let archive = phase.nixpkgs_archive.clone().unwrap_or_default();
        let at = archives.iter().position(|(known, ..)| *known == archive).unwrap_or_else(|| {
            archives.push((archive, Vec::new(), Vec::new()));
            archives.len() - 1
        });
        archives[at].1.extend(phase.nix_pkgs.iter().cloned());
        archives[at].2.extend(phase.nix_libs.iter().cloned());
    }
    archives.sort();
    for (archive, mut packages, mut libraries) in archives {
        packages.sort();
        packages.dedup();
        libraries.sort();
        libraries.dedup();
        let name = match archive.is_empty() {
            true => "nixpkgs".to_owned(),
            false => format!("nixpkgs-{archive}"),
        };
        let file = format!(".nixpacks/{name}.nix");
        let title = install_command(&format!("{name}.nix"));
        let failure = fault(&libraries, 6, 47, &file).or_else(|| fault(&packages, 19, 9, &file));
        let code = i32::from(failure.is_some());
        steps.push((title, failure.unwrap_or_default(), code));
        if code != 0 {
            return steps;
        }
    }
    let mut apt: Vec<&str> =
        plan.phases.iter().flatten().flat_map(|(_, phase)| phase.apt_pkgs.iter()).map(String::as_str).collect();
    apt.sort_unstable();
    apt.dedup();
    if !apt.is_empty() {
        steps.push((apt_command(&apt.join(" ")), Vec::new(), 0));
    }
    steps
}

/// What the cloud runs for one expression. Every backend calls its own step so, whatever it does instead: what is reported
/// is the plan's command.
pub fn install_command(name: &str) -> String {
    format!("nix-env -if .nixpacks/{name} && nix-collect-garbage -d")
}

/// The same for apt's packages.
pub fn apt_command(packages: &str) -> String {
    format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}")
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
        let steps = setup(&plan(&["python311", "gcc", "pip"]));
        let (title, output, code) = &steps[0];
        assert_eq!((title.as_str(), *code), ("nix-env -if .nixpacks/nixpkgs-abc.nix && nix-collect-garbage -d", 1));
        let text = output.join("\n");
        assert!(text.contains("error: undefined variable 'pip'"), "{text}");
        assert!(text.contains("at /app/.nixpacks/nixpkgs-abc.nix:19:13:"), "{text}");
        let caret = output[4].find('^').unwrap();
        assert_eq!(output[3][caret..].split(' ').next(), Some("pip"));
    }

    #[test]
    fn good_names_pass() {
        assert_eq!(setup(&plan(&["python311", "python311Packages.pip", "gcc", "ta-lib"]))[0].2, 0);
    }
}
