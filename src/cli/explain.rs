//! `shakedown explain RULE`: what a rule means and what to do about it.

use std::fmt::Write;

use anyhow::Result;
use clap::Args as ClapArgs;

use super::exit::{Exit, UsageError};
use super::output::print;
use crate::catalog::suggest::hint;
use crate::diagnose::{Explained, explain, ids};
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
        Some(id) => match explain(id) {
            Some(explained) => words(&explained, paint),
            None => return Err(UsageError(unknown(id)).into()),
        },
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
