//! When the clock wakes a process that waits for nothing else, from the system call that it is in.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How a call says until when it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// Milliseconds, in this argument; none below zero.
    Milliseconds(usize),
    /// The address of a `timespec` in this argument; none where it is zero.
    Timespec(usize),
    /// The same, and a time of day or of the clock where the flags in the other argument say so.
    Deadline { at: usize, flags: usize, clock: usize },
    /// The address of a `timeval`.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "the calls that take one are of old machines"))]
    Timeval(usize),
}

/// `TIMER_ABSTIME` of `clock_nanosleep`.
const ABSOLUTE: u64 = 1;

/// Calls that wait, by their numbers in Linux' tables of system calls.
#[cfg(target_arch = "x86_64")]
const CALLS: &[(u64, Limit)] = &[
    (7, Limit::Milliseconds(2)),
    (23, Limit::Timeval(4)),
    (35, Limit::Timespec(0)),
    (230, Limit::Deadline { at: 2, flags: 1, clock: 0 }),
    (232, Limit::Milliseconds(3)),
    (270, Limit::Timespec(4)),
    (271, Limit::Timespec(2)),
    (281, Limit::Milliseconds(3)),
    (441, Limit::Timespec(3)),
];
#[cfg(target_arch = "aarch64")]
const CALLS: &[(u64, Limit)] = &[
    (22, Limit::Milliseconds(3)),
    (72, Limit::Timespec(4)),
    (73, Limit::Timespec(2)),
    (101, Limit::Timespec(0)),
    (115, Limit::Deadline { at: 2, flags: 1, clock: 0 }),
    (441, Limit::Timespec(3)),
];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const CALLS: &[(u64, Limit)] = &[];

/// The most time until a timer wakes the process' first thread; `None` where it is running, waits without a time-out, or cannot be
/// read.
pub(super) fn wakes_in(pid: u32) -> Option<Duration> {
    let (number, arguments) = call(&fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?)?;
    let (_, limit) = CALLS.iter().find(|(known, _)| *known == number)?;
    let pair = |index: usize| -> Option<[i64; 2]> {
        let address = arguments.get(index).copied().filter(|address| *address != 0)?;
        let mut bytes = [0; 16];
        File::open(format!("/proc/{pid}/mem")).ok()?.read_exact_at(&mut bytes, address).ok()?;
        let half = |from: usize| i64::from_ne_bytes(bytes[from..from + 8].try_into().unwrap_or_default());
        Some([half(0), half(8)])
    };
    match *limit {
        Limit::Milliseconds(index) => milliseconds(*arguments.get(index)?),
        Limit::Timespec(index) => span(pair(index)?, 1),
        Limit::Timeval(index) => span(pair(index)?, 1000),
        Limit::Deadline { at, flags, clock } => {
            let until = span(pair(at)?, 1)?;
            if arguments.get(flags)? & ABSOLUTE == 0 {
                return Some(until);
            }
            let clock = if *arguments.get(clock)? == 0 { ClockId::Realtime } else { ClockId::Monotonic };
            let now = clock_gettime(clock);
            Some(until.saturating_sub(span([now.tv_sec, now.tv_nsec], 1)?))
        }
    }
}

/// The call's number and arguments: `230 0x1 0x1 0x7ffc… 0x0 0x0 0x0 0x7ffc… 0x7f…`. A process that runs has none.
fn call(line: &str) -> Option<(u64, Vec<u64>)> {
    let mut words = line.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let argument = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok();
    let arguments: Option<Vec<u64>> = words.take(6).map(argument).collect();
    Some((number, arguments?))
}

fn milliseconds(argument: u64) -> Option<Duration> {
    // The kernel takes an `int`.
    let given = u32::try_from(argument & u64::from(u32::MAX)).ok()?.cast_signed();
    u64::try_from(given).ok().map(Duration::from_millis)
}

fn span([seconds, parts]: [i64; 2], nanoseconds: u32) -> Option<Duration> {
    let parts = u32::try_from(parts).ok()?.checked_mul(nanoseconds)?;
    Some(Duration::new(u64::try_from(seconds).ok()?, parts))
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};
    use std::thread::sleep;

    use super::*;

    #[test]
    fn a_call_is_read() {
        assert_eq!(call("232 0x5 0x7f 0x40 0x2710 0x0 0x8 0x7 0x8"), Some((232, vec![5, 127, 64, 10_000, 0, 8])));
        assert_eq!(call("running\n"), None);
        assert_eq!(milliseconds(0x2710), Some(Duration::from_secs(10)));
        assert_eq!(milliseconds(0xffff_ffff), None);
        assert_eq!(milliseconds(u64::MAX), None);
        assert_eq!(span([-1, 0], 1), None);
    }

    fn python(code: &str) -> Option<Child> {
        Command::new("python3").args(["-c", code]).spawn().ok()
    }

    fn of(code: &str) -> Option<Duration> {
        let mut child = python(code)?;
        let found = (0..50).find_map(|_| {
            sleep(Duration::from_millis(100));
            wakes_in(child.id()).filter(|span| *span > Duration::from_secs(60))
        });
        child.kill().unwrap();
        child.wait().unwrap();
        found
    }

    #[test]
    fn a_sleep_ends_by_the_clock_and_an_event_does_not() {
        if python("").is_none() || fs::read_to_string("/proc/self/syscall").is_err() {
            return;
        }
        for code in [
            "import time; time.sleep(100)",
            "import asyncio; asyncio.run(asyncio.sleep(100))",
            "import select; select.select([], [], [], 100)",
        ] {
            let found = of(code).unwrap_or_default();
            assert!(found > Duration::from_secs(60) && found <= Duration::from_secs(101), "{code}: {found:?}");
        }
        assert_eq!(of("import signal; signal.pause()"), None);
    }
}
