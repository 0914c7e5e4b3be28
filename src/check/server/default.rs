//! A default of PORT that the shell does not take for one.

use crate::check::facts::Facts;
use crate::check::facts::start::Start;
use crate::check::finding::{Check, Findings};
use crate::log::pattern::Pattern;

/// `$PORT:-8000`, and `${PORT:8000}`, which is PORT from its 8000th character on.
static WRONG: Pattern = Pattern::ascii(r"\$PORT:-(\d+)|\$\{PORT:(\d+)\}");

pub(super) fn check(literal: &Check, facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    let Some(found) = WRONG.captures(start.command) else { return };
    let written = found[0].to_owned();
    let port = found.get(1).or(found.get(2)).map_or("", |port| port.as_str());
    let right = format!("${{PORT:-{port}}}");
    let what =
        if found.get(1).is_some() { "PORT with the rest of it behind" } else { "a part of PORT that is not there" };
    let finding = literal
        .found(format!("`{written}` is {what}, and no default: the program gets no number"))
        .about("$PORT")
        .at(start.source.clone(), start.command);
    let better = start.command.replace(&written, &right);
    findings.push(finding.fix(format!("write {right}"), start.replaced_with(facts, &better)));
}
