//! honcho, which starts what the Procfile names in one container, by rules of its own.

use super::facts::Facts;
use super::facts::start::Start;
use super::finding::{Check, Findings, error, replace_line};
use crate::project::Source;
use crate::project::procfile::{self, Process};

pub(crate) const BY_LINE: Check = error(
    "honcho-port-by-line",
    "`honcho start` gives the platform's PORT to the first line of the Procfile, whatever its name is, and 100 more to each line after it \
     (honcho 2.0.0). A web server in a later line listens where nobody asks it.",
);

pub(super) const CHECKS: &[Check] = &[BY_LINE];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for start in Start::all(facts) {
        by_line(facts, &start, findings);
    }
}

/// A web server that is not the first of those that are started.
fn by_line(facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    let Some(told) = procfile::honcho(start.command) else { return };
    let Ok(text) = facts.app.read_text(&told.file) else { return };
    let mut started: Vec<Process> = procfile::processes(&text);
    started.retain(|process| told.starts(&process.name));
    // Named ones are counted in the order in which they are named.
    started.sort_by_key(|process| told.named.iter().position(|named| *named == process.name));
    let on_port: Vec<&Process> = started.iter().filter(|process| process.command.contains("PORT")).collect();
    let web = started.iter().find(|process| process.name == "web").or(match on_port[..] {
        [only] => Some(only),
        _ => None,
    });
    let (Some(web), Some(first)) = (web, started.first()) else { return };
    let Some(before) = started.iter().position(|process| process == web).filter(|before| *before > 0) else { return };
    let place = facts.app.place(&told.file);
    let finding = BY_LINE
        .found(format!("honcho gives PORT to {}, and PORT + {} to {}", first.name, before * 100, web.name))
        .about(&web.name)
        .at(Source::line(&place, web.number), &web.line)
        .at(start.source.clone(), start.command);
    let finding = match told.named.is_empty() {
        true => {
            let edits = vec![
                replace_line(&place, first.number, &first.line, web.line.clone()),
                replace_line(&place, web.number, &web.line, first.line.clone()),
            ];
            let help = format!("let {} be the first line of {}", web.name, told.file.display());
            finding.help(help).fix(format!("put {} first", web.name), edits)
        }
        false => finding.help(format!("name {} first in the start command", web.name)),
    };
    findings.push(finding);
}
