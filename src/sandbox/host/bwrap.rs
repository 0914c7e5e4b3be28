//! The command line of bubblewrap.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::system::system_command;
use super::{confine, seccomp};
use crate::plan::Vars;
use crate::sandbox::CommandLine;
use crate::sandbox::netns::Network;

/// One thing shown inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Bind {
    /// A file or directory that cannot be written to.
    ReadOnly(PathBuf, String),
    /// A directory that can.
    Writable(PathBuf, String),
    /// An empty directory that hides what is there.
    Empty(String),
}

impl Bind {
    pub(super) fn read_only(from: &Path, to: impl Into<String>) -> Self {
        Self::ReadOnly(from.to_owned(), to.into())
    }
}

/// Which session a command runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Session {
    /// In a session of its own, out of reach of the terminal.
    Detached,
    /// So too, and process 1, which a signal without a handler does not end: what a container's app is.
    FirstProcess,
    /// At the user's terminal.
    Terminal,
}

/// Everything that does not change from one command of a run to the next.
#[derive(Debug, Clone)]
pub(super) struct Bubblewrap {
    pub(super) program: PathBuf,
    /// The run's own `/`.
    pub(super) rootfs: PathBuf,
    pub(super) binds: Vec<Bind>,
    pub(super) network: Network,
    pub(super) memory: super::memory::Cap,
    /// The file with [`seccomp::filter`], which nothing inside can reach.
    pub(super) filter: Option<PathBuf>,
}

/// What a container has in `/dev/shm` unless it is started otherwise, in bytes: 64 MiB, by Docker's and BuildKit's default.
const SHARED_MEMORY: &str = "67108864";

/// Inside, the run is root, and alone.
const ISOLATION: &[&str] = &[
    "--unshare-user",
    "--uid",
    "0",
    "--gid",
    "0",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--hostname",
    "buildkitsandbox",
    "--die-with-parent",
];

/// Variables that the host's own loader would obey before bubblewrap starts.
fn is_for_the_loader(name: &str) -> bool {
    name.starts_with("LD_") || name == "GLIBC_TUNABLES" || name == "GCONV_PATH"
}

/// Puts the process that is to become the sandbox, a single thread, into its control group and hands bubblewrap the filter. Not by `sh`, which
/// is a shell that drops variables whose names it could not have set.
const ENTER: &str = r#"{ [ -z "$1" ] || echo 0 > "$1"; } && shift && exec "$@" 9< "$0""#;

/// Descriptor of [`ENTER`].
const FILTER: &[&str] = &["--seccomp", "9"];

impl Bubblewrap {
    /// Writes the filter of system calls where a run keeps what it does not show inside.
    pub(super) fn write_filter(run: &Path) -> Result<Option<PathBuf>> {
        let Some(filter) = seccomp::filter() else { return Ok(None) };
        let path = run.join("filter");
        fs::write(&path, filter).with_context(|| format!("could not write {}", path.display()))?;
        Ok(Some(path))
    }

    /// The words before bubblewrap's own.
    fn wrapper(&self) -> Vec<OsString> {
        let group = self.memory.entrance().map(PathBuf::into_os_string);
        let filter = self.filter.clone().unwrap_or_else(|| "/dev/null".into());
        if group.is_none() && self.filter.is_none() {
            return Vec::new();
        }
        let bash = system_command("bash").unwrap_or_else(|| "/bin/bash".into());
        let mut words = vec![bash.into_os_string()];
        words.extend(["-p", "-c", ENTER].map(OsString::from));
        words.extend([filter.into_os_string(), group.unwrap_or_default()]);
        words
    }

    /// Runs `inner` inside, with exactly `vars`.
    pub(super) fn command(&self, inner: &[&str], vars: &Vars, session: Session) -> CommandLine {
        let mut argv = self.wrapper();
        argv.extend(self.network.enter().iter().cloned());
        argv.push(self.program.clone().into_os_string());
        argv.extend(ISOLATION.iter().map(OsString::from));
        argv.extend(confine::arguments().into_iter().map(OsString::from));
        if self.filter.is_some() {
            argv.extend(FILTER.iter().map(OsString::from));
        }
        match session {
            Session::Detached => argv.push("--new-session".into()),
            Session::FirstProcess => argv.extend(["--new-session", "--as-pid-1"].map(OsString::from)),
            Session::Terminal => {}
        }
        if self.network.is_offline() {
            argv.push("--unshare-net".into());
        }
        argv.extend(["--bind".into(), self.rootfs.clone().into_os_string(), "/".into()]);
        for bind in &self.binds {
            match bind {
                Bind::ReadOnly(from, to) => argv.extend(["--ro-bind".into(), from.clone().into_os_string(), to.into()]),
                Bind::Writable(from, to) => argv.extend(["--bind".into(), from.clone().into_os_string(), to.into()]),
                Bind::Empty(at) => argv.extend(["--tmpfs", at, "--remount-ro", at].map(OsString::from)),
            }
        }
        // The kernel's settings belong to whoever is root outside, which a run started by root is inside too: its
        // core_pattern alone would be a way out.
        argv.extend(["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"].map(OsString::from));
        argv.extend(["--dev", "/dev", "--chdir", "/app"].map(OsString::from));
        if confine::knows_sizes() {
            argv.extend(["--perms", "1777", "--size", SHARED_MEMORY, "--tmpfs", "/dev/shm"].map(OsString::from));
        }
        let (loader, vars): (Vars, Vars) = vars.clone().into_iter().partition(|(name, _)| is_for_the_loader(name));
        for (name, value) in loader {
            argv.extend([OsString::from("--setenv"), name.into(), value.into()]);
        }
        argv.push("--".into());
        argv.extend(inner.iter().map(OsString::from));
        CommandLine { argv, vars }
    }
}
