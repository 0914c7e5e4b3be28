//! Commands that were written for another place: a line of a Procfile, Windows' own launcher.

use crate::check::facts::Facts;
use crate::check::facts::command::Invocation;
use crate::check::facts::start::Start;
use crate::check::finding::{Check, Findings};
use crate::log::pattern::Pattern;

static PROCESS: Pattern = Pattern::new(r"^([A-Za-z][\w-]*:)\s+\S");

/// `web: gunicorn …`, where only a Procfile names processes.
pub(super) fn process(program: &Check, facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    let command = start.command.trim_start();
    let Some(found) = PROCESS.captures(command) else { return };
    let name = &found[1];
    let finding = program
        .found(format!("the start command begins with `{name}`, as a line of a Procfile does, and bash looks for a program of that name"))
        .about(name.trim_end_matches(':'))
        .at(start.source.clone(), start.command);
    let better = command[name.len()..].trim_start();
    findings.push(finding.fix(format!("leave `{name}` out"), start.replaced_with(facts, better)));
}

/// `py`, with which Windows starts Python.
pub(super) fn launcher(
    program: &Check,
    facts: &Facts<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    findings: &mut Findings,
) {
    if !matches!(invocation.path, "py" | "py.exe" | "python.exe" | "python3.exe") {
        return;
    }
    let version = invocation.arguments.first().filter(|word| word.strip_prefix('-').is_some_and(is_version));
    let given = version.map_or_else(|| invocation.path.to_owned(), |version| format!("{} {version}", invocation.path));
    let finding = program
        .found(format!("{} is how Windows starts Python, and the image has no program of that name", invocation.path))
        .about(invocation.path)
        .at(start.source.clone(), start.command);
    let better = start.command.replacen(&given, "python", 1);
    findings.push(finding.fix("start it with `python`", start.replaced_with(facts, &better)));
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}
