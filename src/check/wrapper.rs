//! Programs that run another one in an environment of their own: `poetry run`, `pipenv run`, `uv run`.

use super::facts::Facts;
use super::facts::code::has_word;
use super::facts::command::{Invocation, invocations, is_python};
use super::facts::start::Start;
use super::finding::{Check, Finding, Findings, error};
use crate::finding::Severity;

pub(crate) const WRAPPER: Check = error(
    "start-makes-environment",
    "What the build installs stands in /opt/venv (Railpack: /app/.venv), whose programs are on PATH when the app starts. `poetry run`, `pipenv run`, `hatch run` \
     and, without uv.lock, `uv run` look for an environment of their own instead, make an empty one, and the app finds no package in it. Where the plan \
     installs with pip, the tool is not there at all.",
);

pub(super) const CHECKS: &[Check] = &[WRAPPER];

/// Tools whose `run` looks for an environment of its own.
const TOOLS: &[&str] = &["uv", "poetry", "pipenv", "pdm", "hatch", "rye"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    for start in Start::all(facts) {
        for invocation in invocations(start.command) {
            if let Some((tool, words)) = invocation.wrapper.filter(|(tool, _)| TOOLS.contains(tool)) {
                findings.extend(found(facts, &start, &invocation, tool, words));
            }
        }
    }
}

fn found(
    facts: &Facts<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    tool: &str,
    words: &str,
) -> Option<Finding> {
    let venv = facts.builder().venv();
    let (severity, subject, message) = if !is_there(facts, tool) {
        let message = format!(
            "`{words}` stands before the program, and nothing installs {tool}: the packages are in {venv}, whose programs are on PATH without it"
        );
        (Severity::Error, tool, message)
    } else if tool == "pdm" {
        // .pdm-python, which the install wrote, leads it to the environment.
        return None;
    } else if tool == "uv" && facts.manager() == Some("uv") {
        // UV_PROJECT_ENVIRONMENT leads it to the environment; it synchronises it, with the development group, at every start.
        if words.contains("--no-sync") || words.contains("--frozen") {
            return None;
        }
        (Severity::Note, words, format!("`{words}` installs the development group, too, at every start"))
    } else {
        if is_configured(facts, start) {
            return None;
        }
        match runs_python(invocation) {
            true => {
                let message = format!(
                    "`{words}` makes an environment of its own, and leaves {venv}, where the packages are, aside"
                );
                (Severity::Error, words, message)
            }
            // The tools put their own programs before the others on PATH, so that this one is still found, and it names its Python.
            false => {
                let message = format!(
                    "`{words}` makes an empty environment at every start; `{}` is found in {venv} all the same",
                    invocation.program
                );
                (Severity::Warning, words, message)
            }
        }
    };
    let better = start.command.replacen(words, "", 1);
    let better = better.split_whitespace().collect::<Vec<_>>().join(" ");
    let better = if invocation.path.ends_with(".py") && tool == "uv" { format!("python {better}") } else { better };
    let finding = WRAPPER.found(message).about(subject).severity(severity).at(start.source.clone(), start.command);
    let summary = format!("start it without `{words}`");
    let edits = start.replaced_with(facts, &better);
    Some(if edits.is_empty() { finding.help(summary) } else { finding.fix(summary, edits) })
}

/// Whether what is run is Python itself, which each environment has of its own.
fn runs_python(invocation: &Invocation<'_>) -> bool {
    invocation.is_module || is_python(invocation.program) || invocation.path.ends_with(".py")
}

/// Whether something brings the tool: the plan, a command of it, a requirement.
fn is_there(facts: &Facts<'_>, tool: &str) -> bool {
    let is_installed = |command: &str| command.contains("install") && has_word(command, tool);
    facts.manager() == Some(tool)
        || facts.plans(tool)
        || facts.requirements().of(tool).next().is_some()
        || facts.commands().into_iter().any(is_installed)
        || Start::all(facts).iter().any(|start| is_installed(start.command))
}

/// VIRTUAL_ENV, and the tools' own variables, keep them where they are told.
fn is_configured(facts: &Facts<'_>, start: &Start<'_>) -> bool {
    const VARIABLES: &[&str] = &["VIRTUAL_ENV", "POETRY_VIRTUALENVS_CREATE", "PIPENV_ACTIVE", "UV_PROJECT_ENVIRONMENT"];
    let script = facts.script_text();
    let says = |text: &str| start.command.contains(text) || script.contains(text);
    says("/bin/activate") || VARIABLES.iter().any(|name| facts.variable(name).is_some() || says(&format!("{name}=")))
}
