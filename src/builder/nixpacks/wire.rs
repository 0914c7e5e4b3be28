//! Plans as Nixpacks reads them: the types carry its own names and field order, which its messages for malformed
//! files mention, and which files that give lists for tables (as serde allows) depend on.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::list::List;
use super::plan::{Phase as PlanPhase, Plan, Start};
use crate::plan::Vars;

type Strings = Option<Vec<String>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BuildPlan {
    providers: Strings,
    build_image: Option<String>,
    variables: Option<Vars>,
    static_assets: Option<Vars>,
    phases: Option<BTreeMap<String, Phase>>,
    start: Option<StartPhase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Phase {
    name: Option<String>,
    depends_on: Strings,
    #[serde(alias = "nixPackages")]
    nix_pkgs: Strings,
    #[serde(alias = "nixLibraries")]
    nix_libs: Strings,
    nix_overlays: Strings,
    nixpkgs_archive: Option<String>,
    #[serde(alias = "aptPackages")]
    apt_pkgs: Strings,
    #[serde(alias = "commands")]
    cmds: Strings,
    only_include_files: Strings,
    cache_directories: Strings,
    #[serde(alias = "envPaths")]
    paths: Strings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartPhase {
    cmd: Option<String>,
    run_image: Option<String>,
    only_include_files: Strings,
    user: Option<String>,
}

impl From<BuildPlan> for Plan {
    fn from(plan: BuildPlan) -> Self {
        let phases = plan.phases.map(|phases| phases.into_iter().map(|(name, phase)| (name, phase.into())).collect());
        Self {
            providers: List(plan.providers),
            build_image: plan.build_image,
            variables: plan.variables,
            static_assets: plan.static_assets,
            phases,
            start: plan.start.map(|start| Start {
                cmd: start.cmd,
                run_image: start.run_image,
                only_include_files: List(start.only_include_files),
                user: start.user,
            }),
        }
    }
}

impl From<Phase> for PlanPhase {
    fn from(phase: Phase) -> Self {
        Self {
            name: phase.name,
            depends_on: List(phase.depends_on),
            nix_pkgs: List(phase.nix_pkgs),
            nix_libs: List(phase.nix_libs),
            nix_overlays: List(phase.nix_overlays),
            nixpkgs_archive: phase.nixpkgs_archive,
            apt_pkgs: List(phase.apt_pkgs),
            cmds: List(phase.cmds),
            only_include_files: List(phase.only_include_files),
            cache_directories: List(phase.cache_directories),
            paths: List(phase.paths),
        }
    }
}
