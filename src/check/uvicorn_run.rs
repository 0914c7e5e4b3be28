//! An app that uvicorn is given itself, where it has to start several processes.

use super::facts::Facts;
use super::facts::code::{Statement, has_word};
use super::facts::reach::Module;
use super::finding::{Check, Findings, error, replace_line};
use crate::finding::Edit;
use crate::log::pattern::Pattern;

pub(crate) const TEXT: Check = error(
    "uvicorn-wants-import-string",
    "With several workers or with reloading uvicorn imports the app in other processes, and wants its name as a text: `uvicorn.run(\"main:app\")`. \
     Given the app itself it ends with one warning. WEB_CONCURRENCY counts as `workers`, wherever the call leaves that out (uvicorn 0.54), and \
     for NiceGUI's `ui.run(reload=False)`, too, which has one process alone (3.18).",
);

pub(super) const CHECKS: &[Check] = &[TEXT];

const VARIABLE: &str = "WEB_CONCURRENCY";

/// The app by a plain name, or by the call that makes it.
static GIVEN: Pattern = Pattern::ascii(r"\buvicorn\.run\(\s*(?:app\s*=\s*)?([A-Za-z_]\w*)\s*[,)(]");
static NICEGUI: Pattern = Pattern::ascii(r"^ui\.run\((?u:.)*\breload\s*=\s*False\b");
static WORKERS: Pattern = Pattern::ascii(r"\bworkers\s*=\s*(\w+)");
static RELOADS: Pattern = Pattern::ascii(r"\breload\s*=\s*True\b");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for module in facts.reached().iter().filter(|module| module.is_script && module.importer.is_none()) {
        for run in &module.code.statements {
            check_run(facts, module, run, findings);
        }
    }
}

fn check_run(facts: &Facts<'_>, module: &Module, run: &Statement, findings: &mut Findings) {
    let statements = &module.code.statements;
    let (call, given) = match GIVEN.captures(&run.text) {
        Some(given) if is_app(statements, &given[1]) => ("uvicorn.run", "is given the app itself"),
        // ui_run.py of 3.18.0 makes uvicorn's Config of an app of its own, and refuses `workers` of two and more.
        None if NICEGUI.is_match(&run.text) && has_word(&module.text, "nicegui") => ("ui.run", "has one process"),
        _ => return,
    };
    if run.text.contains("**") || module.code.is_conditional(run) {
        return;
    }
    let several = |text: &str| text.parse().is_ok_and(|count: u32| count > 1);
    let workers = WORKERS.captures(&run.text).map(|found| found[1].to_owned());
    let variable = facts.variable(VARIABLE).filter(|value| workers.is_none() && several(value));
    let asks = match (workers, variable) {
        (Some(workers), _) if several(&workers) => format!("{workers} workers"),
        (_, Some(value)) => format!("{VARIABLE}={value}"),
        _ if RELOADS.is_match(&run.text) => "reloading".to_owned(),
        _ => return,
    };
    let wants = if call == "ui.run" { "it ends" } else { "it wants its name as a text" };
    let finding = TEXT
        .found(format!("{call} {given}, and with {asks} {wants}"))
        .about(variable.map_or(call, |_| VARIABLE))
        .at(facts.app.line(&module.path, Some(run.line)), &run.text);
    let finding = match module.code.is_lazy(run) {
        true => finding.likely(),
        false => finding,
    };
    let finding = finding.help(match call {
        "ui.run" => "have one process: `workers=1` in ui.run, or no WEB_CONCURRENCY for this service",
        _ => "name the app by a text (`uvicorn.run(\"main:app\", …)`, behind `if __name__ == \"__main__\":`), or have one process: workers=1",
    });
    findings.push(match variable {
        Some(value) => {
            let finding = match facts.variable_source(VARIABLE) {
                Some(source) => finding.at(source, value),
                None => finding,
            };
            finding.fix("have one process, whatever WEB_CONCURRENCY says", one_process(facts, module, run, call))
        }
        None => finding,
    });
}

/// Whether this name is an app here: bound and to no text, imported, or a function that makes one.
fn is_app(statements: &[Statement], name: &str) -> bool {
    const TEXTS: &[&str] = &["\"", "'", "f\"", "f'"];
    let is_text = |statement: &Statement| {
        let (kind, value) = statement.text.strip_prefix(name)?.trim_start().split_once('=')?;
        let binds = kind.is_empty() || kind.starts_with(':');
        binds.then(|| TEXTS.iter().any(|quote| value.trim_start().starts_with(quote)))
    };
    let made = |statement: &Statement| {
        let text = statement.text.trim_start_matches("async ");
        let is_function = text.strip_prefix("def ").is_some_and(|rest| rest.starts_with(&format!("{name}(")));
        // A constant of another module may be a text.
        let is_import = text.starts_with("from ") && has_word(text, name) && name.chars().any(char::is_lowercase);
        is_import || is_function
    };
    let bound: Vec<bool> = statements.iter().filter_map(is_text).collect();
    if bound.is_empty() { statements.iter().any(made) } else { !bound.contains(&true) }
}

fn one_process(facts: &Facts<'_>, module: &Module, run: &Statement, call: &str) -> Vec<Edit> {
    let line = module.text.lines().nth(run.line - 1).unwrap_or_default();
    // A call of one line alone.
    let is_whole = line.trim() == run.text && run.text.starts_with(&format!("{call}("));
    let Some(head) = line.strip_suffix(')').filter(|_| is_whole) else { return Vec::new() };
    let better = format!("{}, workers=1)", head.trim_end_matches([',', ' ']));
    vec![replace_line(&facts.app.place(&module.path), run.line, line, better)]
}
