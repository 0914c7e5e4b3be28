//! The Procfile, which Nixpacks reads as YAML.

use std::collections::BTreeMap;

use crate::project::{InputError, Project, Source};

use super::draft::{Draft, DraftStart, Key, TracedList};
use super::error::PlanError;
use super::error::read;

const FILE: &str = "Procfile";
const RELEASE: &str = "release";

/// What a Procfile adds: the start command, and a phase for `release`, which runs while the image is built.
pub(super) fn plan(project: &Project) -> Result<Draft, PlanError> {
    let mut draft = Draft::default();
    if !project.has_file(FILE) {
        return Ok(draft);
    }
    let text = read(project, FILE).map_err(|error| error.context("Reading Procfile"))?;
    let mut processes: BTreeMap<String, String> = serde_yaml_ng::from_str(&text).map_err(|error| {
        let messages = vec!["Reading Procfile".to_owned(), error.to_string()];
        let line = error.location().map(|at| at.line());
        PlanError::Input { error: InputError::at(project.place(FILE), line, &error), messages }
    })?;
    let source = |name: &str| project.line(FILE, line_of(&text, name));
    if let Some(cmd) = processes.remove(RELEASE) {
        let phase = draft.phase(RELEASE);
        phase.set(Key::DependsOn, TracedList::of(&Source::Default("release runs last"), ["setup", "install", "build"]));
        phase.set(Key::Cmds, TracedList::of(&source(RELEASE), ["...".to_owned(), cmd]));
    }
    let preferred = ["web", "worker"].into_iter().find(|name| processes.contains_key(*name)).map(str::to_owned);
    let chosen = preferred.or_else(|| processes.keys().next().cloned());
    draft.start = chosen.and_then(|name| Some(DraftStart::with_cmd(processes.remove(&name)?, source(&name))));
    Ok(draft)
}

fn line_of(text: &str, process: &str) -> Option<usize> {
    let is_key = |line: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'', '{', ' ']);
        line.strip_prefix(process).is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
    };
    text.lines().position(is_key).map(|index| index + 1)
}
