//! Console scripts of the project itself.

use super::command::Invocation;
use super::facts::scripts;
use super::finding::Findings;
use super::start::Start;
use super::subject::Subject;

/// A console script of the project, which only installing the project itself brings.
pub(super) fn own_script(
    subject: &Subject<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    findings: &mut Findings,
) {
    let Some(script) = scripts::own(&subject.app, invocation.program) else { return };
    if invocation.is_module || subject.manager() != Some("requirements") || installs_itself(subject) {
        return;
    }
    let finding = super::server::PROGRAM
        .found(format!(
            "{} is a console script of the project itself, which requirements.txt does not install",
            script.name
        ))
        .about(&script.name)
        .at(start.source.clone(), start.command)
        .at(subject.app.line(script.file, script.line), "");
    let command = script.target.split(':').next().filter(|module| {
        let stem = std::path::Path::new(&module.replace('.', "/")).to_owned();
        let text = subject.app.read_text(stem.with_extension("py")).unwrap_or_default();
        text.contains("__name__ ==") || subject.app.has_file(stem.join("__main__.py"))
    });
    let module = command.map(|module| {
        let better = start.command.replacen(invocation.path, &format!("python -m {module}"), 1);
        (format!("start it with `python -m {module}`"), start.becomes(subject, &better))
    });
    let itself = (
        "install the project itself: `.` in requirements.txt".to_owned(),
        vec![super::packages::require(subject, ".")],
    );
    findings.push(match module {
        Some((summary, edits)) => finding.fix(summary, edits).fix(itself.0, itself.1),
        None => finding.fix(itself.0, itself.1),
    });
}

/// Whether some requirement or command installs the project.
fn installs_itself(subject: &Subject<'_>) -> bool {
    let local = subject.requirements().packages.iter().any(|entry| {
        let text = entry.written.trim();
        text == "."
            || text.starts_with("./")
            || text.starts_with("-e")
            || text.starts_with("--editable")
            || text.starts_with(".[")
    });
    let phases = subject.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
    let commands = phases.flat_map(|(_, phase)| phase.cmds.iter()).map(String::as_str);
    local
        || commands.chain(Start::of(subject).map(|start| start.command)).any(|command| {
            command.contains("install .")
                || command.contains("install -e")
                || command.contains("setup.py install")
                || command.contains("develop")
        })
}
