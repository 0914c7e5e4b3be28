//! The Nix expressions that install a plan's packages.

use std::collections::BTreeMap;

use super::Plan;
use super::setup::{NIX_LIBS, NIX_PKGS, install_command, refusal};
use crate::catalog::python::LEGACY_ARCHIVE;
use crate::plan::{NixEnvironment, PackageList};

/// Where Nixpacks puts them, relative to `/app`.
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
