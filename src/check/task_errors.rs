//! Tasks whose error nobody hears: an executor keeps it for whoever asks the task's result, and nobody does.

use super::facts::Facts;
use super::facts::reach::Module;
use super::finding::{Check, Findings, error};
use super::variables::{missing_reads, to_set};
use crate::log::pattern::Pattern;

const UNHEARD: Check = error(
    "task-fails-unheard",
    "What a function raises that was given to `submit` of an executor (concurrent.futures, Python 3.8 to 3.14) is kept for whoever asks for its `result()`. Where nobody does, the \
     task is over without a word, and the app stays up without it.",
)
.decides_or_doubts();

pub(super) const CHECKS: &[Check] = &[UNHEARD];

/// A task whose handle is thrown away.
static SUBMITTED: Pattern = Pattern::ascii(r"^[\w.]+\.submit\(\s*(?:self\.)?([A-Za-z_]\w*)\s*[,)]");
static HEAD: Pattern = Pattern::ascii(r"^(?:async )?def (\w+)\(");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    let reads = missing_reads(facts);
    for module in facts.reached().iter().filter(|module| module.text.contains("PoolExecutor")) {
        for (name, submitted) in submitted(module) {
            let is_inside = |line: usize| lines_of(module, name).any(|inner| inner == line);
            let Some(read) = reads.iter().find(|read| read.path == module.path && is_inside(read.line)) else {
                continue;
            };
            let variable = read.name.as_str();
            let finding = UNHEARD
                .found(format!(
                    "`{name}` ends with an error that nobody hears where {variable} is not set, and nothing sets it"
                ))
                .about(variable)
                .at(facts.app.line(&read.path, Some(read.line)), &read.text)
                .at(facts.app.line(&module.path, Some(submitted)), "")
                .help(format!(
                    "{}; to hear of such errors, keep what `submit` gives and ask for its `result()`",
                    to_set(&[variable], "")
                ));
            findings.push(finding.likely());
        }
    }
}

/// The functions that a module hands to an executor without keeping the task, with the line.
fn submitted(module: &Module) -> impl Iterator<Item = (&str, usize)> {
    module.code.statements.iter().filter(|statement| statement.text.contains("submit(")).filter_map(|statement| {
        let name = SUBMITTED.captures(&statement.text)?.get(1)?.as_str();
        Some((name, statement.line))
    })
}

/// The lines of the statements of a function.
fn lines_of<'m>(module: &'m Module, name: &str) -> impl Iterator<Item = usize> + use<'m> {
    let is_head = |text: &str| HEAD.captures(text).is_some_and(|found| &found[1] == name);
    let head = module.code.statements.iter().position(|statement| is_head(&statement.text));
    head.into_iter().flat_map(|head| module.code.inside(head)).map(|statement| statement.line)
}
