//! Starts the app, watches it, and says whether the platform would call it healthy.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::activity::Activity;
use super::outcome::{Smoke, SmokeKind, SmokeResult};
use super::settings::{SmokeSettings, Window};
use crate::sandbox::process::{self, Exit, Next, Running};
use crate::sandbox::{CommandLine, Probe, ProbeAnswer, Sandbox};

/// What Railway's probe calls itself; an app that checks `Host` sees it.
const HEALTHCHECK_HOST: &str = "healthcheck.railway.app";
/// How often the app is asked.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long one GET may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long a wrong answer must last: servers bind, fork and warm up in steps.
const SETTLE: Duration = Duration::from_secs(2);
/// An app that is at work for longer than this is not loading, but does what it is for.
const LOADING: Duration = Duration::from_secs(60);
/// Ports that development servers choose by themselves. Listening on one tells a web app from a program that opened
/// some socket for itself.
const SERVER_PORTS: &[u16] =
    &[80, 443, 3000, 4000, 5000, 5001, 7860, 8000, 8001, 8008, 8050, 8080, 8081, 8088, 8443, 8501, 8888, 9000];

/// What is known of the started app at one moment.
#[derive(Debug, Clone, Default)]
struct Sight {
    elapsed: Duration,
    exit: Option<Exit>,
    printed: bool,
    out_of_memory: bool,
    answer: ProbeAnswer,
    /// How long it has been listening on anything.
    listening_for: Duration,
    /// Whether it has not come to rest.
    at_work: bool,
}

impl Sight {
    /// Whether the window is over: one that is still at work has the longer one.
    fn is_late(&self, window: Window) -> bool {
        self.elapsed >= window.most || (self.elapsed >= window.least && !self.at_work)
    }

    /// Whether a bot has come to stay: it has lived long enough, and is past loading.
    fn has_stayed(&self, stay: Duration) -> bool {
        self.elapsed >= stay.max(LOADING) || (self.elapsed >= stay && !self.at_work)
    }
}

/// Runs the start command and returns what the probe found; `cmd` is left for the caller to fill in.
pub(super) fn smoke(
    command: &CommandLine,
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
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let path = settings.path.as_deref().unwrap_or("/");
                let probe = Probe {
                    pid,
                    port: settings.port,
                    path: Some(path),
                    host: HEALTHCHECK_HOST,
                    timeout: ANSWER_WITHIN,
                };
                if answers.send(sandbox.probe(&probe)).is_err() {
                    break;
                }
                thread::sleep(INTERVAL);
            }
        });
        let smoke = watch(&mut app, settings, sandbox, (&inbox, done), interrupted, on_line);
        // Before the scope waits for the probe: a GET that hangs ends with the app.
        app.end();
        done.store(true, Ordering::Relaxed);
        smoke
    })
}

fn watch(
    app: &mut Running,
    settings: &SmokeSettings,
    sandbox: &dyn Sandbox,
    (answers, done): (&mpsc::Receiver<ProbeAnswer>, &AtomicBool),
    interrupted: &AtomicBool,
    on_line: &mut dyn FnMut(&str),
) -> Result<Smoke> {
    let started = Instant::now();
    let mut sight = Sight::default();
    let mut listening_since = None;
    let mut activity = Activity::new(started);
    let mut outside = BTreeSet::new();
    let result = loop {
        match app.next(INTERVAL / 4) {
            Next::Line(line) => {
                sight.printed |= !line.trim().is_empty();
                activity.printed(Instant::now());
                on_line(&line);
            }
            Next::Quiet => {}
            Next::Closed => {
                sight.exit = app.exit()?;
                // Closed output is not the end of the app.
                thread::sleep(INTERVAL / 20);
            }
        }
        for answer in answers.try_iter() {
            if !answer.listening.is_empty() {
                listening_since.get_or_insert_with(Instant::now);
            }
            outside.extend(&answer.outside);
            if let Some(work) = answer.work {
                activity.look(Instant::now(), work);
            }
            sight.answer = answer;
        }
        sight.at_work = activity.is_at_work(Instant::now());
        sight.elapsed = started.elapsed();
        sight.listening_for = listening_since.map_or(Duration::ZERO, |since: Instant| since.elapsed());
        sight.out_of_memory = sight.exit.is_some() && sandbox.ran_out_of_memory();
        if interrupted.load(Ordering::Relaxed) {
            break SmokeResult::Interrupted;
        }
        if let Some(result) = judge(settings, &sight) {
            break result;
        }
    };
    // An app that is asked to stop is asked nothing else.
    done.store(true, Ordering::Relaxed);
    let took = started.elapsed();
    let alive = app.exit()?.is_none() && result != SmokeResult::Interrupted;
    let stop = match alive {
        true => Some(ask_to_stop(app, settings.grace, sandbox, interrupted, on_line)?),
        false => None,
    };
    let (result, stops_on_sigterm) = match stop {
        Some(Stop::Crashed(exit)) if result.is_good() => (SmokeResult::Crashed(exit), None),
        Some(stop) => (result, Some(stop != Stop::Ignored)),
        None => (result, None),
    };
    // Whether the probe came before a crash is chance; an app that is gone listens on nothing.
    let ProbeAnswer { listening, running, .. } = sight.answer;
    let listening = if sight.exit.is_none() { listening } else { Vec::new() };
    let running = running.filter(|_| sight.exit.is_none() && !result.is_good());
    let outside = outside.into_iter().collect();
    Ok(Smoke { cmd: String::new(), kind: settings.kind, result, took, listening, outside, running, stops_on_sigterm })
}

/// The platform's judgement of what is seen, or `None` while it is too early for one.
fn judge(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    if let Some(exit) = sight.exit {
        return Some(match settings.kind {
            _ if sight.out_of_memory => SmokeResult::OutOfMemory,
            _ if !exit.is_success() => SmokeResult::Crashed(exit),
            Some(SmokeKind::Exits) | None => SmokeResult::Exited,
            Some(SmokeKind::StaysUp | SmokeKind::Answers) => SmokeResult::ExitedEarly { silent: !sight.printed },
        });
    }
    match settings.kind {
        Some(SmokeKind::Exits) => sight.is_late(settings.window).then_some(SmokeResult::StillRunning),
        Some(SmokeKind::StaysUp) => unreachable_webhook(settings, sight).or_else(|| stays(settings, sight)),
        Some(SmokeKind::Answers) => judge_server(settings, sight),
        None if looks_like_a_server(settings, sight) => judge_server(settings, sight),
        None => stays(settings, sight),
    }
}

fn stays(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    sight.has_stayed(settings.stay).then_some(SmokeResult::StayedUp)
}

/// A worker that takes requests on `PORT` has to be reached like any server: a bot's webhook, for example.
fn unreachable_webhook(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    let on_port: Vec<_> = sight.answer.listening.iter().filter(|address| address.port() == settings.port).collect();
    let hidden = on_port.iter().all(|address| address.ip().is_loopback()) && sight.listening_for >= SETTLE;
    on_port.first().filter(|_| hidden).map(|address| SmokeResult::LoopbackOnly(**address))
}

fn looks_like_a_server(settings: &SmokeSettings, sight: &Sight) -> bool {
    let serves = |address: &SocketAddr| address.port() == settings.port || SERVER_PORTS.contains(&address.port());
    sight.answer.listening.iter().any(serves)
}

fn judge_server(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    let late = sight.is_late(settings.window);
    let settled = sight.listening_for >= SETTLE;
    let listening = &sight.answer.listening;
    let on_port = |address: &&SocketAddr| address.port() == settings.port;
    let open = |address: &&SocketAddr| !address.ip().is_loopback();
    if listening.iter().any(|address| on_port(&address) && open(&address)) {
        return match &sight.answer.http {
            Some(Ok(status)) if is_healthy(settings, *status) => Some(SmokeResult::Answered { status: *status }),
            Some(Ok(status)) => {
                (late || (settled && settings.path.is_none())).then_some(SmokeResult::BadStatus(*status))
            }
            Some(Err(why)) => late.then(|| SmokeResult::NoAnswer(why.clone())),
            None => late.then(|| SmokeResult::NoAnswer("no answer in time".into())),
        };
    }
    if !settled && !late {
        return None;
    }
    if let Some(address) = listening.iter().find(on_port) {
        return Some(SmokeResult::LoopbackOnly(*address));
    }
    match (listening.iter().find(open), listening.first()) {
        (Some(found), _) => Some(SmokeResult::WrongPort { found: *found, expected: settings.port }),
        // Both are wrong, and another port alone would not help.
        (None, Some(found)) => Some(SmokeResult::LoopbackOnly(*found)),
        (None, None) => late.then_some(SmokeResult::NeverListened),
    }
}

/// Railway's health check wants 200; without one the platform asks for nothing but an answer.
fn is_healthy(settings: &SmokeSettings, status: u16) -> bool {
    match settings.path {
        Some(_) => status == 200,
        None => status < 500,
    }
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
    sandbox: &dyn Sandbox,
    interrupted: &AtomicBool,
    on_line: &mut dyn FnMut(&str),
) -> Result<Stop> {
    let is_handled = sandbox.ask_to_stop(app.pid())?;
    let deadline = Instant::now() + grace;
    while Instant::now() < deadline && !interrupted.load(Ordering::Relaxed) {
        match app.next(INTERVAL / 4) {
            Next::Line(line) => on_line(&line),
            Next::Quiet => {}
            Next::Closed => thread::sleep(INTERVAL / 20),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(kind: Option<SmokeKind>, path: Option<&str>) -> SmokeSettings {
        SmokeSettings { kind, path: path.map(str::to_owned), window: WINDOW, ..SmokeSettings::default() }
    }

    fn seconds(elapsed: u64) -> Sight {
        let elapsed = Duration::from_secs(elapsed);
        Sight { elapsed, printed: true, ..Sight::default() }
    }

    fn serving(elapsed: u64, addresses: &[&str], http: Option<Result<u16, &str>>) -> Sight {
        let listening = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let http = http.map(|http| http.map_err(str::to_owned));
        let answer = ProbeAnswer { listening, http, ..ProbeAnswer::default() };
        Sight { answer, listening_for: Duration::from_secs(elapsed), ..seconds(elapsed) }
    }

    fn ended(code: i32) -> Sight {
        Sight { exit: Some(Exit::Code(code)), ..seconds(1) }
    }

    const WINDOW: Window = Window { least: Duration::from_secs(30), most: Duration::from_secs(300), is_asked: false };
    const WEB: Option<SmokeKind> = Some(SmokeKind::Answers);
    const BOT: Option<SmokeKind> = Some(SmokeKind::StaysUp);
    const SCRIPT: Option<SmokeKind> = Some(SmokeKind::Exits);

    #[test]
    fn a_script_should_end_and_a_bot_should_not() {
        assert_eq!(judge(&settings(SCRIPT, None), &ended(0)), Some(SmokeResult::Exited));
        assert_eq!(judge(&settings(BOT, None), &ended(0)), Some(SmokeResult::ExitedEarly { silent: false }));
        assert_eq!(judge(&settings(SCRIPT, None), &seconds(29)), None);
        assert_eq!(judge(&settings(SCRIPT, None), &seconds(30)), Some(SmokeResult::StillRunning));
        assert_eq!(judge(&settings(BOT, None), &seconds(9)), None);
        assert_eq!(judge(&settings(BOT, None), &seconds(10)), Some(SmokeResult::StayedUp));
    }

    #[test]
    fn an_app_that_is_still_at_work_has_the_longer_window() {
        let busy = |elapsed| Sight { at_work: true, ..seconds(elapsed) };
        assert_eq!(judge(&settings(WEB, None), &busy(120)), None);
        assert_eq!(judge(&settings(WEB, None), &busy(300)), Some(SmokeResult::NeverListened));
        assert_eq!(judge(&settings(SCRIPT, None), &busy(120)), None);
        assert_eq!(judge(&settings(BOT, None), &busy(11)), None);
        assert_eq!(judge(&settings(BOT, None), &busy(60)), Some(SmokeResult::StayedUp));
    }

    #[test]
    fn a_worker_that_takes_requests_has_to_be_reached() {
        let address = "127.0.0.1:8080".parse().unwrap();
        let bot = settings(BOT, None);
        assert_eq!(judge(&bot, &serving(3, &["127.0.0.1:8080"], None)), Some(SmokeResult::LoopbackOnly(address)));
        assert_eq!(judge(&bot, &serving(10, &["0.0.0.0:8080"], None)), Some(SmokeResult::StayedUp));
        assert_eq!(judge(&bot, &serving(10, &["127.0.0.1:9100"], None)), Some(SmokeResult::StayedUp));
    }

    #[test]
    fn silence_is_told_from_an_early_end_with_words() {
        let silent = Sight { printed: false, ..ended(0) };
        assert_eq!(judge(&settings(WEB, None), &silent), Some(SmokeResult::ExitedEarly { silent: true }));
    }

    #[test]
    fn any_other_exit_is_a_crash_or_a_kill_for_memory() {
        assert_eq!(judge(&settings(None, None), &ended(3)), Some(SmokeResult::Crashed(Exit::Code(3))));
        let killed = Sight { out_of_memory: true, ..ended(137) };
        assert_eq!(judge(&settings(None, None), &killed), Some(SmokeResult::OutOfMemory));
    }

    #[test]
    fn the_health_check_wants_200_and_waits_for_it() {
        let web = settings(WEB, Some("/health"));
        let all = &["0.0.0.0:8080"];
        assert_eq!(judge(&web, &serving(1, all, Some(Ok(200)))), Some(SmokeResult::Answered { status: 200 }));
        assert_eq!(judge(&web, &serving(5, all, Some(Ok(503)))), None);
        assert_eq!(judge(&web, &serving(30, all, Some(Ok(404)))), Some(SmokeResult::BadStatus(404)));
        assert_eq!(judge(&web, &serving(30, all, Some(Err("reset")))), Some(SmokeResult::NoAnswer("reset".into())));
    }

    #[test]
    fn without_a_health_check_any_answer_but_a_server_error_will_do() {
        let web = settings(WEB, None);
        let all = &["[::]:8080"];
        assert_eq!(judge(&web, &serving(1, all, Some(Ok(404)))), Some(SmokeResult::Answered { status: 404 }));
        assert_eq!(judge(&web, &serving(1, all, Some(Ok(500)))), None);
        assert_eq!(judge(&web, &serving(3, all, Some(Ok(500)))), Some(SmokeResult::BadStatus(500)));
    }

    #[test]
    fn the_three_listening_mistakes_are_told_apart() {
        let web = settings(WEB, None);
        let loopback = "127.0.0.1:8080".parse().unwrap();
        assert_eq!(judge(&web, &serving(1, &["127.0.0.1:8080"], None)), None);
        assert_eq!(judge(&web, &serving(3, &["127.0.0.1:8080"], None)), Some(SmokeResult::LoopbackOnly(loopback)));
        let found = "0.0.0.0:8000".parse().unwrap();
        let wrong = SmokeResult::WrongPort { found, expected: 8080 };
        assert_eq!(judge(&web, &serving(3, &["0.0.0.0:8000"], None)), Some(wrong));
        assert_eq!(judge(&web, &seconds(29)), None);
        assert_eq!(judge(&web, &seconds(30)), Some(SmokeResult::NeverListened));
    }

    #[test]
    fn an_app_of_unknown_kind_is_judged_by_what_it_does() {
        let any = settings(None, None);
        assert_eq!(judge(&any, &ended(0)), Some(SmokeResult::Exited));
        assert_eq!(judge(&any, &seconds(10)), Some(SmokeResult::StayedUp));
        assert_eq!(judge(&any, &serving(3, &["127.0.0.1:39121"], None)), None);
        let dev = "127.0.0.1:5000".parse().unwrap();
        assert_eq!(judge(&any, &serving(3, &["127.0.0.1:5000"], None)), Some(SmokeResult::LoopbackOnly(dev)));
    }
}
