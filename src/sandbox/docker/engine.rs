//! The command line client of a container engine. Never the socket itself: contexts, `DOCKER_HOST` over ssh, rootless
//! set-ups and podman then work as they do for the user.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::fault;
use crate::plan::Vars;
use crate::sandbox::{CommandLine, Interrupted, MachineFailure, Unavailable};

/// How often a long answer looks whether it is still waited for.
const TICK: Duration = Duration::from_millis(50);

/// In the order they are looked for.
const PROGRAMS: &[&str] = &["docker", "podman"];

/// What the client needs of our own environment: where the engine is, and how to reach it.
const CLIENT_VARIABLES: &[&str] = &[
    "ALL_PROXY",
    "CONTAINERS_CONF",
    "CONTAINER_HOST",
    "CONTAINER_SSHKEY",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LOGNAME",
    "NO_PROXY",
    "PATH",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "USER",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];
const CLIENT_PREFIXES: &[&str] = &["DOCKER_", "PODMAN_", "XDG_", "DBUS_"];

/// How long an answer of the engine may take that needs no work.
pub(super) const SOON: Duration = Duration::from_secs(20);
/// How long it may work: copy, create, remove.
pub(super) const WORK: Duration = Duration::from_secs(300);

/// `docker` or `podman`, and the environment it is called with.
#[derive(Debug, Clone)]
pub struct Engine {
    program: PathBuf,
    vars: Vars,
    /// What it and its copies have told of what does not change in a run.
    told: Arc<Mutex<HashMap<Vec<String>, Answer>>>,
}

/// What a call printed.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Engine {
    /// The first client on the search path.
    pub fn find() -> Result<Self, Unavailable> {
        let program = PROGRAMS.iter().find_map(|name| which::which(name).ok()).ok_or_else(|| Unavailable {
            missing: "neither docker nor podman is installed".into(),
            cures: vec!["sudo apt-get install docker.io".into(), "sudo apt-get install podman".into()],
        })?;
        let own =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Self::new(program, own.filter(|(name, _)| is_for_client(name)).collect()))
    }

    /// A given client with a given environment.
    pub fn new(program: PathBuf, vars: Vars) -> Self {
        Self { program, vars, told: Arc::default() }
    }

    /// `docker` or `podman`, as messages name it.
    pub fn name(&self) -> String {
        self.program.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The client's program file.
    pub fn program(&self) -> &Path {
        &self.program
    }

    pub(super) fn vars(&self) -> &Vars {
        &self.vars
    }

    /// The engine's version; fails with what is wrong and how to cure it.
    pub fn version(&self) -> Result<String, Unavailable> {
        let template = if self.name() == "podman" { "{{.Client.Version}}" } else { "{{.Server.Version}}" };
        let answer = self.ask_once(&["version", "--format", template]).map_err(|error| Unavailable {
            missing: format!("{} does not answer: {error:#}", self.name()),
            cures: vec![format!("{} version", self.name())],
        })?;
        let version = answer.stdout.trim();
        if answer.success && !version.is_empty() && !version.starts_with('<') {
            return Ok(version.to_owned());
        }
        let lost = fault::explain(&self.name(), &answer.stderr).unwrap_or_else(|| {
            MachineFailure::for_good(format!("{} does not answer", self.name()), fault::first_line(&answer.stderr))
        });
        Err(Unavailable { missing: lost.what, cures: vec![lost.next] })
    }

    /// Half of the memory of the engine's machine, in bytes; none where it does not say.
    pub(super) fn half_of_memory(&self) -> Option<u64> {
        let template = if self.name() == "podman" { "{{.Host.MemTotal}}" } else { "{{.MemTotal}}" };
        let answer = self.ask_once(&["info", "--format", template]).ok()?;
        answer.stdout.trim().parse::<u64>().ok().map(|total| total / 2).filter(|half| *half > 0)
    }

    /// The folder of the engine's machine that holds what containers write; none where it does not say.
    pub(super) fn root(&self) -> Option<PathBuf> {
        let template = if self.name() == "podman" { "{{.Store.GraphRoot}}" } else { "{{.DockerRootDir}}" };
        let answer = self.ask_once(&["info", "--format", template]).ok()?;
        Some(PathBuf::from(answer.stdout.trim())).filter(|root| answer.success && root.is_absolute())
    }

    /// The command line of the client, to be run by others.
    pub(super) fn command<S: AsRef<str>>(&self, arguments: impl IntoIterator<Item = S>) -> CommandLine {
        let arguments = arguments.into_iter().map(|argument| OsString::from(argument.as_ref()));
        let argv = std::iter::once(self.program.clone().into_os_string()).chain(arguments).collect();
        CommandLine { argv, vars: self.vars.clone() }
    }

    /// Calls the client and waits for its answer. An error means that it could not be called, or took too long.
    pub(super) fn ask(&self, arguments: &[&str], limit: Duration) -> Result<Answer> {
        self.ask_while(arguments, limit, &AtomicBool::new(false))
    }

    /// As [`ask`](Self::ask), of what does not change in a run: the client is called again only where it failed.
    pub(super) fn ask_once(&self, arguments: &[&str]) -> Result<Answer> {
        let call: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        if let Some(answer) = self.told().get(&call) {
            return Ok(answer.clone());
        }
        let answer = self.ask(arguments, SOON)?;
        if answer.success {
            self.told().insert(call, answer.clone());
        }
        Ok(answer)
    }

    fn told(&self) -> MutexGuard<'_, HashMap<Vec<String>, Answer>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`ask`](Self::ask), for as long as nobody interrupts it.
    pub(super) fn ask_while(&self, arguments: &[&str], limit: Duration, interrupted: &AtomicBool) -> Result<Answer> {
        let handle = duct::cmd(&self.program, arguments)
            .full_env(&self.vars)
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .before_spawn(own_group)
            .start()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        let until = Instant::now() + limit;
        let output = loop {
            let left = until.saturating_duration_since(Instant::now());
            if let Some(output) = handle.wait_timeout(left.min(TICK))? {
                break output;
            }
            if interrupted.load(Ordering::Relaxed) {
                handle.kill()?;
                return Err(Interrupted.into());
            }
            if left.is_zero() {
                handle.kill()?;
                let what = format!("{} did not answer within {} s", self.name(), limit.as_secs());
                return Err(MachineFailure::for_now(what, format!("see whether `{} info` answers", self.name())).into());
            }
        };
        Ok(Answer {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Fetches an image, which may take minutes.
    pub(super) fn pull(&self, image: &str, limit: Duration, interrupted: &AtomicBool) -> Result<()> {
        let answer = self.ask_while(&["pull", "--quiet", image], limit, interrupted)?;
        self.told().clear();
        if answer.success { Ok(()) } else { Err(self.lost(&format!("pull {image}"), &answer.stderr).into()) }
    }

    /// As [`ask`](Self::ask), where anything but success is a fault of the machine. `doing` completes "could not ...".
    pub(super) fn demand(&self, doing: &str, arguments: &[&str], limit: Duration) -> Result<String> {
        let answer = self.ask(arguments, limit)?;
        if answer.success {
            return Ok(answer.stdout);
        }
        Err(self.lost(doing, &answer.stderr).into())
    }

    /// Removes an image, and not those that it was made upon: they may be wanted still.
    ///
    /// # Errors
    /// It is used, by another image too, or the engine does not answer.
    pub(super) fn remove_image(&self, image: &str, options: &[&str]) -> Result<()> {
        let ask = |own: &[&str]| self.ask(&[&["image", "rm"], own, options, &[image]].concat(), WORK);
        let mut answer = ask(&["--no-prune"])?;
        // Podman of some years ago does not have the option.
        if !answer.success && answer.stderr.contains("unknown flag") {
            answer = ask(&[])?;
        }
        match answer.success {
            true => Ok(()),
            false => Err(self.lost(&format!("remove the image {image}"), &answer.stderr).into()),
        }
    }

    /// The fault that `stderr` tells of.
    pub(super) fn lost(&self, doing: &str, stderr: &str) -> MachineFailure {
        fault::explain(&self.name(), stderr).unwrap_or_else(|| {
            let what = format!("could not {doing}: {}", fault::first_line(stderr));
            MachineFailure::for_good(what, format!("see whether `{} run` works by hand", self.name()))
        })
    }
}

/// The terminal's Ctrl-C is for us to act on, not for the client.
#[allow(clippy::unnecessary_wraps)]
pub(super) fn own_group(command: &mut std::process::Command) -> std::io::Result<()> {
    std::os::unix::process::CommandExt::process_group(command, 0);
    Ok(())
}

fn is_for_client(name: &str) -> bool {
    CLIENT_VARIABLES.contains(&name) || CLIENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_gets_what_leads_to_the_engine_and_nothing_else() {
        for name in ["PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"] {
            assert!(is_for_client(name), "{name}");
        }
        for name in ["AWS_SECRET_ACCESS_KEY", "PIP_INDEX_URL", "GITHUB_TOKEN"] {
            assert!(!is_for_client(name), "{name}");
        }
    }

    #[test]
    fn an_engine_that_is_not_there_is_told_with_its_cure() {
        let vars = Vars::from([("DOCKER_HOST".into(), "unix:///nonexistent/docker.sock".into())]);
        let Ok(program) = which::which("docker") else { return };
        let unavailable = Engine::new(program, vars).version().unwrap_err();
        assert!(unavailable.missing.contains("not running"), "{unavailable:?}");
    }
}
