//! A terminal of its own for a shell inside: what runs there never holds the user's, so it cannot type into it, stop it or keep it.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize};

/// How often the window's size and the signals are looked at.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// Runs a program until it ends or the user's signal comes: at a terminal of its own where we are at one, else with our input and
/// output, in a session without a terminal.
pub(super) fn run(
    mut program: Vec<std::ffi::OsString>,
    vars: &crate::plan::Vars,
    interrupted: &AtomicBool,
) -> Result<ExitStatus> {
    let at_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let setsid = which::which("setsid").context("setsid (util-linux) is not installed")?;
    let mut words = vec![setsid.into_os_string()];
    words.extend(at_terminal.then(|| "--ctty".into()));
    words.push("--wait".into());
    words.append(&mut program);
    let (first, arguments) = words.split_first().context("the sandbox has no shell")?;
    let mut command = Command::new(first);
    command.args(arguments).env_clear().envs(vars);
    if !at_terminal {
        return command.status().context("cannot run the shell");
    }
    let master =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).context("cannot make a terminal")?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let slave =
        rustix::fs::open(&name, flags, rustix::fs::Mode::empty()).context("cannot open the terminal that was made")?;
    tcsetwinsize(&master, tcgetwinsize(io::stdin())?)?;
    command.stdin(Stdio::from(slave.try_clone()?)).stdout(Stdio::from(slave.try_clone()?)).stderr(Stdio::from(slave));
    let child = command.spawn().context("cannot run the shell")?;
    // Its copies of the other end go with it, or the end of the shell would not be heard.
    drop(command);
    let _raw = Raw::set()?;
    relay(child, master, interrupted)
}

/// The user's terminal passing every key on, until this is dropped.
struct Raw(Termios);

impl Raw {
    fn set() -> Result<Self> {
        let before = tcgetattr(io::stdin()).context("cannot read the terminal's settings")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).context("cannot change the terminal's settings")?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Carries keys in and output out. Gives how the shell ended.
fn relay(mut child: Child, master: OwnedFd, interrupted: &AtomicBool) -> Result<ExitStatus> {
    let mut master = File::from(master);
    let (stdin, mut stdout) = (io::stdin(), io::stdout());
    let mut size = tcgetwinsize(&stdin)?;
    let mut has_keys = true;
    let mut buffer = [0; 16 * 1024];
    loop {
        if interrupted.load(Ordering::Relaxed) {
            let _ = child.kill();
            return Ok(child.wait()?);
        }
        let now = tcgetwinsize(&stdin)?;
        if (now.ws_row, now.ws_col) != (size.ws_row, size.ws_col) {
            size = now;
            tcsetwinsize(&master, now)?;
        }
        let (output, keys) = {
            let mut waited = vec![PollFd::from_borrowed_fd(master.as_fd(), PollFlags::IN)];
            if has_keys {
                waited.push(PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN));
            }
            match poll(&mut waited, Some(&TICK)) {
                Err(rustix::io::Errno::INTR) => continue,
                found => found?,
            };
            (!waited[0].revents().is_empty(), waited.get(1).is_some_and(|keys| !keys.revents().is_empty()))
        };
        if output {
            match master.read(&mut buffer) {
                // The last process that had the other end is gone.
                Ok(0) | Err(_) => return Ok(child.wait()?),
                Ok(length) => {
                    stdout.write_all(&buffer[..length])?;
                    stdout.flush()?;
                }
            }
        } else if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if keys {
            let length = rustix::io::read(&stdin, &mut buffer[..]).unwrap_or_default();
            has_keys = length > 0;
            master.write_all(&buffer[..length])?;
        }
    }
}
