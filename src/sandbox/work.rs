//! What the processes of a started app have done so far, from `/proc`.

use std::fs;
use std::time::Duration;

use super::timer::wakes_in;

/// Sums over all processes that are alive; they only grow while none ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Processor time.
    pub processor: Duration,
    /// Bytes read and written: files, pipes and sockets together.
    pub bytes: u64,
    /// How many processes there are.
    pub processes: usize,
    /// How long until the clock wakes the one of them that sleeps longest, at most; none where all wait for something else.
    pub wakes_in: Option<Duration>,
}

/// The kernel counts processor time in hundredths of a second wherever `/proc` shows it.
const TICK: Duration = Duration::from_millis(10);

impl Work {
    /// What `processes` of this machine have done.
    pub(super) fn of(processes: &[u32]) -> Self {
        let read = |pid: u32, name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let ticks: u32 = processes.iter().filter_map(|pid| ticks(&read(*pid, "stat"))).sum();
        let bytes = processes.iter().map(|pid| bytes(&read(*pid, "io"))).sum();
        let wakes_in = processes.iter().filter_map(|pid| wakes_in(*pid)).max();
        Self { processor: TICK * ticks, bytes, processes: processes.len(), wakes_in }
    }

    /// The same from the ticks that a script has summed up.
    pub(super) fn of_ticks(ticks: u32, processes: usize) -> Self {
        Self { processor: TICK * ticks, bytes: 0, processes, wakes_in: None }
    }
}

/// `utime` and `stime` of `/proc/PID/stat`. A program's name may hold spaces and parentheses; the last one ends it.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u32>().ok()? + fields.next()?.parse::<u32>().ok()?)
}

fn bytes(io: &str) -> u64 {
    let of = |line: &str| -> Option<u64> {
        line.strip_prefix("rchar: ").or_else(|| line.strip_prefix("wchar: "))?.trim().parse().ok()
    };
    io.lines().filter_map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processs_own_figures_are_read() {
        assert_eq!(ticks("7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 12 30 0 0 20 0"), Some(42));
        assert_eq!(ticks("damaged"), None);
        assert_eq!(bytes("rchar: 100\nwchar: 23\nsyscr: 9\n"), 123);
        let own = Work::of(&[std::process::id()]);
        assert!(own.processes == 1 && own.bytes > 0);
    }
}
