//! What stands in the project and Railpack never reads or runs.

use crate::builder::RailpackAnswer;
use crate::check::Check;
use crate::check::finding::{Findings, warning};
use crate::project::{Project, Source};

pub(crate) const CONFIG: Check = warning(
    "railpack-ignores-nixpacks",
    "Railpack reads railpack.json and variables that begin with RAILPACK_. What nixpacks.toml and NIXPACKS_ variables say is lost without a word.",
);
pub(crate) const RELEASE: Check = warning(
    "railpack-release-not-run",
    "Railpack takes the start command from a Procfile and runs nothing else of it. Nixpacks ran `release` in the build.",
);

pub(super) const CHECKS: &[Check] = &[CONFIG, RELEASE];

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    for name in ["nixpacks.toml", "nixpacks.json"].into_iter().filter(|name| project.has_file(name)) {
        findings.push(
            CONFIG
                .found(format!("Railpack does not read {name}"))
                .about(name)
                .at(project.file(name), "")
                .help("say the same in railpack.json, or have the platform build with Nixpacks"),
        );
    }
    for name in answer.variables.keys().filter(|name| name.starts_with("NIXPACKS_")) {
        findings.push(
            CONFIG
                .found(format!("Railpack does not read {name}"))
                .about(name.clone())
                .at(Source::Variable(name.clone()), "")
                .help(format!("set {} where Railpack has it", name.replacen("NIXPACKS_", "RAILPACK_", 1))),
        );
    }
    let Ok(text) = project.read_text("Procfile") else { return };
    let is_of = |line: &str, process: &str| line.split_once(':').is_some_and(|(name, _)| name.trim() == process);
    let starts = text.lines().any(|line| is_of(line, "web") || is_of(line, "worker"));
    if let Some((at, line)) = text.lines().enumerate().find(|(_, line)| is_of(line, "release")).filter(|_| starts) {
        findings.push(
            RELEASE
                .found("the Procfile's release command is never run")
                .at(project.line("Procfile", Some(at + 1)), line)
                .help("run it before the start (`web: COMMAND && …`), or as the platform's pre-deploy command"),
        );
    }
}
