//! psycopg 3 alone, which looks for a libpq of the system.

use crate::check::facts::Facts;
use crate::check::facts::python;
use crate::check::facts::requirements::{applies, is_used};
use crate::check::finding::{Check, Findings, error, replace_line};
use crate::check::system_needs::written_name;
use crate::project::requirements::{Entry, Origin};

const LIBPQ: Check = error(
    "psycopg-without-libpq",
    "psycopg 3 alone looks for libpq on the system and does not find the one that Nixpacks adds. psycopg[binary] brings its own.",
);

pub(super) const CHECKS: &[Check] = &[LIBPQ];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(python) = python::planned(facts).filter(|_| facts.is_python() && is_used(facts)) else { return };
    let entries = facts.requirements().of("psycopg").filter(|entry| entry.requirement.origin == Origin::Index);
    for entry in entries.filter(|entry| !entry.is_constraint && applies(entry, &python)) {
        look_at(facts, entry, findings);
    }
}

fn look_at(facts: &Facts<'_>, entry: &Entry, findings: &mut Findings) {
    let extras = &entry.requirement.extras;
    let by_extra = extras.iter().any(|extra| extra == "binary" || extra == "c");
    let is_beside = ["psycopg-binary", "psycopg-c"].iter().any(|name| facts.requirements().of(name).next().is_some());
    let is_planned = facts.choices("phases.setup.nixLibs").any(|choice| choice.value.contains("postgresql"));
    if by_extra || is_beside || is_planned {
        return;
    }
    let with = match extras.is_empty() {
        true => "psycopg[binary]".to_owned(),
        false => format!("psycopg[{},binary]", extras.join(",")),
    };
    let head = match entry.written.trim_start().find(']') {
        Some(end) => &entry.written.trim_start()[..=end],
        None => written_name(entry),
    };
    let text = entry.written.replacen(head, &with, 1);
    let edit = replace_line(&entry.path, *entry.lines.start(), &entry.written, text);
    let finding = LIBPQ.found("psycopg without [binary] finds no libpq").about("libpq.so.5").likely();
    findings.push(finding.at(entry.source(), &entry.written).fix("take psycopg[binary]", vec![edit]));
}
