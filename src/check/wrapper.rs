//! Programs that run another one in an environment of their own: `poetry run`, `pipenv run`, `uv run`.

use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::{Check, Findings, error};
use crate::finding::Severity;

pub(crate) const WRAPPER: Check = error(
    "start-makes-environment",
    "What the build installs stands in /opt/venv (Railpack: /app/.venv), whose programs are on PATH when the app starts. `poetry run`, `pipenv run`, `hatch run` \
     and, without uv.lock, `uv run` look for an environment of their own instead, make an empty one, and the app finds no package in it.",
);

pub(super) const CHECKS: &[Check] = &[WRAPPER];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(start) = Start::of(facts).filter(|_| facts.is_python()) else { return };
    for invocation in invocations(start.command) {
        let Some((wrapper, words)) = invocation.wrapper else { continue };
        let severity = match wrapper {
            "poetry" | "pipenv" | "hatch" => Severity::Error,
            // UV_PROJECT_ENVIRONMENT leads it to the environment; it synchronises it, with the development group, at every start.
            "uv" if facts.manager() == Some("uv") => {
                if words.contains("--no-sync") || words.contains("--frozen") {
                    continue;
                }
                Severity::Note
            }
            "uv" => Severity::Error,
            _ => continue,
        };
        // VIRTUAL_ENV, and the tools' own variables, keep them where they are told.
        let variables = ["VIRTUAL_ENV", "POETRY_VIRTUALENVS_CREATE", "PIPENV_ACTIVE", "UV_PROJECT_ENVIRONMENT"];
        let is_configured = severity == Severity::Error
            && variables
                .iter()
                .any(|name| facts.variable(name).is_some() || start.command.contains(&format!("{name}=")));
        let active = start.command.contains("/bin/activate");
        if is_configured || active {
            continue;
        }
        let message = match severity {
            Severity::Note => format!("`{words}` installs the development group, too, at every start"),
            _ => format!(
                "`{words}` makes an environment of its own, and leaves {}, where the packages are, aside",
                facts.builder().venv()
            ),
        };
        let better = start.command.replacen(words, "", 1);
        let better = better.split_whitespace().collect::<Vec<_>>().join(" ");
        let better =
            if invocation.path.ends_with(".py") && wrapper == "uv" { format!("python {better}") } else { better };
        let finding = WRAPPER.found(message).about(words).severity(severity).at(start.source.clone(), start.command);
        let summary = format!("start it without `{words}`");
        let edits = start.replaced_with(facts, &better);
        findings.push(if edits.is_empty() { finding.help(summary) } else { finding.fix(summary, edits) });
    }
}
