//! A guard that the framework's own second process does not pass.

use super::facts::Facts;
use super::finding::{Check, Findings, error, replace_line};

const GUARD: Check = error(
    "nicegui-guard",
    "NiceGUI reloads by default: it starts the file a second time, in a process whose `__name__` is `__mp_main__`. Behind `if __name__ == \
     \"__main__\"` ui.run is not reached there, and nothing listens.",
);

pub(super) const CHECKS: &[Check] = &[GUARD];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for script in facts.reached().iter().filter(|module| module.is_script && module.importer.is_none()) {
        if !script.text.contains("nicegui") {
            continue;
        }
        let mut runs = script.code.statements.iter().filter(|statement| statement.text.starts_with("ui.run("));
        let Some(run) = runs.next().filter(|run| !run.text.contains("reload") && runs.next().is_none()) else {
            continue;
        };
        let is_guard =
            |head: &str| head.starts_with("if ") && head.contains("__name__") && !head.contains("__mp_main__");
        if !script.code.heads_around(run).any(is_guard) {
            continue;
        }
        let lines = script.text.lines().enumerate().take(run.line);
        let Some((index, line)) = lines.filter(|(_, line)| is_guard(line.trim_start())).last() else { continue };
        let place = facts.app.place(&script.path);
        let indent = &line[..line.len() - line.trim_start().len()];
        let finding = GUARD
            .found("ui.run stands behind a guard that NiceGUI's second process does not pass")
            .about("ui.run")
            .at(crate::project::Source::line(&place, index + 1), line)
            .at(facts.app.line(&script.path, Some(run.line)), &run.text)
            .help("write `if __name__ in {\"__main__\", \"__mp_main__\"}:`, or switch reloading off: ui.run(reload=False, …)");
        let better = format!("{indent}if __name__ in {{\"__main__\", \"__mp_main__\"}}:");
        let edits = vec![replace_line(&place, index + 1, line, better)];
        findings.push(finding.fix("let both processes in", edits));
    }
}
