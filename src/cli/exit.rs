//! The exit codes, the whole list, and the one place that turns errors into them.

use std::process::ExitCode;

use anyhow::Error;
use clap::{CommandFactory, FromArgMatches};

use super::output::say;
use super::{Cli, Command, check, docs, doctor, explain, fix, plan, record, replay, run, schema, shell, suite};
use crate::project::InputError;
use crate::rehearse::AskError;
use crate::report::Paint;
use crate::sandbox::{Interrupted, Lost, Unavailable};

/// The end of `--help`.
pub(super) const TABLE: &str = "\
Exit codes:
  0    the deploy works (check: nothing worse than a warning)
  1    the deploy would fail
  2    wrong usage or unreadable input
  3    cannot tell: no usable backend, a declared package that this machine lacks, or shakedown itself failed
  75   a passing fault outside the project: network or registry
  130  interrupted";

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Works = 0,
    Fails = 1,
    Usage = 2,
    CannotTell = 3,
    Passing = 75,
    Interrupted = 130,
}

/// A fault in what the user gave us, with its place in the message.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// Parses the arguments, runs the command, reports errors.
pub fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let exit = match Cli::from_arg_matches(&matches) {
        Ok(cli) => dispatch(cli, &matches).unwrap_or_else(|error| complain(&error)),
        Err(error) => error.exit(),
    };
    ExitCode::from(exit as u8)
}

fn dispatch(cli: Cli, matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    match cli.command {
        None => run::run(cli.run, matches),
        Some(Command::Run(args)) => run::run(args, matches),
        Some(Command::Plan(args)) => plan::run(args),
        Some(Command::Check(args)) => check::run(args, matches),
        Some(Command::Shell(args)) => shell::run(args),
        Some(Command::Fix(args)) => fix::run(args),
        Some(Command::Record(args)) => record::run(args),
        Some(Command::Replay(args)) => replay::run(args, matches),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Doctor(args)) => doctor::run(args),
        Some(Command::Suite(args)) => suite::run(args, matches),
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Completions(args)) => docs::completions(&args),
        Some(Command::Man) => docs::man(),
    }
}

fn complain(error: &Error) -> Exit {
    let paint = Paint::new(console::colors_enabled_stderr());
    say(format_args!("{} {error:#}", paint.bad("error:")));
    if let Some(unavailable) = error.downcast_ref::<Unavailable>() {
        for cure in &unavailable.cures {
            say(format_args!("  {} {cure}", paint.hint("help:")));
        }
    }
    if error.is::<UsageError>() || error.is::<AskError>() || error.is::<InputError>() {
        return Exit::Usage;
    }
    if error.is::<Interrupted>() {
        return Exit::Interrupted;
    }
    match error.downcast_ref::<Lost>() {
        Some(lost) if lost.passing => Exit::Passing,
        _ => Exit::CannotTell,
    }
}
