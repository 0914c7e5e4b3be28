//! Console scripts of the project itself.

use super::facts::Facts;
use super::facts::command::Invocation;
use super::facts::requirements::require;
use super::facts::scripts;
use super::facts::start::Start;
use super::finding::{Check, Findings};

/// A console script of the project, which only installing the project itself brings, as a finding of `check`.
pub(super) fn own_script(
    check: &Check,
    facts: &Facts<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    findings: &mut Findings,
) {
    let Some(script) = scripts::own(&facts.app, invocation.program) else { return };
    let installer = match facts.manager() {
        Some("requirements") if !installs_itself(facts) => "requirements.txt does not install",
        Some("uv") if !is_package(facts) => "uv installs only where the project has a build-system",
        _ => return,
    };
    if invocation.is_module {
        return;
    }
    let finding = check
        .found(format!("{} is a console script of the project itself, which {installer}", script.name))
        .about(&script.name)
        .at(start.source.clone(), start.command)
        .at(facts.app.line(script.file, script.line), "");
    let command = script.command(&facts.app);
    let better = start.command.replacen(invocation.path, &command, 1);
    let edits = match start.replaced_with(facts, &better) {
        // A Procfile's line cannot hold every command as it is.
        edits if edits.is_empty() => vec![facts.start_with(&better)],
        edits => edits,
    };
    let finding = finding.fix(format!("start it with `{command}`"), edits);
    findings.push(match facts.manager() {
        Some("requirements") => {
            finding.fix("install the project itself: `.` in requirements.txt", vec![require(facts, ".")])
        }
        _ => finding,
    });
}

/// Whether uv installs the project itself, beside what it depends on. Source: <https://docs.astral.sh/uv/concepts/projects/config/>.
fn is_package(facts: &Facts<'_>) -> bool {
    let Some(file) = facts.pyproject() else { return false };
    match file.get(&["tool", "uv", "package"]).and_then(serde_json::Value::as_bool) {
        Some(says) => says,
        None => file.get(&["build-system"]).is_some(),
    }
}

/// Whether some requirement or command installs the project.
fn installs_itself(facts: &Facts<'_>) -> bool {
    let local = facts.requirements().packages.iter().any(|entry| {
        let text = entry.written.trim();
        text == "."
            || text.starts_with("./")
            || text.starts_with("-e")
            || text.starts_with("--editable")
            || text.starts_with(".[")
    });
    local
        || facts.commands().into_iter().chain(Start::of(facts).map(|start| start.command)).any(|command| {
            command.contains("install .")
                || command.contains("install -e")
                || command.contains("setup.py install")
                || command.contains("develop")
        })
}
