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
    if invocation.is_module || facts.manager() != Some("requirements") || installs_itself(facts) {
        return;
    }
    let finding = check
        .found(format!(
            "{} is a console script of the project itself, which requirements.txt does not install",
            script.name
        ))
        .about(&script.name)
        .at(start.source.clone(), start.command)
        .at(facts.app.line(script.file, script.line), "");
    let command = script.target.split(':').next().filter(|module| {
        let stem = std::path::Path::new(&module.replace('.', "/")).to_owned();
        let text = facts.app.read_text(stem.with_extension("py")).unwrap_or_default();
        text.contains("__name__ ==") || facts.app.has_file(stem.join("__main__.py"))
    });
    let module = command.map(|module| {
        let better = start.command.replacen(invocation.path, &format!("python -m {module}"), 1);
        (format!("start it with `python -m {module}`"), start.replaced_with(facts, &better))
    });
    let itself = ("install the project itself: `.` in requirements.txt".to_owned(), vec![require(facts, ".")]);
    findings.push(match module {
        Some((summary, edits)) => finding.fix(summary, edits).fix(itself.0, itself.1),
        None => finding.fix(itself.0, itself.1),
    });
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
