//! honcho, which starts what the Procfile names in one container, by rules of its own.

use super::facts::Facts;
use super::facts::ignored::hiding;
use super::facts::start::Start;
use super::finding::{Check, Findings, error, replace_line, warning};
use crate::finding::Severity;
use crate::project::Source;
use crate::project::procfile::{self, Process};

pub(crate) const BY_LINE: Check = error(
    "honcho-port-by-line",
    "`honcho start` gives the platform's PORT to the first line of the Procfile, whatever its name is, and 100 more to each line after it \
     (honcho 2.0.0). A web server in a later line listens where nobody asks it.",
);
const ENV_FILE: Check = warning(
    "honcho-env-file-wins",
    "honcho puts what a .env file says in the place of variables that are set already, PORT among them (honcho 2.0.0). A .env that is \
     deployed beats the platform's variables; most other readers of such a file let those stand.",
);

pub(super) const CHECKS: &[Check] = &[BY_LINE, ENV_FILE];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for start in Start::all(facts) {
        by_line(facts, &start, findings);
        env_file(facts, &start, findings);
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

/// A .env file that is deployed and takes the place of the platform's variables.
fn env_file(facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    const NAME: &str = ".env";
    let words: Vec<&str> = start.command.split_whitespace().collect();
    let calls = words.iter().any(|word| word.rsplit('/').next() == Some("honcho"))
        && words.iter().any(|word| matches!(*word, "start" | "run"));
    let names_another = words.iter().any(|word| *word == "-e" || word.starts_with("--env"));
    if !calls || names_another || !facts.app.has_file(NAME) || hiding(&facts.app, NAME).is_some() {
        return;
    }
    let Ok(text) = facts.app.read_text(NAME) else { return };
    let assigned = |(index, line): (usize, &str)| {
        let (name, _) = line.trim().split_once('=').filter(|_| !line.trim_start().starts_with('#'))?;
        Some((name.trim().to_owned(), index + 1, line.to_owned()))
    };
    let all: Vec<(String, usize, String)> = text.lines().enumerate().filter_map(assigned).collect();
    let is_given = |name: &str| name == "PORT" || facts.variable(name).is_some();
    let beaten: Vec<_> = all.iter().filter(|(name, ..)| is_given(name)).collect();
    let Some((_, line, shown)) = beaten.first().copied().or(all.first()) else { return };
    let names = beaten.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>().join(", ");
    // The value is nobody's business.
    let shown = shown.split_once('=').map_or(shown.as_str(), |(name, _)| name);
    let finding = match beaten.is_empty() {
        true => ENV_FILE
            .found("what .env sets beats the platform's variables, since honcho reads it")
            .severity(Severity::Note),
        false => ENV_FILE.found(format!("{names} of .env beats what the platform sets, since honcho reads it")),
    };
    findings.push(
        finding
            .about(NAME)
            .at(Source::line(facts.app.place(NAME), *line), format!("{shown}=…"))
            .at(start.source.clone(), start.command)
            .help("keep .env out of the deploy, or have honcho read another file: `honcho -e FILE start`"),
    );
}
