//! One container that lives as long as this process does.
//!
//! Its main process is a shell that waits for the end of its input, which we hold through the client. However we end, a
//! kill -9 included, that input ends, the shell exits, every process in the container is killed and the engine removes it.
//! Only one that is to be kept finds a mark then, and goes on.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::condition::{self, Condition};
use super::engine::{Engine, SOON, WORK, own_group};
use super::labels;
use crate::sandbox::{CommandLine, MachineFailure};

/// Makes the folder that every command begins in, which podman would not, and that of our own files, says that it is up, and waits.
const MAIN: &str =
    "mkdir -p /app /run && echo ready; while read -r _; do :; done; [ -e /run/shakedown-keep ] && exec sleep infinity";
/// Makes the mark that the main process looks for.
const KEEP: &str = "mkdir -p /run && : > /run/shakedown-keep";
/// How long a container may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(120);
/// How long an engine was busy that mounted an image late.
const BUSY_FOR: Duration = Duration::from_secs(2);
/// How long the main process may take to notice that it should go.
const GONE_WITHIN: Duration = Duration::from_secs(3);

/// What a container is made from.
#[derive(Debug, Clone)]
pub(super) struct Wanted<'a> {
    pub image: &'a str,
    pub network: bool,
    pub memory: Option<u64>,
    /// How many processes at once.
    pub processes: u32,
    /// Volume and path, for each directory that outlives the container.
    pub volumes: &'a [(String, String)],
}

/// A running container.
#[derive(Debug)]
pub(super) struct Container {
    engine: Engine,
    name: String,
    keeper: Mutex<Option<Child>>,
    /// Whether it is there to be removed.
    ours: AtomicBool,
}

/// Where a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Situation {
    /// Whether the engine is on this machine, as far as that can be seen: the process that it calls the container's first is one here, and
    /// its command line ends in the container's name.
    pub(super) is_here: bool,
    /// Whether nobody else is in its network: podman's settings may lend it the machine's.
    pub(super) has_own_network: bool,
}

impl Container {
    /// Starts one. A busy engine was seen to mount an image late, so that its shell was not found: what fails is tried again, at last after
    /// a while.
    pub(super) fn start(engine: &Engine, wanted: &Wanted<'_>) -> Result<Self> {
        let started = Self::start_once(engine, wanted).or_else(|_| Self::start_once(engine, wanted));
        started.or_else(|_| {
            thread::sleep(BUSY_FOR);
            Self::start_once(engine, wanted)
        })
    }

    fn start_once(engine: &Engine, wanted: &Wanted<'_>) -> Result<Self> {
        let name = labels::new_name();
        let mut keeper = Command::new(engine.program());
        keeper.args(run_arguments(&name, wanted)).env_clear().envs(engine.vars());
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        own_group(&mut keeper)?;
        let mut child = keeper.spawn().with_context(|| format!("cannot run {}", engine.program().display()))?;
        let up = wait_until_up(&mut child);
        // Held from here on, so that a start that fails half-way is cleaned up by the drop.
        let keeper = Mutex::new(Some(child));
        let container = Self { engine: engine.clone(), name, keeper, ours: AtomicBool::new(true) };
        match up {
            Ok(()) => Ok(container),
            Err(stderr) => Err(engine.lost("start a container", &stderr).into()),
        }
    }

    /// A container that an earlier run kept.
    pub(super) fn kept(engine: &Engine, name: &str) -> Result<Self> {
        let ours = AtomicBool::new(true);
        let container = Self { engine: engine.clone(), name: name.to_owned(), keeper: Mutex::new(None), ours };
        container.condition()?;
        Ok(container)
    }

    /// Lets the container go on without us.
    pub(super) fn keep(&self) -> Result<()> {
        let answer = self.ask(KEEP, &[], SOON)?;
        if !answer.success {
            return Err(self.engine.lost("keep the container", &answer.stderr).into());
        }
        self.ours.store(false, Ordering::Relaxed);
        if let Some(mut client) = self.keeper.lock().map_or(None, |mut keeper| keeper.take()) {
            drop(client.stdin.take());
            // The client alone: the engine has the container.
            client.kill().ok();
            client.wait().ok();
        }
        Ok(())
    }

    /// Where it is, as the engine says.
    pub(super) fn situation(&self) -> Situation {
        let template = "{{.State.Pid}} {{.HostConfig.NetworkMode}}";
        let call = ["inspect", "--type", "container", "--format", template, &self.name];
        let told = self.engine.ask(&call, SOON).map(|answer| answer.stdout).unwrap_or_default();
        let (pid, network) = told.trim().split_once(' ').unwrap_or((told.trim(), ""));
        Situation { is_here: is_process_of(pid, &self.name), has_own_network: is_own(network) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Copies what is in `folder` over what is at `place`, which is made if it is not there. All of it becomes root's.
    ///
    /// Not by `docker cp`: that mounts the container's files a second time, and on fuse-overlayfs the two see each other's changes late or
    /// never. Docker 20.10 then says "could not find the file", or copies where nobody sees it (seen November 2026).
    pub(super) fn put(&self, folder: &Path, place: &str) -> Result<()> {
        self.put_packed(
            duct::cmd("tar", [OsStr::new("-C"), folder.as_os_str(), OsStr::new("-c"), OsStr::new(".")]),
            place,
        )
    }

    /// The same of an archive.
    pub(super) fn put_packed(&self, packed: duct::Expression, place: &str) -> Result<()> {
        let unpack = "mkdir -p \"$1\" && exec tar -C \"$1\" --no-same-owner --no-overwrite-dir -x";
        self.send(packed, unpack, place, "copy files into the container")
    }

    /// Gives a script of our own, run as root, what it reads, an archive to unpack at `place` for example. `doing` completes "could not ...".
    pub(super) fn send(&self, sent: duct::Expression, script: &str, place: &str, doing: &str) -> Result<()> {
        let call = ["exec", "--interactive", "--user", "0", &self.name, "/bin/bash", "-c", script, "shakedown", place];
        let sent = sent.full_env(self.engine.vars()).stdin_null().before_spawn(own_group);
        let script = duct::cmd(self.engine.program(), call).full_env(self.engine.vars()).before_spawn(own_group);
        let handle = sent.pipe(script).stdout_null().stderr_capture().unchecked().start();
        let handle =
            handle.with_context(|| format!("could not {doing}: tar or {} cannot be run", self.engine.name()))?;
        let Some(output) = handle.wait_timeout(WORK).with_context(|| format!("could not {doing}"))? else {
            handle.kill()?;
            anyhow::bail!("could not {doing}: it took longer than {} s", WORK.as_secs());
        };
        if output.status.success() {
            return Ok(());
        }
        Err(self.engine.lost(doing, &String::from_utf8_lossy(&output.stderr)).into())
    }

    /// Runs a small script of our own as root, and returns what it printed.
    pub(super) fn ask(&self, script: &str, arguments: &[&str], limit: Duration) -> Result<super::engine::Answer> {
        self.engine.ask(&self.words(script, arguments), limit)
    }

    /// Runs a small script of our own as root, and gives the first bytes that it printed, at most `most`, as a file of this machine.
    pub(super) fn print(&self, script: &str, arguments: &[&str], most: u64) -> Result<File> {
        let (engine, printed) = (&self.engine, tempfile::tempfile().context("cannot make a temporary file")?);
        let call = duct::cmd(engine.program(), self.words(script, arguments)).full_env(engine.vars());
        let call = call.stdin_null().stderr_null().unchecked().before_spawn(own_group);
        let first =
            duct::cmd("head", ["-c".to_owned(), most.to_string()]).full_env(engine.vars()).before_spawn(own_group);
        let handle = call.pipe(first).stdout_file(printed.try_clone()?).unchecked().start()?;
        if handle.wait_timeout(WORK)?.is_none() {
            handle.kill()?;
            anyhow::bail!("{} did not print files within {} s", engine.name(), WORK.as_secs());
        }
        (&printed).rewind()?;
        Ok(printed)
    }

    /// The host command that does the same.
    pub(super) fn call(&self, script: &str, arguments: &[&str]) -> CommandLine {
        let words = self.words(script, arguments).into_iter().map(OsString::from);
        let argv = std::iter::once(self.engine.program().as_os_str().to_owned()).chain(words).collect();
        CommandLine { argv, vars: self.engine.vars().clone() }
    }

    fn words<'a>(&'a self, script: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
        let head = ["exec", "--user", "0", self.name.as_str(), "/bin/bash", "-c", script, "shakedown"];
        head.iter().chain(arguments).copied().collect()
    }

    /// How it is.
    ///
    /// # Errors
    /// It is not there, or does not answer.
    pub(super) fn condition(&self) -> Result<Condition, MachineFailure> {
        let ask = || {
            self.ask(condition::SCRIPT, &[], SOON).map_err(|error| {
                error
                    .downcast::<MachineFailure>()
                    .unwrap_or_else(|error| MachineFailure::for_good(format!("{error:#}"), "run again".to_owned()))
            })
        };
        let mut answer = ask()?;
        // What is killed with its container says nothing; the next is told why it cannot run.
        if !answer.success && answer.stderr.trim().is_empty() {
            answer = ask()?;
        }
        match answer.success {
            true => Ok(Condition::read(&answer.stdout)),
            false => Err(self.engine.lost("look into the container", &answer.stderr)),
        }
    }

    /// Ends everything inside and removes the container. Calling it twice is harmless.
    pub(super) fn remove(&self) -> Result<()> {
        if !self.ours.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let mut keeper = self.keeper.lock().map_or(None, |mut keeper| keeper.take());
        drop(keeper.as_mut().and_then(|keeper| keeper.stdin.take()));
        let answer = self.engine.ask(&["rm", "--force", "--volumes", &self.name], WORK);
        if let Some(mut keeper) = keeper
            && !wait_for_end(&mut keeper)
        {
            keeper.kill().ok();
            keeper.wait().ok();
        }
        let answer = answer?;
        let removed = answer.success
            || ["no such container", "already in progress", "no container with"]
                .iter()
                .any(|sign| answer.stderr.to_lowercase().contains(sign));
        if removed { Ok(()) } else { Err(self.engine.lost("remove the container", &answer.stderr).into()) }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // Nobody is left to tell; what stays is found by its label.
        let _ = self.remove();
    }
}

fn is_process_of(pid: &str, name: &str) -> bool {
    let is_number = pid.parse::<u32>().is_ok_and(|pid| pid > 0);
    let line = std::fs::read(Path::new("/proc").join(pid).join("cmdline")).unwrap_or_default();
    is_number && line.strip_suffix(b"\0").is_some_and(|line| line.ends_with(name.as_bytes()))
}

fn is_own(network: &str) -> bool {
    let kind = network.split(':').next().unwrap_or_default();
    !["", "host", "container", "ns"].contains(&kind)
}

fn run_arguments(name: &str, wanted: &Wanted<'_>) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["run", "--rm", "--interactive", "--init", "--log-driver", "none", "--pull", "never", "--name", name]
            .map(str::to_owned)
            .to_vec();
    for label in labels::of_this_run() {
        arguments.extend(["--label".to_owned(), label]);
    }
    arguments.extend(["--user", "0", "--entrypoint", "/bin/bash"].map(str::to_owned));
    arguments.extend(["--pids-limit".into(), wanted.processes.to_string()]);
    if let Some(bytes) = wanted.memory {
        // The same for both, or half as much again would be swapped.
        arguments.extend(["--memory".into(), bytes.to_string(), "--memory-swap".into(), bytes.to_string()]);
    }
    if !wanted.network {
        arguments.extend(["--network".into(), "none".into()]);
    }
    for (volume, path) in wanted.volumes {
        arguments.extend(["--volume".into(), format!("{volume}:{path}")]);
    }
    // The name says to whoever sees the process which container's it is.
    arguments.extend([wanted.image.to_owned(), "-c".into(), MAIN.into(), name.to_owned()]);
    arguments
}

/// Waits for the word of the main process; on failure returns what the client complained of.
fn wait_until_up(child: &mut Child) -> Result<(), String> {
    let (said, inbox) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut lines = BufReader::new(stdout.take(4096));
            let mut line = String::new();
            let read = lines.read_line(&mut line);
            let _ = said.send(read.is_ok() && line.trim() == "ready");
        });
    }
    let complaint = child.stderr.take().map(|mut stderr| {
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.by_ref().take(64 * 1024).read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    match inbox.recv_timeout(UP_WITHIN) {
        Ok(true) => Ok(()),
        Ok(false) => Err(complaint.and_then(|thread| thread.join().ok()).unwrap_or_default()),
        Err(_) => Err(format!("it was not up after {} s", UP_WITHIN.as_secs())),
    }
}

fn wait_for_end(child: &mut Child) -> bool {
    let deadline = Instant::now() + GONE_WITHIN;
    while Instant::now() < deadline {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_labelled_limited_and_removes_itself() {
        let volumes = [("shakedown-cache-1".to_owned(), "/root/.cache/uv".to_owned())];
        let wanted =
            Wanted { image: "base:1", network: false, memory: Some(1 << 29), processes: 4096, volumes: &volumes };
        let line = run_arguments("shakedown-x", &wanted).join(" ");
        for part in [
            "run --rm --interactive --init --log-driver none --pull never --name shakedown-x ",
            " --label dev.shakedown=run ",
            " --user 0 --entrypoint /bin/bash ",
            " --memory 536870912 --memory-swap 536870912 ",
            " --network none ",
            " --volume shakedown-cache-1:/root/.cache/uv base:1 -c mkdir -p /app /run && echo ready; ",
        ] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        assert!(line.ends_with(" shakedown-x"), "{line}");
        assert!(!line.contains("--publish") && !line.contains("--privileged"));
    }

    #[test]
    fn a_process_is_known_by_the_name_that_its_command_ends_in() {
        let sleeper = std::process::Command::new("sh").args(["-c", "sleep 5; :", "shakedown-x"]).spawn();
        let mut sleeper = sleeper.unwrap();
        let pid = sleeper.id().to_string();
        // Until it has become the command, it is called as this test is.
        let is_known = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            is_process_of(&pid, "shakedown-x")
        });
        assert!(is_known && !is_process_of(&pid, "shakedown-y"));
        assert!(!is_process_of("", "shakedown-x") && !is_process_of("0", "shakedown-x"));
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }

    #[test]
    fn a_network_is_its_own_unless_it_is_lent() {
        assert!(["default", "bridge", "none", "slirp4netns", "pasta", "tides"].into_iter().all(is_own));
        assert!(!["", "host", "container:1", "ns:/proc/1/ns/net"].into_iter().any(is_own));
    }

    #[test]
    fn without_limits_none_are_asked_for() {
        let line =
            run_arguments("n", &Wanted { image: "i", network: true, memory: None, processes: 4096, volumes: &[] })
                .join(" ");
        assert!(!line.contains("--memory") && !line.contains("--network"), "{line}");
    }
}
