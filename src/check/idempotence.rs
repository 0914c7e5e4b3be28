//! Commands that end well once, and with an error where their work is done already.

use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::{Check, Findings, error, replace_once};
use super::migration::keeps_a_file;
use crate::project::Source;

pub(crate) const AGAIN: Check = error(
    "db-object-exists",
    "The tables were made before the migrations were kept track of (by create_all, by hand, by another service), or an earlier run broke off halfway, and the migration history does not know of \
     them. A user that every start makes is there from the second one on.",
)
.decides_or_doubts();

pub(super) const CHECKS: &[Check] = &[AGAIN];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // A file of SQLite's is made anew by every deploy.
    if !facts.is_python() || keeps_a_file(facts) {
        return;
    }
    let starts = Start::by_shell(facts);
    let before = facts.deploy().and_then(|deploy| deploy.pre_deploy.as_ref());
    let before =
        before.into_iter().flat_map(|before| before.value.iter().map(|command| (command.as_str(), &before.source)));
    let all: Vec<(&str, &Source)> = starts.iter().map(|start| (start.command, start.source)).chain(before).collect();
    for (command, source) in all {
        for invocation in &invocations(command) {
            let ends = is_followed(command, invocation.text);
            if !invocation.has("createsuperuser") || invocation.has_fallback(command) || !ends {
                continue;
            }
            let finding = AGAIN
                .found("`createsuperuser` ends with an error from the second deploy on, since the database has the user then")
                .about("createsuperuser")
                .at(source.clone(), command)
                .help("take it out once the user is there, or let the rest go on without it: `(python manage.py createsuperuser --noinput || true)`")
                .likely();
            let text = invocation.text.trim();
            let edit = replace_once(source, &facts.line(source), text, &format!("({text} || true)"));
            findings.push(finding.fix("go on where the user is there", edit.into_iter().collect()));
        }
    }
}

/// Whether what follows hangs on how a command of the line ends.
fn is_followed(command: &str, text: &str) -> bool {
    let rest = command.split_once(text).map_or("", |(_, rest)| rest.trim_start());
    !rest.starts_with(';') && !rest.starts_with('\n')
}
