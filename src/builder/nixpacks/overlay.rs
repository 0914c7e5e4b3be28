//! What the platform lays over Nixpacks' plan.

use std::path::PathBuf;

use super::draft::{Draft, DraftStart, Key, TracedList};
use super::merge::merge_all;
use super::wire::BuildPlan;
use crate::platform::Deploy;
use crate::platform::railway::Table;
use crate::project::{InputError, Source};

/// What the platform puts over or instead of the project's own layers.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    pub(super) config: Option<PathBuf>,
    pub(super) layer: Option<Draft>,
}

impl Overlay {
    /// What `deploy` says of the plan; its `buildCommand` is the whole `build` phase.
    pub(super) fn of(deploy: &Deploy) -> Result<Self, InputError> {
        let mut commands = Draft::default();
        if let Some(cmd) = &deploy.build_command {
            let build = commands.phase("build");
            build.set(Key::Cmds, TracedList::of(&cmd.source, [cmd.value.as_str()]));
            build.set(Key::DependsOn, TracedList::of(&Source::Default("the usual order of phases"), ["install"]));
        }
        commands.start = deploy.start_command.as_ref().map(|cmd| DraftStart::with_cmd(&cmd.value, cmd.source.clone()));
        let plan = deploy.nixpacks_plan.as_ref().map(plan).transpose()?;
        let says_something = plan.is_some() || deploy.build_command.is_some() || deploy.start_command.is_some();
        Ok(Self {
            config: deploy.nixpacks_config.as_ref().map(|path| path.value.clone()),
            layer: says_something.then(|| merge_all(plan.into_iter().chain([commands]))),
        })
    }

    /// Whether it changes nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.config.is_none() && self.layer.is_none()
    }
}

fn plan(table: &Table) -> Result<Draft, InputError> {
    let plan: BuildPlan =
        serde_json::from_value(table.value.clone()).map_err(|error| table.fault(&error.to_string()))?;
    Ok(Draft::from_plan(plan.into(), &|key| table.source(key)))
}
