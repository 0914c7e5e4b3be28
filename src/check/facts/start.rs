//! The start command.

use super::inputs::Inputs;
use crate::builder::BuilderKind;
use crate::check::finding::{replace_line, set_key};
use crate::finding::Edit;
use crate::project::Source;

/// How a file of supervisord says PORT.
pub(in crate::check) const SUPERVISED_PORT: &str = "%(ENV_PORT)s";

/// The start command of the plan and where it stands.
pub(in crate::check) struct Start<'a> {
    pub(in crate::check) command: &'a str,
    pub(in crate::check) source: &'a Source,
}

impl<'a> Start<'a> {
    pub(in crate::check) fn of(inputs: &Inputs<'a>) -> Option<Self> {
        let choice = inputs.start_choices().last()?;
        Some(Self { command: &choice.value, source: &choice.because })
    }

    /// The start command, the commands of the script that it runs, and those that a supervisord of it starts.
    pub(in crate::check) fn all<'i>(inputs: &'i Inputs<'_>) -> Vec<Start<'i>> {
        let supervised = inputs.supervised_lines().iter().map(|(command, source)| Start { command, source });
        Start::by_shell(inputs).into_iter().chain(supervised).collect()
    }

    /// The start command, and the commands of the script that it runs.
    pub(in crate::check) fn by_shell<'i>(inputs: &'i Inputs<'_>) -> Vec<Start<'i>> {
        let lines = inputs.script_lines().iter().map(|(command, source)| Start { command, source });
        Start::of(inputs).into_iter().chain(lines).collect()
    }

    /// Whether a person wrote it.
    pub(in crate::check) fn is_written(&self, inputs: &Inputs<'_>) -> bool {
        inputs.keyed(self.source).is_some()
            || self.in_procfile()
            || self.in_script(inputs)
            || matches!(self.source, Source::Variable(_) | Source::Flag(_))
    }

    fn in_script(&self, inputs: &Inputs<'_>) -> bool {
        inputs.script_lines().iter().any(|(_, source)| source == self.source) || self.is_supervised(inputs)
    }

    /// Whether supervisord starts it, which is no shell.
    pub(in crate::check) fn is_supervised(&self, inputs: &Inputs<'_>) -> bool {
        inputs.supervised_lines().iter().any(|(_, source)| source == self.source)
    }

    fn in_procfile(&self) -> bool {
        matches!(self.source, Source::File { path, .. } if path.ends_with("Procfile"))
    }

    /// The edit that makes it another command, where it stands in a file.
    pub(in crate::check) fn replaced_with(&self, inputs: &Inputs<'_>, command: &str) -> Vec<Edit> {
        if let Some(file) = inputs.keyed(self.source) {
            // Railway's file says it by Railpack's key, or in a plan of Nixpacks'.
            let of_plan: &[&str] = &["build", "nixpacksPlan", "start", "cmd"];
            let mut keys = BuilderKind::ALL.map(BuilderKind::start_key).into_iter().chain([of_plan]);
            let key = keys.find(|key| file.str(key) == Some(self.command));
            return key.map(|key| set_key(&file.path, key, command)).into_iter().collect();
        }
        let Source::File { path, line: Some(line) } = self.source else { return Vec::new() };
        let was = inputs.line(self.source);
        let in_line = (self.in_procfile() || self.in_script(inputs)) && was.contains(self.command);
        // supervisord puts variables in by names of its own (supervisor 4.3.0).
        let command = match self.is_supervised(inputs) && !command.contains("sh -c") {
            true => &command.replace("${PORT}", SUPERVISED_PORT).replace("$PORT", SUPERVISED_PORT),
            false => command,
        };
        in_line.then(|| replace_line(path, *line, &was, was.replacen(self.command, command, 1))).into_iter().collect()
    }
}
