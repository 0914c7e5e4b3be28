//! Arguments in, exit code out; one file a command.

mod args;
mod check;
mod config;
mod docs;
mod doctor;
mod exit;
mod explain;
mod fix;
mod interrupt;
mod output;
mod plan;
mod record;
mod replay;
mod run;
mod schema;
mod shell;
mod suite;

pub use exit::main;

use clap::{Parser, Subcommand};

/// Rehearse a Nixpacks deploy of a Python project before the push
///
/// Without a command, runs the project in PATH: plan, setup, install, build, start, smoke probe, verdict, diagnosis.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = exit::TABLE)]
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
    /// Show the plan that Nixpacks would derive
    Plan(plan::Args),
    /// Say what can be known without running: configuration mistakes, risky requirements
    Check(check::Args),
    /// Find an edit that makes the deploy work, proven by running it on a copy
    Fix(fix::Args),
    /// Read a log of the cloud: failing phase, cause, and whether it happens here
    Replay(replay::Args),
    /// Turn the last run, or a log of the cloud, into a scenario
    Record(record::Args),
    /// Open a shell in the sandbox, as a phase finds it
    Shell(shell::Args),
    /// Run a folder of scenarios and compare what comes of each with what is expected
    Suite(suite::Args),
    /// Print the JSON schema of a file format
    Schema(schema::Args),
    /// Say what a rule means and what to do about it
    Explain(explain::Args),
    /// Say which backends work here, and what cures those that do not
    Doctor(doctor::Args),
    /// Print a completion script
    Completions(docs::CompletionsArgs),
    /// Print the manual page
    Man,
}
