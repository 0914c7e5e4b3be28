//! Programs of a virtual environment that are called by their path, where nothing makes that environment.

use super::facts::Facts;
use super::facts::ignored::by_git;
use super::facts::start::Start;
use super::finding::{Check, Findings, error};
use crate::finding::Severity;
use crate::log::pattern::Pattern;
use crate::plan::Choice;

pub(crate) const MISSING: Check = error(
    "environment-missing",
    "A command calls a program by the path of a virtual environment that nobody makes there: the one of the developer's own machine, which is not \
     deployed, or the builder's own (/opt/venv with Nixpacks, /app/.venv with Railpack) after a command of the project replaced the one that makes it. A volume \
     that is mounted over it hides it, too. The programs of the builder's own environment are on PATH and need no path and no activation.",
);

pub(super) const CHECKS: &[Check] = &[MISSING];

static PROGRAM: Pattern =
    Pattern::ascii(r"(?:^|[\s;&|('\x22])(?P<venv>(?:[\w./-]*/)?[\w.-]*)/bin/(?P<program>[\w.-]+)");
static ACTIVATES: Pattern = Pattern::ascii(r"(?:source|\.)\s+[\w./-]+/bin/activate\s*(?:&&|;)\s*");

/// What may make an environment that the command line does not name.
const MAKERS: &[&str] = &["uv sync", "poetry install", "pdm install", "pipenv ", ".sh", "make ", "just ", "tox"];

/// Whether a folder has a name that people give to environments.
fn is_environment(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    name.contains("venv") || matches!(name.as_str(), "env" | ".env" | "virtualenv")
}

fn is_made(facts: &Facts<'_>, venv: &str) -> bool {
    let plain = |path: &str| path.trim_start_matches("/app/").trim_start_matches("./").trim_end_matches('/').to_owned();
    let inside = plain(venv);
    let makes = |command: &&str| {
        let by = ["-m venv ", "uv venv ", "virtualenv "].iter().find_map(|maker| command.split_once(maker));
        by.is_some_and(|(_, made)| made.split([' ', ';', '&', '\n']).any(|word| plain(word) == inside))
            || MAKERS.iter().any(|maker| command.contains(maker))
    };
    let start = Start::of(facts);
    let is_there = facts.app.has_file(format!("{inside}/bin/activate")) && !by_git(&facts.app, &inside, true);
    is_there || facts.commands().iter().chain(start.iter().map(|start| &start.command)).any(makes)
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    let Some(program) = PROGRAM.regex() else { return };
    let start = Start::of(facts);
    let built = facts.install_choices().chain(facts.build_choices());
    let built = built.map(|Choice { value, because, .. }| (value.as_str(), because));
    for (command, source) in built.chain(start.iter().map(|start| (start.command, start.source))) {
        let named = program.captures_iter(command).find(|named| is_environment(&named["venv"]));
        let Some(named) = named.filter(|named| !is_made(facts, &named["venv"])) else { continue };
        let (venv, called) = (&named["venv"], &named["program"]);
        let finding = MISSING
            .found(format!("{venv}/bin/{called} is called, and nothing makes the environment {venv}"))
            .about(format!("{venv}/bin/{called}"))
            .at(source.clone(), command);
        // Only `&&` makes what comes next depend on an activation.
        let goes_on = called == "activate" && !command.contains("activate &&");
        let finding = if goes_on { finding.severity(Severity::Warning) } else { finding };
        let plain = plain(command, venv);
        let start = start.as_ref().filter(|start| start.command == command && is_made(facts, facts.builder().venv()));
        findings.push(match start {
            Some(start) if plain != command => finding
                .help(format!("call the programs by name alone: those of {} are on PATH", facts.builder().venv()))
                .fix(format!("start it with `{plain}`"), start.replaced_with(facts, &plain)),
            _ if venv == facts.builder().venv() => finding
                .help(format!("let the builder's own install command make {venv} (do without one of your own), or begin yours with `python -m venv {venv}`")),
            _ => finding.help(format!("call the programs by name alone, after an install into {}, which is on PATH", facts.builder().venv())),
        });
    }
}

/// The command without the environment's path and without its activation.
fn plain(command: &str, venv: &str) -> String {
    let without = ACTIVATES.regex().map_or_else(|| command.into(), |activates| activates.replace_all(command, ""));
    without.replace(&format!("{venv}/bin/"), "")
}
