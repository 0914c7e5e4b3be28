//! What Railpack plans, and what lies around it.

use std::path::PathBuf;

use super::Planned;
use crate::plan::Vars;
use crate::platform::Deploy;
use crate::project::Source;

/// Railpack's answer and what lies around it.
#[derive(Debug)]
pub struct RailpackAnswer {
    /// With the platform's own settings.
    pub planned: Planned,
    /// Without them, where they change something.
    pub alone: Option<Planned>,
    /// How the platform deploys.
    pub deploy: Deploy,
    /// The folder that is built.
    pub root: PathBuf,
    /// What chose the builder.
    pub because: Source,
    /// The variables of the deploy.
    pub variables: Vars,
}

impl RailpackAnswer {
    /// The commands of the steps that are not there for packages, with the step's name, in order.
    pub fn commands(&self) -> impl Iterator<Item = (&str, &str)> {
        let steps = self.planned.plan.iter().flat_map(|plan| &plan.steps);
        let own = steps.filter(|step| !step.name.starts_with("packages:"));
        own.flat_map(|step| step.commands.iter().filter_map(|command| Some((step.name.as_str(), command.line()?))))
    }

    /// How dependencies are installed; `none` where nothing is, absent where commands of the user's own do it.
    pub fn manager(&self) -> Option<&'static str> {
        const MANAGERS: &[(&str, &str)] = &[
            ("pip install -r requirements.txt", "requirements"),
            ("uv sync", "uv"),
            ("poetry install", "poetry"),
            ("pdm install", "pdm"),
            ("pipenv install", "pipenv"),
        ];
        let mut commands = self.commands().map(|(_, command)| command);
        let known = MANAGERS.iter().find(|(words, _)| self.commands().any(|(_, command)| command.starts_with(words)));
        match known {
            Some((_, manager)) => Some(manager),
            None => {
                (!commands.any(|command| command.contains("install") || command.contains("sync"))).then_some("none")
            }
        }
    }

    /// A variable that the running app sees.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let plan = self.planned.plan.as_ref();
        let own = plan.and_then(|plan| {
            let steps = plan.steps.iter().rev().find_map(|step| step.variables.get(name));
            plan.deploy.variables.get(name).or(steps)
        });
        self.variables.get(name).or(own).map(String::as_str)
    }
}
