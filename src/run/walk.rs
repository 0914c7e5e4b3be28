//! From plan to outcome: setup, each phase in order, the smoke run.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::event::Event;
use super::outcome::{CmdOutcome, Outcome, PhaseOutcome, SmokeResult, Status};
use super::phases::{IMAGE, PRE_DEPLOY, START};
use super::printed::{OnlyLine, Printed};
use super::settings::{Settings, Until};
use super::smoke;
use crate::catalog::servers::visited;
use crate::plan::{Action, Command, FileSet, Files, Plan, SETUP, Step, Vars};
use crate::sandbox::process::{self, Ended, Exit};
use crate::sandbox::{self, CommandLine, Origin, Prepared, Role, Sandbox, SetupStep, Upcoming};
use crate::secret::Secrets;

/// A command that takes longer is waited for when what it made is kept, too.
const LONG: Duration = Duration::from_secs(2);

/// What is called when the app is about to start, with its variables.
pub type AtStart<'a> = &'a dyn Fn(&dyn Sandbox, &Vars);

/// What a run needs besides the sandbox.
pub struct Job<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// How to do it.
    pub settings: &'a Settings,
    /// What must not be shown.
    pub secrets: &'a Secrets,
    /// Set when the user wants to stop.
    pub interrupted: &'a AtomicBool,
    /// Called once, before the app.
    pub at_start: Option<AtStart<'a>>,
}

/// A run that is over.
#[derive(Debug)]
pub struct Ran {
    /// What became of it.
    pub outcome: Outcome,
    /// The variables of the last command, for a shell in its place.
    pub vars: Vars,
}

/// Runs the plan. A deploy that fails is an `Ok` outcome; an error means that the sandbox could not do its work.
pub fn run(job: &Job<'_>, sandbox: &mut dyn Sandbox, emit: &mut dyn FnMut(&Event)) -> Result<Ran> {
    let vars = job.plan.variables.clone();
    let mut walk = Walk { job, sandbox, emit, vars };
    let phases = walk.build()?;
    let built = phases.iter().all(|phase| phase.status == Status::Passed);
    let wanted = job.settings.until.is_none();
    let smoke = match &job.plan.start {
        Some(start) if built && wanted => Some(walk.smoke(&start.command)?),
        _ => None,
    };
    Ok(Ran { outcome: Outcome { phases, smoke }, vars: walk.vars })
}

/// A walk that is going on.
pub(super) struct Walk<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) sandbox: &'a mut dyn Sandbox,
    emit: &'a mut dyn FnMut(&Event),
    /// Those of the next command.
    pub(super) vars: Vars,
}

impl<'a> Walk<'a> {
    fn build(&mut self) -> Result<Vec<PhaseOutcome>> {
        let plan = self.job.plan;
        let Settings { until, from, .. } = self.job.settings;
        let until = until.as_ref();
        // Phases of an earlier run in the same sandbox.
        let mut behind = from.as_deref().filter(|from| *from != SETUP);
        let mut done = if behind.is_none() { vec![self.setup()?] } else { Vec::new() };
        for step in &plan.steps {
            let name = step.name.as_str();
            self.vars.extend(step.variables.clone());
            behind = behind.filter(|from| *from != name);
            if behind.is_some() {
                continue;
            }
            let stop = match until {
                Some(Until::Before(stop)) => stop == name,
                // The packages come first, but `setup` has commands of its own too.
                Some(Until::After(stop)) => name != SETUP && done.iter().any(|phase| phase.name == *stop),
                None => false,
            };
            if stop {
                break;
            }
            let failed = done.iter().any(|phase| phase.status != Status::Passed);
            let outcome = match failed {
                true => skipped(name, step.commands()),
                false => self.step(step)?,
            };
            match (name == SETUP, done.first_mut()) {
                // The packages and the commands of `setup` are one phase to the reader.
                (true, Some(setup)) if !failed => {
                    setup.cmds.extend(outcome.cmds);
                    setup.status = outcome.status;
                }
                (true, _) => {}
                (false, _) => done.push(outcome),
            }
        }
        if until.is_none() && behind != Some(START) {
            self.image(&mut done)?;
        }
        let pre_deploy = &self.job.settings.pre_deploy;
        if !pre_deploy.is_empty() && until.is_none() && behind != Some(START) {
            let failed = done.iter().any(|phase| phase.status != Status::Passed);
            let commands: Vec<Command> = pre_deploy.iter().map(|text| plan.image.entrypoint.command(text)).collect();
            done.push(match failed {
                true => skipped(PRE_DEPLOY, commands.iter()),
                false => self.pre_deploy(commands)?,
            });
        }
        Ok(done)
    }

    pub(super) fn runtime_files(&self) -> Option<&'a [FileSet]> {
        self.job.plan.start.as_ref()?.files.as_deref()
    }

    /// Goes on in the image that runs, where that is another than the one that was built.
    fn image(&mut self, done: &mut Vec<PhaseOutcome>) -> Result<()> {
        let failed = done.iter().any(|phase| phase.status != Status::Passed);
        let Some(taken) = self.runtime_files().filter(|_| !failed) else { return Ok(()) };
        let missing = self.sandbox.take(taken).context("cannot make the image that runs")?;
        self.vars.extend(self.job.plan.start.iter().flat_map(|start| start.variables.clone()));
        if missing.is_empty() {
            return Ok(());
        }
        let title =
            format!("copy {}", taken.iter().flat_map(|taken| taken.include.clone()).collect::<Vec<_>>().join(", "));
        done.push(self.watched(IMAGE, |walk| {
            walk.started(IMAGE, &title);
            for path in &missing {
                walk.line(
                    IMAGE,
                    &format!("ERROR: failed to compute cache key: failed to calculate checksum: \"{path}\": not found"),
                );
            }
            Ok(vec![walk.finished(IMAGE, title, (Status::Failed(Exit::Code(1)), Duration::ZERO))])
        })?);
        Ok(())
    }

    fn setup(&mut self) -> Result<PhaseOutcome> {
        self.watched(SETUP, |walk| {
            let mut cmds = Vec::new();
            for step in walk.sandbox.setup().context("cannot set up the sandbox")? {
                let (title, outcome, origin) = match step {
                    SetupStep::Run { title, command } => (title.clone(), walk.command(SETUP, &title, &command)?, None),
                    SetupStep::Known { title, output, code, origin } => {
                        walk.tell_of(SETUP, &title, false);
                        for line in &output {
                            walk.line(SETUP, line);
                        }
                        let exit = Exit::Code(code);
                        let status = if exit.is_success() { Status::Passed } else { Status::Failed(exit) };
                        (title, (status, Duration::ZERO), origin)
                    }
                };
                cmds.push(CmdOutcome { origin, ..walk.finished(SETUP, title, outcome) });
                if outcome.0 != Status::Passed {
                    break;
                }
            }
            Ok(cmds)
        })
    }

    fn step(&mut self, step: &Step) -> Result<PhaseOutcome> {
        match step.actions.is_empty() {
            true => Ok(PhaseOutcome { name: step.name.clone(), status: Status::Passed, cmds: Vec::new() }),
            false => self.actions(&step.name, Role::Build, &step.actions, &step.caches),
        }
    }

    /// Does all of a phase; its commands see `caches`.
    pub(super) fn actions(
        &mut self,
        phase: &str,
        role: Role,
        actions: &[Action],
        caches: &[String],
    ) -> Result<PhaseOutcome> {
        self.watched(phase, |walk| {
            let mut done: Vec<CmdOutcome> = Vec::new();
            for action in actions {
                let failed = done.last().is_some_and(|last| last.status != Status::Passed);
                match action {
                    Action::Copy(_) if failed => {}
                    Action::Copy(files) => walk.copy(files)?,
                    Action::Run(command) | Action::Place(command) if failed => done.push(unrun(command)),
                    Action::Place(command) => done.push(walk.planned(phase, role, command, &[])?),
                    Action::Run(command) => done.push(walk.planned(phase, role, command, caches)?),
                }
            }
            Ok(done)
        })
    }

    pub(super) fn copy(&mut self, files: &Files) -> Result<()> {
        let only = match files {
            Files::All => None,
            Files::Only(names) => Some(names.as_slice()),
        };
        self.sandbox.copy_in(only, &self.job.plan.exclude).context("cannot copy the project into the sandbox")
    }

    /// Runs the commands of a phase between its two events.
    fn watched(
        &mut self,
        phase: &str,
        cmds: impl FnOnce(&mut Self) -> Result<Vec<CmdOutcome>>,
    ) -> Result<PhaseOutcome> {
        self.tell(Event::PhaseStarted { phase: phase.into() });
        let started = Instant::now();
        let cmds = cmds(self)?;
        let first_fault = cmds.iter().map(|cmd| cmd.status).find(|status| *status != Status::Passed);
        let status = first_fault.unwrap_or(Status::Passed);
        self.tell(Event::PhaseFinished { phase: phase.into(), status, took: started.elapsed() });
        Ok(PhaseOutcome { name: phase.into(), status, cmds })
    }

    /// A command of the plan, or an earlier run's work in its place.
    fn planned(&mut self, phase: &str, role: Role, command: &Command, caches: &[String]) -> Result<CmdOutcome> {
        let title = &command.shown;
        self.started(phase, title);
        let (started, vars) = (Instant::now(), self.vars.clone());
        let Job { settings, secrets, interrupted, .. } = *self.job;
        let step = sandbox::Step { role, argv: &command.argv, vars: &vars, caches };
        let (mut origin, is_watched) =
            match self.sandbox.prepare(&Upcoming { step, limits: settings.limits }, interrupted) {
                Prepared::Done { output, origin } => {
                    if let Origin::Reused { age_seconds, index } = origin {
                        self.tell(Event::Reused { phase: phase.into(), age_seconds, index });
                    }
                    for text in output {
                        self.tell(Event::Line { phase: phase.into(), text });
                    }
                    let outcome = (Status::Passed, started.elapsed());
                    return Ok(CmdOutcome { origin: Some(origin), ..self.finished(phase, title.clone(), outcome) });
                }
                Prepared::Run { origin, is_watched } => (origin, is_watched),
            };
        let masked = |text: &str| secrets.mask(text).into_owned();
        if let Some(Origin::Anew { because, changed: true, .. }) = &origin {
            self.tell(Event::Again { phase: phase.into(), because: masked(because) });
        }
        let line = self.sandbox.command(&step);
        let mut printed = Printed::default();
        let outcome = self.execute(phase, &line, &mut |text| printed.push(text))?;
        let passed = outcome.0 == Status::Passed;
        // What took long to make is much to keep, and that takes a while in which nothing is printed.
        if passed && is_watched && outcome.1 >= LONG {
            self.tell(Event::Keeping { phase: phase.into() });
        }
        let not_kept = self.sandbox.keep_work(printed.whole().filter(|_| passed), interrupted);
        if !passed {
            for text in self.sandbox.withheld() {
                self.line(phase, &text);
            }
        }
        if let Some(Origin::Anew { because, not_kept: why, .. }) = &mut origin {
            (*because, *why) = (masked(because), not_kept.as_deref().map(masked));
        }
        Ok(CmdOutcome { origin, ..self.finished(phase, title.clone(), outcome) })
    }

    fn command(&mut self, phase: &str, title: &str, command: &CommandLine) -> Result<(Status, Duration)> {
        self.started(phase, title);
        self.execute(phase, command, &mut |_| {})
    }

    /// Runs a command line; `hear` gets each line of output, secrets masked.
    fn execute(
        &mut self,
        phase: &str,
        command: &CommandLine,
        hear: &mut dyn FnMut(&str),
    ) -> Result<(Status, Duration)> {
        let started = Instant::now();
        let Job { settings, secrets, interrupted, .. } = *self.job;
        let (emit, sandbox) = (&mut *self.emit, &*self.sandbox);
        let mut only = OnlyLine::default();
        let ended = process::run(command, settings.limits, interrupted, &mut |line| {
            only.push(line);
            let Some(line) = sandbox.as_printed(line) else { return };
            let text = secrets.mask(&line).into_owned();
            hear(&text);
            emit(&Event::Line { phase: phase.into(), text });
        })
        .with_context(|| {
            format!("cannot run {}", command.argv.first().map_or("".into(), |arg| arg.to_string_lossy()))
        })?;
        let status = self.status(ended);
        if matches!(status, Status::Failed(_))
            && let Some(lost) = self.sandbox.lost().or_else(|| self.sandbox.refused(only.get()?))
        {
            return Err(lost.into());
        }
        Ok((status, started.elapsed()))
    }

    fn status(&self, ended: Ended) -> Status {
        match ended {
            Ended::Exited(exit) if exit.is_success() => Status::Passed,
            // Many programs survive the loss of a child, so the exit must look like a kill too.
            Ended::Exited(exit) if self.sandbox.ran_out_of_memory() => match exit.code() {
                137 | 1 => Status::OutOfMemory,
                _ => Status::Failed(exit),
            },
            Ended::Exited(exit) => Status::Failed(exit),
            // A pool waits for ever for the child that the kernel ended.
            Ended::TimedOut { .. } if self.sandbox.ran_out_of_memory() => Status::OutOfMemory,
            Ended::TimedOut { silent } => Status::TimedOut { silent },
            Ended::Interrupted => Status::Interrupted,
        }
    }

    fn started(&mut self, phase: &str, cmd: &str) {
        self.tell_of(phase, cmd, true);
    }

    fn tell_of(&mut self, phase: &str, cmd: &str, is_run: bool) {
        let cmd = self.job.secrets.mask(cmd).into_owned();
        self.tell(Event::CmdStarted { phase: phase.into(), cmd, is_run });
    }

    fn finished(&mut self, phase: &str, cmd: String, (status, took): (Status, Duration)) -> CmdOutcome {
        let shown = self.job.secrets.mask(&cmd).into_owned();
        self.tell(Event::CmdFinished { phase: phase.into(), cmd: shown.clone(), status, took });
        CmdOutcome { cmd: shown, status, took, origin: None }
    }

    fn smoke(&mut self, command: &Command) -> Result<super::Smoke> {
        let cmd = command.shown.as_str();
        self.tell(Event::PhaseStarted { phase: START.into() });
        // The project is copied once more before the start command.
        if self.runtime_files().is_none() {
            self.copy(&Files::All)?;
        }
        let settings = &self.job.settings.smoke;
        self.vars.extend(settings.vars.clone());
        self.vars.insert("PORT".into(), settings.port.to_string());
        let step = sandbox::Step { role: Role::Start, argv: &command.argv, vars: &self.vars, caches: &[] };
        let line = self.sandbox.command(&step);
        self.started(START, cmd);
        if let Some(at_start) = self.job.at_start {
            at_start(&*self.sandbox, &self.vars);
        }
        let Job { secrets, interrupted, .. } = *self.job;
        let emit = &mut *self.emit;
        let mut only = OnlyLine::default();
        let mut smoke = smoke::smoke(&line, visited(cmd), settings, &*self.sandbox, interrupted, &mut |line| {
            only.push(line);
            emit(&Event::Line { phase: START.into(), text: secrets.mask(line).into_owned() });
        })?;
        let lost = match smoke.result {
            SmokeResult::Crashed(_) => self.sandbox.lost().or_else(|| self.sandbox.refused(only.get()?)),
            _ => self.sandbox.overspent(),
        };
        if let Some(lost) = lost {
            return Err(lost.into());
        }
        smoke.cmd = secrets.mask(cmd).into_owned();
        for line in smoke.running.iter_mut().chain(&mut smoke.programs) {
            *line = secrets.mask(line).into_owned();
        }
        self.tell(Event::SmokeFinished { smoke: smoke.clone() });
        Ok(smoke)
    }

    pub(super) fn line(&mut self, phase: &str, text: &str) {
        let text = self.job.secrets.mask(text).into_owned();
        self.tell(Event::Line { phase: phase.into(), text });
    }

    fn tell(&mut self, event: Event) {
        (self.emit)(&event);
    }
}

fn skipped<'a>(name: &str, commands: impl Iterator<Item = &'a Command>) -> PhaseOutcome {
    PhaseOutcome { name: name.into(), status: Status::Skipped, cmds: commands.map(unrun).collect() }
}

fn unrun(command: &Command) -> CmdOutcome {
    CmdOutcome { cmd: command.shown.clone(), status: Status::Skipped, took: Duration::ZERO, origin: None }
}
