//! Opens the page of a server that runs its file for a visitor alone, as a visitor's browser would.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::catalog::servers::{Runs, Session};
use crate::sandbox::process::{self, Next, Running};
use crate::sandbox::{Probe, SESSION_LONGEST, Sandbox};

use super::websocket::{Messages, has_field};

/// How often output and session are looked at in turn.
const TURN: Duration = Duration::from_millis(50);
/// An app that has printed nothing for this long has printed all that it had to say of a failure.
const QUIET: Duration = Duration::from_millis(300);

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    /// The file ran to its end.
    Ran,
    /// The server says that the file failed.
    Failed,
    /// The file was not seen to end.
    Unknown,
}

/// Opens the page that answers `probe`, and reads the app's output meanwhile.
pub(super) fn open(
    runs: Runs,
    app: &mut Running,
    probe: &Probe<'_>,
    sandbox: &dyn Sandbox,
    interrupted: &AtomicBool,
    on_line: &mut dyn FnMut(&str),
) -> Visit {
    match runs {
        Runs::AtStart | Runs::ForBrowser => Visit::Unknown,
        // The GET that was answered has run it.
        Runs::ForPage(complains) => match complaint(complains, app, on_line) {
            true => Visit::Failed,
            false => Visit::Ran,
        },
        Runs::ForSession(session) => {
            let Some(mut client) = sandbox.visit(probe, session).and_then(|line| process::spawn(&line).ok()) else {
                return Visit::Unknown;
            };
            let has_ended = attend(session, &mut client, app, interrupted, on_line);
            client.end();
            match complaint(session.complains, app, on_line) || has_ended == Some(Visit::Failed) {
                true => Visit::Failed,
                false => has_ended.unwrap_or(Visit::Unknown),
            }
        }
    }
}

/// Waits until the session says that the file has run, or the output that it failed.
fn attend(
    session: &Session,
    client: &mut Running,
    app: &mut Running,
    interrupted: &AtomicBool,
    on_line: &mut dyn FnMut(&str),
) -> Option<Visit> {
    let until = Instant::now() + SESSION_LONGEST;
    let mut messages = Messages::default();
    while Instant::now() < until && !interrupted.load(Ordering::Relaxed) {
        if let Next::Line(line) = app.next(TURN) {
            on_line(&line);
            if is_complaint(session.complains, &line) {
                return Some(Visit::Failed);
            }
            continue;
        }
        match client.bytes(TURN) {
            Some(bytes) if messages.read(&bytes).iter().any(|message| has_field(message, session.done)) => {
                return Some(Visit::Ran);
            }
            Some(_) => {}
            // It ended before the file did: no session, or an app that is gone.
            None if client.exit().ok()?.is_some() => return None,
            None => {}
        }
    }
    None
}

/// Reads what the app still has to say; whether a complaint is in it.
fn complaint(complains: &[&str], app: &mut Running, on_line: &mut dyn FnMut(&str)) -> bool {
    let mut found = false;
    while let Next::Line(line) = app.next(QUIET) {
        found |= is_complaint(complains, &line);
        on_line(&line);
    }
    found
}

fn is_complaint(complains: &[&str], line: &str) -> bool {
    complains.iter().any(|words| line.contains(words))
}
