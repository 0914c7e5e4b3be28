//! The Nix expressions that install a plan's packages, and what Nix prints where it refuses a name.

use std::collections::BTreeMap;

use super::plan::Plan;
use crate::catalog::nix_packages::is_known_to_be_missing;
use crate::catalog::python::LEGACY_ARCHIVE;
use crate::plan::{NixEnvironment, PackageList};

/// The keys of Nixpacks' configuration that list packages.
const NIX_PKGS: &str = "nixPkgs";
/// The same, of libraries.
const NIX_LIBS: &str = "nixLibs";
/// Where Nixpacks puts the expressions, relative to `/app`.
const FOLDER: &str = ".nixpacks";

#[derive(Default)]
struct Group<'a> {
    pkgs: Vec<&'a str>,
    libs: Vec<&'a str>,
    overlays: Vec<&'a str>,
}

/// One environment a nixpkgs commit; its expression is Nixpacks' byte for byte.
pub fn environments(plan: &Plan) -> Vec<NixEnvironment> {
    let mut groups: BTreeMap<Option<&str>, Group<'_>> = BTreeMap::new();
    for phase in plan.phases.iter().flat_map(BTreeMap::values).filter(|phase| phase.uses_nix()) {
        let group = groups.entry(phase.nixpkgs_archive.as_deref()).or_default();
        group.pkgs.extend(phase.nix_pkgs.iter().map(String::as_str));
        group.libs.extend(phase.nix_libs.iter().map(String::as_str));
        group.overlays.extend(phase.nix_overlays.iter().map(String::as_str));
    }
    groups.into_iter().map(|(archive, group)| environment(archive, group)).collect()
}

fn environment(archive: Option<&str>, group: Group<'_>) -> NixEnvironment {
    let list = |key: &str, names: &[&str]| PackageList {
        key: key.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let file = format!("{FOLDER}/{}", file_name(archive));
    NixEnvironment {
        packages: list(NIX_PKGS, &group.pkgs),
        libraries: list(NIX_LIBS, &group.libs),
        command: install_command(&file),
        refusal: refusal(&group.pkgs, &group.libs, &file),
        expression: expression(archive, group),
        file,
    }
}

fn file_name(archive: Option<&str>) -> String {
    archive.map_or_else(|| "nixpkgs.nix".to_owned(), |archive| format!("nixpkgs-{archive}.nix"))
}

fn expression(archive: Option<&str>, mut group: Group<'_>) -> String {
    let archive = archive.unwrap_or(LEGACY_ARCHIVE);
    let openssl = group.libs.iter().find(|lib| lib.contains("openssl"));
    let openssl = openssl.map_or_else(String::new, |lib| {
        format!("export OPENSSL_DIR=\"${{{lib}.dev}}\"\nexport OPENSSL_LIB_DIR=\"${{{lib}.out}}/lib\"\n")
    });
    group.pkgs.sort_unstable();
    group.libs.sort_unstable();
    let overlay = |url: &&str| format!("(import (builtins.fetchTarball \"{url}\"))");
    let overlays = group.overlays.iter().map(overlay).collect::<Vec<_>>().join("\n");
    let (pkgs, libs) = (group.pkgs.join(" "), group.libs.join(" "));
    let lines = [
        "{ }:".to_owned(),
        String::new(),
        format!(
            "let pkgs = import (fetchTarball \"https://github.com/NixOS/nixpkgs/archive/{archive}.tar.gz\") {{ overlays = [ {overlays} ]; }};"
        ),
        "in with pkgs;".to_owned(),
        "  let".to_owned(),
        format!("    APPEND_LIBRARY_PATH = \"${{lib.makeLibraryPath [ {libs} ] }}\";"),
        "    myLibraries = writeText \"libraries\" ''".to_owned(),
        "      export LD_LIBRARY_PATH=\"${APPEND_LIBRARY_PATH}:$LD_LIBRARY_PATH\"".to_owned(),
        format!("      {openssl}"),
        "    '';".to_owned(),
        "  in".to_owned(),
        "    buildEnv {".to_owned(),
        format!("      name = \"{archive}-env\";"),
        "      paths = [".to_owned(),
        format!("        (runCommand \"{archive}-env\" {{ }} ''"),
        "          mkdir -p $out/etc/profile.d".to_owned(),
        format!("          cp ${{myLibraries}} $out/etc/profile.d/{archive}-env.sh"),
        "        '')".to_owned(),
        format!("        {pkgs}"),
        "      ];".to_owned(),
        "    }".to_owned(),
    ];
    lines.join("\n") + "\n"
}

/// What the cloud runs for one expression.
fn install_command(file: &str) -> String {
    format!("nix-env -if {file} && nix-collect-garbage -d")
}

/// What Nix is known to print in place of an environment; the names stand on lines of their own, sorted.
fn refusal(packages: &[&str], libraries: &[&str], file: &str) -> Option<Vec<String>> {
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
