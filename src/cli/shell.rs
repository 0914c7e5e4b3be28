//! `shakedown shell`: a shell inside the sandbox, as a phase finds it.

use std::process::ExitStatus;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use clap::Args as ClapArgs;

use super::args::{Planning, Sandboxing};
use super::exit::Exit;
use super::interrupt;
use super::output::{Color, warn};
use super::terminal;
use crate::plan::Vars;
use crate::rehearse::rehearse_then;
use crate::report::{Live, Paint};
use crate::run::{START, Status, Until};
use crate::sandbox::{Role, Sandbox, Step};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    planning: Planning,
    #[command(flatten)]
    sandboxing: Sandboxing,
    /// The phase whose place the shell takes; those before it are run
    #[arg(long, value_name = "PHASE", default_value = START)]
    at: String,
    /// Go into the sandbox that `run --keep` left, as it is, and run nothing
    #[arg(long, conflicts_with = "at")]
    kept: bool,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

pub(super) fn run(args: Args) -> Result<Exit> {
    let config = args.planning.config()?;
    let mut request = args.planning.request(&config)?;
    args.sandboxing.apply(&config, &mut request);
    request.settings.from = args.kept.then(|| START.to_owned());
    request.settings.until = Some(Until::Before(args.at));
    let interrupted = interrupt::flag()?;
    let live = Live::new(Paint::new(args.color.is_on(console::colors_enabled_stderr())), args.quiet);
    let mut shell = None;
    let rehearsal = rehearse_then(&request, &interrupted, &mut |event| live.event(event), |ran, sandbox| {
        live.close();
        if let Some(broken) = ran.outcome.phases.iter().find(|phase| phase.status != Status::Passed) {
            warn("warning:", &format!("{} failed; this is the sandbox as it left it", broken.name));
        }
        shell = Some(open(sandbox, &ran.vars, &interrupted)?);
        Ok(())
    })?;
    Ok(match shell {
        Some(status) if status.success() => Exit::Works,
        Some(_) => Exit::Fails,
        None => Exit::of_run(&rehearsal),
    })
}

/// Opens a shell inside at a terminal of its own, until the user leaves it.
pub(super) fn open(sandbox: &dyn Sandbox, vars: &Vars, interrupted: &AtomicBool) -> Result<ExitStatus> {
    let command = sandbox.command(&Step { role: Role::Interactive, argv: &[], vars, caches: &[] });
    terminal::run(command.argv, &command.vars, interrupted)
}
