//! `shakedown explain RULE`: what a rule means and what to do about it.

use std::fmt::Write;

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};

use super::exit::{Exit, UsageError};
use super::output::print;
use crate::catalog::suggest::hint;
use crate::diagnose::{Explained, explain, ids};
use crate::report::{Paint, rule_index, rule_page};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The rule's id, as a diagnosis shows it in brackets; without one, all rules are listed
    rule: Option<String>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, at a terminal
    #[default]
    Human,
    /// A page; without a rule, the one that leads to all pages
    Markdown,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let paint = Paint::new(console::colors_enabled());
    let known = |id: &str| explain(id).ok_or_else(|| UsageError(unknown(id)));
    let text = match (&args.rule, args.format) {
        (None, Format::Human) => list(),
        (None, Format::Markdown) => rule_index(),
        (Some(id), Format::Human) => words(&known(id)?, paint),
        (Some(id), Format::Markdown) => rule_page(&known(id)?),
    };
    print(&text)?;
    Ok(Exit::Works)
}

/// Every rule and the first sentence of what it means.
fn list() -> String {
    let widest = ids().map(str::len).max().unwrap_or_default();
    let line = |rule: Explained| {
        let first = rule.about.split_once(". ").map_or(rule.about, |(first, _)| first);
        format!("{:widest$}  {}\n", rule.id, first.trim_end_matches('.'))
    };
    ids().filter_map(explain).map(line).collect()
}

fn words(explained: &Explained, paint: Paint) -> String {
    let mut out = format!("{}\n\n{}\n", paint.bold(explained.id), explained.about);
    if let Some(help) = &explained.help {
        let _ = write!(out, "\n{} {help}\n", paint.hint("help:"));
    }
    if let Some(example) = explained.example {
        let indented = example.replace('\n', "\n    ");
        let _ = write!(out, "\n{}\n    {indented}\n", paint.hint("for example:"));
    }
    if let Some(link) = explained.link {
        let _ = write!(out, "\n{} {link}\n", paint.hint("more:"));
    }
    out
}

fn unknown(id: &str) -> String {
    let suggestion = hint(id, ids()).map(|known| format!("; did you mean {known}?"));
    format!("there is no rule {id}{}", suggestion.unwrap_or_else(|| "; shakedown explain lists them all".to_owned()))
}
