//! Starts the app, watches it, and says whether the platform would call it healthy.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::activity::Activity;
use super::inspect::Inspection;
use super::judge::{Sight, judge};
use super::loads;
use super::outcome::{Smoke, SmokeResult};
use super::settings::SmokeSettings;
use crate::catalog::servers::Runner;
use crate::log::LogBuilder;
use crate::log::traceback::SHUT_DOWN;
use crate::sandbox::process::{self, Exit, Next, Running};
use crate::sandbox::{CommandLine, Probe, ProbeAnswer, Sandbox};

/// What Railway's probe calls itself; an app that checks `Host` sees it.
const HEALTHCHECK_HOST: &str = "healthcheck.railway.app";
/// How Django and the SDK of the Model Context Protocol say that they refuse it.
const HOST_REFUSED: &[&str] = &["Invalid HTTP_HOST header", "Invalid Host header"];
/// How often the app is asked.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long an app at rest without a handler for SIGTERM is watched: its end may be on its way to us.
const UNHANDLED: Duration = Duration::from_millis(300);
/// Printed before now, and still on its way to us.
const AT_ONCE: Duration = Duration::from_millis(10);
/// How long the output of an app that is judged is read on, where it goes on.
const SAID_WITHIN: Duration = Duration::from_millis(300);
/// How long one GET may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long a GET of the watch may take: what hangs has to be seen to hang before the window is over.
fn answer_within(settings: &SmokeSettings) -> Duration {
    let before_the_end = settings.window.least.saturating_sub(INTERVAL * 3).max(Duration::from_secs(1));
    ANSWER_WITHIN.min(before_the_end)
}

/// Runs the start command and returns what the probe found; `cmd` is left for the caller to fill in. `runner` is the program that it starts,
/// where that runs its file for a visitor alone.
pub(super) fn smoke(
    command: &CommandLine,
    runner: Option<&Runner>,
    settings: &SmokeSettings,
    sandbox: &dyn Sandbox,
    interrupted: &AtomicBool,
    on_line: &mut dyn FnMut(&str),
) -> Result<Smoke> {
    let mut app = process::spawn(command).context("cannot run the start command")?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (answers, inbox) = mpsc::channel();
        let (pid, done) = (app.pid(), &done);
        let asking = scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let path = settings.path.as_deref().unwrap_or("/");
                let probe = Probe {
                    pid,
                    port: settings.port,
                    path: Some(path),
                    host: HEALTHCHECK_HOST,
                    by_edge: false,
                    timeout: answer_within(settings),
                };
                if answers.send(sandbox.probe(&probe)).is_err() {
                    break;
                }
                thread::park_timeout(INTERVAL);
            }
        });
        let smoke = watch(&mut app, runner, settings, sandbox, (&inbox, done), interrupted, on_line);
        // Before the scope waits for the probe: a GET that hangs ends with the app.
        app.end();
        done.store(true, Ordering::Relaxed);
        asking.thread().unpark();
        smoke
    })
}

fn watch(
    app: &mut Running,
    runner: Option<&Runner>,
    settings: &SmokeSettings,
    sandbox: &dyn Sandbox,
    (answers, done): (&mpsc::Receiver<ProbeAnswer>, &AtomicBool),
    interrupted: &AtomicBool,
    on_line: &mut dyn FnMut(&str),
) -> Result<Smoke> {
    let started = Instant::now();
    let mut sight = Sight::default();
    let mut listening_since = None;
    let mut same_since = started;
    let mut activity = Activity::new(started);
    let mut outside = BTreeSet::new();
    let mut refused = false;
    let mut log = LogBuilder::new();
    let lines = Cell::new(0);
    let on_line = &mut |line: &str| {
        lines.set(lines.get() + 1);
        on_line(line);
    };
    let result = loop {
        match app.next(INTERVAL / 4) {
            Next::Line(line) => {
                sight.printed |= !line.trim().is_empty();
                refused |= HOST_REFUSED.iter().any(|words| line.contains(words));
                sight.shuts_down |= SHUT_DOWN.iter().any(|words| line.contains(words));
                activity.printed(Instant::now());
                log.push(None, format!("{line}\n").as_bytes());
                on_line(&line);
            }
            Next::Quiet => {}
            Next::Closed => {
                // Closed output is not the end of the app.
                sight.exit = app.wait(INTERVAL / 4)?;
            }
        }
        for answer in answers.try_iter() {
            if !answer.listening.is_empty() {
                listening_since.get_or_insert_with(Instant::now);
            }
            outside.extend(&answer.outside);
            if let Some(work) = answer.work {
                activity.sample(Instant::now(), work);
            }
            if answer.http != sight.answer.http {
                same_since = Instant::now();
            }
            sight.answer = answer;
        }
        sight.at_work = activity.is_at_work(Instant::now());
        sight.elapsed = started.elapsed();
        sight.listening_for = listening_since.map_or(Duration::ZERO, |since: Instant| since.elapsed());
        sight.same_status_for = same_since.elapsed();
        sight.out_of_memory = sight.exit.is_some() && sandbox.ran_out_of_memory();
        if interrupted.load(Ordering::Relaxed) {
            break SmokeResult::Interrupted;
        }
        if let Some(result) = judge(settings, &sight) {
            break match result {
                // An app that waits for a child which the kernel ended does nothing else any more.
                SmokeResult::NeverListened | SmokeResult::NoAnswer(_) | SmokeResult::StillRunning
                    if sandbox.ran_out_of_memory() =>
                {
                    SmokeResult::OutOfMemory
                }
                SmokeResult::StayedUp if loads::never(&std::mem::take(&mut log).finish()) => SmokeResult::NeverLoads,
                result => result,
            };
        }
    };
    // An app that is asked to stop is asked nothing else.
    done.store(true, Ordering::Relaxed);
    let took = started.elapsed();
    let path = Some(settings.path.as_deref().unwrap_or("/"));
    let probe = Probe {
        pid: app.pid(),
        port: settings.port,
        path,
        host: HEALTHCHECK_HOST,
        by_edge: false,
        timeout: ANSWER_WITHIN,
    };
    let looked = Inspection { settings, sandbox, refused, runner, interrupted }.inspect(result, &probe, app, on_line);
    let result = looked.result;
    // What it said before it was asked is read, however fast it answered.
    let said_by = Instant::now() + SAID_WITHIN;
    while let Next::Line(line) = app.next(AT_ONCE) {
        on_line(&line);
        if Instant::now() > said_by {
            break;
        }
    }
    let lines = lines.get();
    let alive = app.exit()?.is_none() && result != SmokeResult::Interrupted;
    let stop = match alive {
        true => Some(ask_to_stop(app, settings.grace, sight.at_work, sandbox, interrupted, on_line)?),
        false => None,
    };
    let (result, stops_on_sigterm) = match stop {
        Some(Stop::Crashed(exit)) if result.is_good() => (SmokeResult::Crashed(exit), None),
        Some(stop) => (result, Some(stop != Stop::Ignored)),
        None => (result, None),
    };
    // Whether the probe came before a crash is chance; an app that is gone listens on nothing.
    let ProbeAnswer { listening, programs, .. } = sight.answer;
    let listening = if sight.exit.is_none() { listening } else { Vec::new() };
    let running = programs.last().filter(|_| sight.exit.is_none() && !result.is_good()).cloned();
    let outside = outside.into_iter().collect();
    Ok(Smoke {
        cmd: String::new(),
        kind: settings.kind,
        result,
        took,
        lines,
        listening,
        outside,
        running,
        programs,
        unserved: looked.unserved,
        refuses_host: looked.refuses_host,
        led_to: looked.led_to,
        was_visited: looked.was_visited,
        sent_back: looked.sent_back,
        stops_on_sigterm,
    })
}

/// What became of an app that was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// It ended.
    Ended,
    /// It never heard of it, and fell over by itself in the meantime.
    Crashed(Exit),
    /// It runs on.
    Ignored,
}

fn ask_to_stop(
    app: &mut Running,
    grace: Duration,
    is_at_work: bool,
    sandbox: &dyn Sandbox,
    interrupted: &AtomicBool,
    on_line: &mut dyn FnMut(&str),
) -> Result<Stop> {
    let is_handled = sandbox.ask_to_stop(app.pid())?;
    // One without a handler can only fall over by itself, and at rest there is nothing left to do that for.
    let wait = if is_handled || is_at_work { grace } else { grace.min(UNHANDLED) };
    let deadline = Instant::now() + wait;
    while Instant::now() < deadline && !interrupted.load(Ordering::Relaxed) {
        match app.next(INTERVAL / 4) {
            Next::Line(line) => on_line(&line),
            Next::Quiet => {}
            Next::Closed => drop(app.wait(INTERVAL / 4)?),
        }
        match app.exit()? {
            // A handler may end the app with whatever code it likes.
            Some(exit) if !is_handled && !exit.is_success() => return Ok(Stop::Crashed(exit)),
            Some(_) => return Ok(Stop::Ended),
            None => {}
        }
    }
    Ok(Stop::Ignored)
}
