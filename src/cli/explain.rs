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
    /// The rule's id, as a diagnosis shows it in brackets; without one, every id is listed
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
        (None, Format::Human) => ids().map(|id| format!("{id}\n")).collect(),
        (None, Format::Markdown) => rule_index(),
        (Some(id), Format::Human) => words(&known(id)?, paint),
        (Some(id), Format::Markdown) => rule_page(&known(id)?),
    };
    print(&text)?;
    Ok(Exit::Works)
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
