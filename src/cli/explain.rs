//! `shakedown explain RULE`: what a rule means and what cures it.

use std::fmt::Write;

use anyhow::Result;
use clap::Args as ClapArgs;

use super::exit::{Exit, UsageError};
use super::output::print;
use crate::check::{self, Check};
use crate::diagnose::{self, RULES, Rule};
use crate::report::Paint;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The rule's id, as a diagnosis shows it in brackets; without one, every id is listed
    rule: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let paint = Paint::new(console::colors_enabled());
    let text = match &args.rule {
        None => ids().map(|id| format!("{id}\n")).collect(),
        Some(id) => match (diagnose::rule(id), check::explain(id)) {
            (Some(rule), _) => explained(rule, paint),
            (None, Some(check)) => told(check, paint),
            (None, None) => return Err(UsageError(unknown(id)).into()),
        },
    };
    print(&text)?;
    Ok(Exit::Works)
}

/// Rules of logs first, then the checks that no log rule shares its id with.
fn ids() -> impl Iterator<Item = &'static str> {
    let checks = check::checks().map(|check| check.id);
    RULES.iter().map(|rule| rule.id).chain(checks.filter(|id| diagnose::rule(id).is_none()))
}

/// A check has nothing but its meaning: what it found says the cure.
fn told(check: &Check, paint: Paint) -> String {
    format!("{}\n\n{}\n", paint.bold(check.id), check.about)
}

fn explained(rule: &Rule, paint: Paint) -> String {
    let mut out = format!("{}\n\n{}\n", paint.bold(rule.id), rule.about);
    if !rule.help.is_empty() {
        let _ = write!(out, "\n{} {}\n", paint.hint("cure:"), rule.help);
    }
    if !rule.example.is_empty() {
        let indented = rule.example.replace('\n', "\n    ");
        let _ = write!(out, "\n{}\n    {indented}\n", paint.hint("for example:"));
    }
    if let Some(link) = rule.link {
        let _ = write!(out, "\n{} {link}\n", paint.hint("more:"));
    }
    out
}

fn unknown(id: &str) -> String {
    let near = ids().max_by_key(|known| (likeness(id, known) * 1000.0) as u32);
    let hint = near.filter(|known| likeness(id, known) > 0.5).map(|known| format!("; did you mean {known}?"));
    format!("there is no rule {id}{}", hint.unwrap_or_else(|| "; shakedown explain lists them all".to_owned()))
}

fn likeness(one: &str, other: &str) -> f32 {
    similar::TextDiff::from_chars(one, other).ratio()
}
