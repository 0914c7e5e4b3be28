//! Several rehearsals at once, told one after the other.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::{Rehearsal, Request, rehearse};
use crate::diagnose::{self, Rule};
use crate::run::Event;

/// How often it is looked whether the user wants an end.
const OFTEN: Duration = Duration::from_millis(50);
/// So many events of a rehearsal are kept until it is its turn to be told.
const KEPT: usize = 8192;
/// What a rehearsal beside it can be the cause of: one token that both log in with, one machine's memory, disk and ports.
const OF_ANOTHER: [&Rule; 4] =
    [&diagnose::DUPLICATE_BOT_INSTANCE, &diagnose::OUT_OF_MEMORY, &diagnose::DISK_FULL, &diagnose::PORT_IN_USE];

/// Rehearses all of `requests`, at once where they share nothing, and gives what each came to in their order, until `take`
/// has enough; the rest are stopped then. The events of one come whole before those of the next, with its index; of one that
/// prints much before it is its turn, lines are left out. What fails where another beside it may be the cause is rehearsed again,
/// and so is all that follows, one after the other.
pub fn side_by_side(
    requests: &[Request],
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(usize, &Event),
    take: &mut dyn FnMut(usize, Result<Rehearsal>) -> ControlFlow<()>,
) {
    let can_share = requests.len() > 1 && requests.iter().all(Request::shares_nothing);
    let begun = if can_share { at_once(requests, interrupted, emit, take) } else { ControlFlow::Continue(0) };
    let ControlFlow::Continue(done) = begun else { return };
    for (index, request) in requests.iter().enumerate().skip(done) {
        let rehearsal = rehearse(request, interrupted, &mut |event| emit(index, event));
        if take(index, rehearsal).is_break() || interrupted.load(Ordering::Relaxed) {
            break;
        }
    }
}

/// Gives how many came to what they would alone, where that was not enough.
fn at_once(
    requests: &[Request],
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(usize, &Event),
    take: &mut dyn FnMut(usize, Result<Rehearsal>) -> ControlFlow<()>,
) -> ControlFlow<(), usize> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let begin = |request| {
            let (sender, events) = sync_channel(KEPT);
            let stop = &stop;
            (events, scope.spawn(move || rehearse(request, stop, &mut |event| send(&sender, event))))
        };
        let running: Vec<_> = requests.iter().map(begin).collect();
        let mut done = 0;
        for (events, running) in running {
            listen(&events, interrupted, &stop, &mut |event| emit(done, event));
            let rehearsal = running.join().unwrap_or_else(|panic| resume_unwind(panic));
            if !interrupted.load(Ordering::Relaxed) && is_of_another(&rehearsal) {
                break;
            }
            if take(done, rehearsal).is_break() || interrupted.load(Ordering::Relaxed) {
                stop.store(true, Ordering::Relaxed);
                return ControlFlow::Break(());
            }
            done += 1;
        }
        stop.store(true, Ordering::Relaxed);
        ControlFlow::Continue(done)
    })
}

/// Only lines are left out: all else is waited for.
fn send(sender: &SyncSender<Event>, event: &Event) {
    if let Err(TrySendError::Full(event)) = sender.try_send(event.clone())
        && !matches!(event, Event::Line { .. })
    {
        let _ = sender.send(event);
    }
}

/// Passes on what comes until there is no more, and has all stop where the user wants an end.
fn listen(events: &Receiver<Event>, interrupted: &AtomicBool, stop: &AtomicBool, emit: &mut dyn FnMut(&Event)) {
    loop {
        if interrupted.load(Ordering::Relaxed) {
            stop.store(true, Ordering::Relaxed);
        }
        match events.recv_timeout(OFTEN) {
            Ok(event) => emit(&event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}

/// Whether another beside it may be the cause; of what ends a rehearsal with an error, a full disk, it may be too.
fn is_of_another(rehearsal: &Result<Rehearsal>) -> bool {
    let Ok(rehearsal) = rehearsal else { return true };
    rehearsal.diagnoses.first().is_some_and(|primary| OF_ANOTHER.iter().any(|rule| rule.id == primary.rule))
}
