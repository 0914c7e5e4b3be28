//! Arguments in, exit code out; one file a command.

mod args;
mod check;
mod config;
mod docs;
mod doctor;
mod exit;
mod explain;
mod fix;
mod full_disk;
mod init;
mod interrupt;
mod migrate;
mod misspelt;
mod output;
mod plan;
mod pre_commit;
mod record;
mod record_options;
mod replay;
mod run;
mod schema;
mod services;
mod shell;
mod suite;
mod terminal;
mod values;
mod variables;
mod version;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use exit::Exit;
use output::say;

use crate::report::Paint;
use crate::sandbox::Unavailable;

/// Rehearse a Nixpacks or Railpack deploy of a Python project before the push
///
/// Without a command, runs the project in PATH: plan, setup, install, build, start, smoke probe, verdict, diagnosis.
#[derive(Debug, Parser)]
#[command(version, long_version = version::long(), args_conflicts_with_subcommands = true, after_help = exit::TABLE)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a project as the cloud would: the main job
    Run(run::Args),
    /// Show the plan that the builder would derive
    Plan(plan::Args),
    /// Say what can be known without running: configuration mistakes, risky requirements
    Check(check::Args),
    /// Find an edit that makes the deploy work, proven by running it on a copy
    Fix(fix::Args),
    /// Say what changes with another builder, and find the edit that makes the deploy work there
    Migrate(migrate::Args),
    /// Read a log of the cloud: failing phase, cause, and whether it happens here
    Replay(replay::Args),
    /// Turn the last run, or a log of the cloud, into a scenario
    Record(record::Args),
    /// List what a repository holds that could be deployed: folder, builder, language, start
    Services(services::Args),
    /// Open a shell in the sandbox, as a phase finds it
    Shell(shell::Args),
    /// Run a folder of scenarios and compare what comes of each with what is expected
    Suite(suite::Args),
    /// Print the JSON schema of a file format
    Schema(schema::Args),
    /// Say what a rule means and what to do about it
    Explain(explain::Args),
    /// Write what a project needs to be checked at every push: settings, pre-commit hook, workflow
    Init(init::Args),
    /// Say which backends work here, and what cures those that do not
    Doctor(doctor::Args),
    /// Print a completion script
    Completions(docs::CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Parses the arguments, runs the command, reports errors.
pub fn main() -> ExitCode {
    if let Some(slip) = misspelt::command(std::env::args_os().skip(1), &Cli::command()) {
        return ExitCode::from(complain(&slip.into()) as u8);
    }
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => match misspelt::option(&error, std::env::args_os().skip(1), &Cli::command()) {
            Some(elsewhere) => return ExitCode::from(complain(&elsewhere.into()) as u8),
            None => error.exit(),
        },
    };
    let exit = match Cli::from_arg_matches(&matches) {
        Ok(cli) if let Some(slip) = misspelt::folder(&matches, std::env::args_os().skip(1), &Cli::command()) => {
            drop(cli);
            complain(&slip.into())
        }
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
        Some(Command::Services(args)) => services::run(args),
        Some(Command::Shell(args)) => shell::run(args),
        Some(Command::Fix(args)) => fix::run(args),
        Some(Command::Migrate(args)) => migrate::run(args, matches),
        Some(Command::Record(args)) => record::run(args),
        Some(Command::Replay(args)) => replay::run(args, matches),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Init(args)) => init::run(&args),
        Some(Command::Doctor(args)) => doctor::run(args),
        Some(Command::Suite(args)) => suite::run(args, matches),
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Completions(args)) => docs::completions(Cli::command(), &args),
        Some(Command::Man) => docs::man(Cli::command()),
    }
}

fn complain(error: &anyhow::Error) -> Exit {
    let paint = Paint::new(console::colors_enabled_stderr());
    if let Some((full, setting)) = full_disk::told(error) {
        say(format_args!("{} {full}", paint.bad("error:")));
        let help = format!("free some of it, or set {setting} to a folder on a larger one");
        say(format_args!("  {} {help}", paint.hint("help:")));
        return Exit::of(error);
    }
    say(format_args!("{} {error:#}", paint.bad("error:")));
    if let Some(unavailable) = error.downcast_ref::<Unavailable>() {
        for cure in &unavailable.cures {
            say(format_args!("  {} {cure}", paint.hint("help:")));
        }
    }
    Exit::of(error)
}
