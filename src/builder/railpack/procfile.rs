//! The Procfile, which Railpack reads as YAML 1.1: `web`, else `worker`, else any process starts the app.

use crate::project::{Project, Source, Sourced};

use super::messages::Log;
use super::yaml;

const FILE: &str = "Procfile";

/// The command that starts the app.
///
/// # Errors
/// The file is no mapping of strings: in Railpack's own words.
pub(super) fn start(project: &Project, text: Option<&[u8]>, log: &mut Log) -> Result<Option<Sourced<String>>, String> {
    let Some(text) = text else { return Ok(None) };
    let processes = yaml::strings(text).map_err(|fault| format!("error reading {FILE} as YAML: {fault}"))?;
    let process = |wanted: &str| processes.iter().find(|(name, command, _)| name == wanted && !command.is_empty());
    let chosen = process("web").or_else(|| process("worker"));
    let Some((name, command, line)) = chosen.or_else(|| processes.iter().find(|(_, command, _)| !command.is_empty()))
    else {
        return Ok(None);
    };
    log.info(format!("Found {name} command in {FILE}"));
    let source = Source::File { path: project.place(FILE), line: Some(*line) };
    Ok(Some(Sourced { value: command.clone(), source }))
}
