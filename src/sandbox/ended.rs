//! Waits for the end of a process without asking again and again.

use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How long kernels before 5.3 are waited for in place of the process.
const TICK: Duration = Duration::from_millis(5);

/// Waits at most `most` until a child of ours, which nobody has waited for yet, has ended; a signal may cut it short.
pub(super) fn wait(child: Pid, most: Duration) {
    match pidfd_open(child, PidfdFlags::empty()) {
        Ok(process) => {
            let limit = Timespec::try_from(most).ok();
            let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], limit.as_ref());
        }
        Err(_) => thread::sleep(most.min(TICK)),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_end_is_noticed_at_once_and_the_limit_holds() {
        let mut child = Command::new("sleep").arg("0.2").spawn().unwrap();
        let (pid, begun) = (Pid::from_child(&child), Instant::now());
        wait(pid, Duration::from_millis(20));
        assert!(child.try_wait().unwrap().is_none() || begun.elapsed() >= Duration::from_millis(200));
        while begun.elapsed() < Duration::from_secs(10) && child.try_wait().unwrap().is_none() {
            wait(pid, Duration::from_secs(10));
        }
        assert!(child.try_wait().unwrap().is_some() && begun.elapsed() < Duration::from_secs(5));
    }
}
