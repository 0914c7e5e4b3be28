//! What a plan has installed before its first command.

use crate::plan::{NixEnvironment, Plan, Shell, Tool, Vars};

/// A plan's packages, and how they are installed.
#[derive(Debug)]
pub(super) struct Packages {
    /// Nix environments, in the order in which they are installed.
    pub(super) nix: Vec<NixEnvironment>,
    /// Files that the packages' installation reads.
    pub(super) files: Vec<String>,
    /// The commands that install Debian's packages.
    pub(super) apt: Vec<String>,
    /// Whether mise installs tools, and the variables that tell it where.
    pub(super) mise: Option<Vars>,
    /// Those tools.
    pub(super) tools: Vec<Tool>,
    /// The command that installs the packages of the image that runs.
    pub(super) run_apt: Option<String>,
    /// The image's own shell.
    pub(super) shell: Shell,
    /// Files of the image, by their whole place.
    pub(super) assets: Vars,
}

impl Packages {
    pub(super) fn of(plan: &Plan) -> Self {
        let steps = || plan.steps.iter().map(|step| &step.packages);
        Self {
            nix: plan.nix().cloned().collect(),
            files: steps().flat_map(|packages| packages.files.clone()).collect(),
            apt: steps().flat_map(|packages| &packages.apt).map(|apt| apt.command.clone()).collect(),
            mise: plan.steps.iter().find(|step| !step.packages.mise.is_empty()).map(|step| step.variables.clone()),
            tools: steps().flat_map(|packages| packages.mise.clone()).collect(),
            run_apt: plan.start.as_ref().and_then(|start| start.apt.as_ref()).map(|apt| apt.command.clone()),
            shell: plan.image.entrypoint.clone(),
            assets: plan.assets.clone(),
        }
    }

    /// Whether there are any.
    pub(super) fn are_some(&self) -> bool {
        !(self.nix.is_empty() && self.apt.is_empty() && self.assets.is_empty())
            || self.mise.is_some()
            || self.run_apt.is_some()
    }
}
