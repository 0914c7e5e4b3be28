//! Runs one command line: streams its merged output, holds it to its limits, and leaves nothing running.

use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use duct::ReaderHandle;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Serialize;

use super::{CommandLine, ended};

/// How often limits and interruption are looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long a process group has between TERM and KILL.
const GRACE: Duration = Duration::from_millis(200);
/// How much is read at once, and how long a line may be before it is cut in two.
const CHUNK: usize = 64 * 1024;
/// How many unread chunks may wait: 2 MiB, whatever the child prints.
const BACKLOG: usize = 32;

/// How a process ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl Exit {
    /// Whether it is exit code 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// The code a shell would report: 128 + the signal's number for a signal.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

/// How a command line came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Exited(Exit),
    /// By us: no output for too long (`silent`), or too long in all.
    TimedOut {
        /// Whether it was the silence.
        silent: bool,
    },
    /// By the user.
    Interrupted,
}

/// How long a command may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In all.
    pub total: Duration,
    /// Without a line of output.
    pub silence: Option<Duration>,
}

/// What [`Running::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A line, without its end; invalid UTF-8 is replaced.
    Line(String),
    /// Nothing within the time given.
    Quiet,
    /// The output has ended.
    Closed,
}

/// A command line that is running, in a process group of its own: the terminal's Ctrl-C does not reach it.
/// Dropping it kills the group.
pub struct Running {
    reader: Arc<ReaderHandle>,
    chunks: Receiver<Vec<u8>>,
    pending: Vec<u8>,
    /// How much of `pending` has been handed out.
    taken: usize,
    group: u32,
    closed: bool,
}

/// Starts `command`.
pub fn spawn(command: &CommandLine) -> io::Result<Running> {
    let Some((program, arguments)) = command.argv.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "an empty command line"));
    };
    let reader = duct::cmd(program, arguments)
        .full_env(&command.vars)
        .stdin_null()
        .stderr_to_stdout()
        .unchecked()
        .before_spawn(|command| {
            command.process_group(0);
            Ok(())
        })
        .reader()?;
    let group = reader.pids().first().copied().unwrap_or_default();
    let reader = Arc::new(reader);
    let chunks = chunks_of(Arc::clone(&reader));
    Ok(Running { reader, chunks, pending: Vec::new(), taken: 0, group, closed: false })
}

impl Running {
    /// The process id of the command, which is also that of its group.
    pub fn pid(&self) -> u32 {
        self.group
    }

    /// The next line of output, waiting at most `wait` for it.
    pub fn next(&mut self, wait: Duration) -> Next {
        let deadline = Instant::now() + wait;
        loop {
            if let Some(line) = self.pending_line() {
                return Next::Line(line);
            }
            if self.closed {
                return Next::Closed;
            }
            match self.chunks.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(chunk) => {
                    self.pending.drain(..self.taken);
                    self.taken = 0;
                    self.pending.extend(chunk);
                }
                Err(RecvTimeoutError::Timeout) => return Next::Quiet,
                Err(RecvTimeoutError::Disconnected) => self.closed = true,
            }
        }
    }

    /// What it printed, byte for byte as it comes, waiting at most `wait` for it; none where that was nothing.
    pub fn bytes(&mut self, wait: Duration) -> Option<Vec<u8>> {
        match self.chunks.recv_timeout(wait) {
            Ok(chunk) => Some(chunk),
            Err(error) => {
                self.closed |= error == RecvTimeoutError::Disconnected;
                None
            }
        }
    }

    fn pending_line(&mut self) -> Option<String> {
        let rest = &self.pending[self.taken..];
        let (line, used) = match memchr::memchr(b'\n', rest) {
            Some(end) => (&rest[..end], end + 1),
            None if rest.len() >= CHUNK => (&rest[..CHUNK], CHUNK),
            None if self.closed && !rest.is_empty() => (rest, rest.len()),
            None => return None,
        };
        // A progress bar redraws its line with carriage returns: the last state is the line.
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.rsplit(|byte| *byte == b'\r').next().unwrap_or(line);
        let text = String::from_utf8_lossy(line).into_owned();
        self.taken += used;
        Some(text)
    }

    /// How the command ended, or `None` while it runs (its output may have ended before).
    pub fn exit(&self) -> io::Result<Option<Exit>> {
        Ok(self.reader.try_wait()?.map(|output| exit_of(output.status)))
    }

    /// The same, waiting at most `most` for the end.
    pub fn wait(&self, most: Duration) -> io::Result<Option<Exit>> {
        let exit = self.exit()?;
        if exit.is_some() {
            return Ok(exit);
        }
        if let Some(child) = i32::try_from(self.group).ok().and_then(Pid::from_raw) {
            ended::wait(child, most);
        }
        self.exit()
    }

    /// Ends the whole group: TERM, a short grace, KILL.
    pub fn end(&self) {
        signal_group(self.group, Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while let Ok(None) = self.wait(deadline.saturating_duration_since(Instant::now())) {
            if Instant::now() >= deadline {
                break;
            }
        }
        signal_group(self.group, Signal::KILL);
    }

    /// Follows it to its end, and hands each output line to `on_line`. The limits count from now on.
    ///
    /// # Errors
    /// The system does not say how it ended.
    pub fn follow(
        &mut self,
        limits: Limits,
        interrupted: &AtomicBool,
        on_line: &mut dyn FnMut(&str),
    ) -> io::Result<Ended> {
        let started = Instant::now();
        let mut last_line = started;
        loop {
            // Asked before each line, because a tight output loop always has one ready.
            let now = Instant::now();
            let silent = limits.silence.is_some_and(|most| now - last_line >= most);
            let cut = if interrupted.load(Ordering::Relaxed) {
                Some(Ended::Interrupted)
            } else if silent || now - started >= limits.total {
                Some(Ended::TimedOut { silent })
            } else {
                None
            };
            if let Some(ended) = cut {
                self.end();
                return Ok(ended);
            }
            match self.next(TICK) {
                Next::Line(text) => {
                    on_line(&text);
                    last_line = now;
                }
                Next::Quiet => {}
                Next::Closed => {
                    if let Some(exit) = self.wait(TICK)? {
                        return Ok(Ended::Exited(exit));
                    }
                }
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        signal_group(self.group, Signal::KILL);
    }
}

/// Runs `command` to its end and hands each output line to `on_line`.
///
/// A non-zero exit is an [`Ended`], not an error: errors mean that the command could not be run at all.
pub fn run(
    command: &CommandLine,
    limits: Limits,
    interrupted: &AtomicBool,
    on_line: &mut dyn FnMut(&str),
) -> io::Result<Ended> {
    spawn(command)?.follow(limits, interrupted, on_line)
}

/// Reads on a thread of its own, which nobody joins: a process that left the group may hold the pipe open after the
/// group is gone.
fn chunks_of(reader: Arc<ReaderHandle>) -> Receiver<Vec<u8>> {
    let (chunks, inbox) = mpsc::sync_channel(BACKLOG);
    thread::spawn(move || {
        let mut buffer = vec![0; CHUNK];
        let mut source = &*reader;
        while let Ok(length @ 1..) = source.read(&mut buffer) {
            if chunks.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    inbox
}

fn exit_of(status: ExitStatus) -> Exit {
    match status.code() {
        Some(code) => Exit::Code(code),
        None => Exit::Signal(status.signal().unwrap_or_default()),
    }
}

fn signal_group(group: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        // The group may be gone already, which is what is wanted.
        let _ = kill_process_group(pid, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(2);
    static NEVER: AtomicBool = AtomicBool::new(false);

    fn command(script: &str) -> CommandLine {
        let vars = [("PATH", "/usr/bin:/bin"), ("TOKEN", "s3cret")];
        CommandLine {
            argv: ["sh", "-c", script].map(Into::into).to_vec(),
            vars: vars.map(|(name, value)| (name.into(), value.into())).into(),
        }
    }

    fn sh(script: &str, total: u64, silence: Option<u64>) -> (Ended, Vec<String>, Duration) {
        let limits = Limits { total: Duration::from_millis(total), silence: silence.map(Duration::from_millis) };
        let (mut lines, start) = (Vec::new(), Instant::now());
        let ended = run(&command(script), limits, &NEVER, &mut |line| lines.push(line.to_owned())).unwrap();
        (ended, lines, start.elapsed())
    }

    fn code(code: i32) -> Ended {
        Ended::Exited(Exit::Code(code))
    }

    #[test]
    fn merged_output_keeps_its_order() {
        let (ended, lines, _) = sh("echo a; echo b >&2; echo c; exit 3", 5000, None);
        assert_eq!((ended, lines.join(",").as_str()), (code(3), "a,b,c"));
    }

    #[test]
    fn a_signal_is_not_an_exit_code() {
        assert_eq!(sh("kill -SEGV $$", 5000, None).0, Ended::Exited(Exit::Signal(11)));
    }

    #[test]
    fn output_may_be_any_bytes_and_lack_a_last_line_end() {
        assert_eq!(sh("printf '\\377x\\ny'", 5000, None).1, ["\u{fffd}x", "y"]);
    }

    #[test]
    fn a_redrawn_line_shows_its_last_state() {
        assert_eq!(sh("printf '10%%\\r90%%\\r\\ndone\\r\\n'", 5000, None).1, ["90%", "done"]);
    }

    #[test]
    fn a_line_without_end_is_cut_rather_than_collected() {
        let (_, lines, _) = sh("head -c 300000 /dev/zero | tr '\\0' x", 5000, None);
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() <= CHUNK), "{}", lines.len());
        assert_eq!(lines.concat().len(), 300_000);
    }

    #[test]
    fn variables_do_not_show_in_the_command_line() {
        let script = "tr '\\0' ' ' < /proc/$$/cmdline | grep -c \"$TOKEN\"; echo $TOKEN";
        assert_eq!(sh(script, 5000, None).1, ["0", "s3cret"]);
    }

    #[test]
    fn the_total_limit_holds_while_output_comes() {
        let (ended, _, took) = sh("while :; do echo x; sleep 0.05; done", 500, Some(400));
        assert_eq!(ended, Ended::TimedOut { silent: false });
        assert!(took < SOON);
    }

    #[test]
    fn the_silence_limit_holds_with_a_grandchild() {
        let (ended, _, took) = sh("echo hi; (sleep 20 &); sleep 20", 5000, Some(300));
        assert_eq!(ended, Ended::TimedOut { silent: true });
        assert!(took < SOON);
    }

    #[test]
    fn a_process_that_left_the_group_does_not_hold_us() {
        let (ended, _, took) = sh("setsid sleep 4 & sleep 4", 5000, Some(300));
        assert_eq!(ended, Ended::TimedOut { silent: true });
        assert!(took < SOON);
    }

    #[test]
    fn a_flood_still_ends() {
        let (ended, lines, took) = sh("yes", 500, Some(400));
        assert_eq!(ended, Ended::TimedOut { silent: false });
        assert!(lines.len() > 1000 && took < SOON);
    }

    #[test]
    fn output_closed_early_is_not_the_end() {
        assert_eq!(sh("exec >&- 2>&-; sleep 0.2; exit 4", 5000, None).0, code(4));
    }

    #[test]
    fn no_exit_code_is_ever_lost() {
        for _ in 0..300 {
            assert_eq!(sh("echo x; exit 7", 5000, None).0, code(7));
        }
    }

    #[test]
    fn interruption_ends_the_group() {
        let flag = AtomicBool::new(false);
        let start = Instant::now();
        let limits = Limits { total: Duration::from_secs(9), silence: None };
        let ended = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(200));
                flag.store(true, Ordering::Relaxed);
            });
            run(&command("(sleep 20 &); sleep 20"), limits, &flag, &mut |_| {})
        });
        assert_eq!(ended.unwrap(), Ended::Interrupted);
        assert!(start.elapsed() < SOON);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let missing = CommandLine { argv: vec!["/no/such".into()], vars: Default::default() };
        let limits = Limits { total: SOON, silence: None };
        assert!(run(&missing, limits, &NEVER, &mut |_| {}).is_err());
    }
}
