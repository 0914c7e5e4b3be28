//! Where a step runs. A [`Backend`] only opens; a [`Sandbox`] turns steps into command lines, answers the smoke probe, and
//! closes. One [`process`] module runs the command lines of every backend.

pub mod audit;
pub mod cache;
pub mod context;
mod copy_of;
pub(crate) mod disk;
pub mod docker;
pub mod elf;
mod ended;
mod fingerprint;
pub mod host;
mod inside;
mod kept;
mod links;
pub(crate) mod loopback;
mod machine_failure;
mod mirror;
pub mod netns;
pub mod network;
pub mod nix;
mod page_link;
pub mod process;
mod progress;
pub mod python;
mod quotas;
mod reach;
mod remembered;
mod reuse;
mod session;
mod socket_address;
mod step;
pub mod store;
pub mod sweep;
mod timer;
mod upstream;
mod work;

pub use copy_of::CopyOf;
pub use kept::{Kept, quoted};
pub use machine_failure::MachineFailure;
pub use progress::{Interrupted, Progress};
pub use quotas::Quotas;
pub use reach::Reach;
pub use reuse::{IndexAnswer, Origin, Prepared, Reuse, Upcoming, time_span};
pub(crate) use session::LONGEST as SESSION_LONGEST;
pub use step::{CommandLine, Role, Step};
pub use work::Work;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::servers::Session;
use crate::plan::{FileSet, Installs, Plan};

/// A way of reproducing the cloud's machine.
pub trait Backend {
    /// `host`, `nix` or `docker`.
    fn name(&self) -> &'static str;

    /// Cheap and without side effects: is it usable here for this plan, and if not, what is missing?
    fn check(&self, plan: &Plan) -> Result<(), Unavailable>;

    /// Makes a sandbox with an empty `/app` and no virtual environment. [`Interrupted`] is the error where nobody waits for it any more.
    fn open(&self, spec: &Spec<'_>, progress: &mut Progress<'_>) -> Result<Box<dyn Sandbox>>;

    /// A sandbox that was kept, as its run left it; one that is gone or in use is an error.
    fn reopen(&self, spec: &Spec<'_>, kept: &Kept) -> Result<Box<dyn Sandbox>>;
}

/// A live place to run steps in. Dropping it does what [`Sandbox::close`] does.
///
/// `Sync`, because the smoke probe asks from a thread of its own while the app's output is read, and `Send`, because it is closed while
/// the run is told of.
pub trait Sandbox: Send + Sync {
    /// What the setup phase (`nix-env -if`, `apt-get install`) comes to here, in order.
    fn setup(&mut self) -> Result<Vec<SetupStep>>;

    /// `COPY . /app/.`, or only the named files of a phase with `onlyIncludeFiles`, but for what the plan excludes. Files that are in `/app` and not in the
    /// project stay, as they do in the cloud.
    fn copy_in(&mut self, only: Option<&[String]>, exclude: &[String]) -> Result<()>;

    /// Goes on in the runtime image, into which only `taken` is copied from the built one. Gives the paths of them that the
    /// built one does not have.
    fn take(&mut self, taken: &[FileSet]) -> Result<Vec<String>>;

    /// The host command that runs `step` inside. Pure.
    fn command(&self, step: &Step<'_>) -> CommandLine;

    /// Asked before each command of the build: shows what an earlier run of it made, where this one would come out the same,
    /// and gets ready to keep what it makes otherwise.
    fn prepare(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        let _ = (upcoming, interrupted);
        Prepared::RUN
    }

    /// Stores what a prepared command has made, for later runs. `output` is what it printed, line by line, where it passed. Gives why
    /// the result cannot be reused, where it cannot.
    fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        let _ = (output, interrupted);
        None
    }

    /// What the command that failed last would have printed, had nobody watched it.
    fn withheld(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// A line that a command printed, as it would be in the cloud; none for one that would not be there.
    fn as_printed(&self, line: &str) -> Option<String> {
        Some(line.to_owned())
    }

    /// What the started app listens on, and what it answers.
    fn probe(&self, probe: &Probe<'_>) -> ProbeAnswer;

    /// What the app answers to the probe's GET, head and all, up to a quarter of a megabyte; none where it cannot be asked.
    fn page(&self, probe: &Probe<'_>) -> Option<String>;

    /// The host command that begins a session of the page and prints what the app sends in it, byte for byte; none where nobody listens.
    fn visit(&self, probe: &Probe<'_>, session: &Session) -> Option<CommandLine>;

    /// Sends SIGTERM to the started app as the platform does: to its first process alone. `pid` is the host's process id
    /// of the start command. Gives whether that process has a handler for it; the kernel spares process 1 without one.
    fn ask_to_stop(&self, pid: u32) -> Result<bool>;

    /// Whether anything inside was killed for memory since the sandbox was opened.
    fn ran_out_of_memory(&self) -> bool;

    /// Asked after a step that did not pass: has the machine failed rather than the command?
    fn lost(&self) -> Option<MachineFailure>;

    /// Asked once the start was judged: did the run pass a limit that is looked at from time to time?
    fn overspent(&self) -> Option<MachineFailure> {
        None
    }

    /// Asked after a step that failed with one line: is that the sandbox's own, which never came to run the command?
    fn refused(&self, _line: &str) -> Option<MachineFailure> {
        None
    }

    /// What this sandbox could not reproduce for this plan, in the order found.
    fn unverified(&self) -> Vec<Unverified>;

    /// What looks, once the build has passed, for libraries that the cloud would lack at start; the app may run meanwhile. Where the
    /// libraries are the cloud's own, what is missing shows by itself.
    fn audit(&self) -> Audit {
        Box::new(|| Ok(Vec::new()))
    }

    /// Ends every process inside, then removes what was made. Calling it twice is harmless.
    fn close(&mut self) -> Result<()>;

    /// Lets what was made outlive this value instead, for [`Backend::reopen`].
    fn keep(&mut self) -> Result<Kept>;
}

/// Looks for libraries, on whatever thread.
pub type Audit = Box<dyn FnOnce() -> Result<Vec<MissingLibrary>> + Send>;

/// Refuses plans whose tools this backend cannot install.
fn only_nix(plan: &Plan, backend: &str) -> Result<(), Unavailable> {
    if plan.image.installs == Installs::Nix {
        return Ok(());
    }
    let missing = format!("the {backend} backend does not run Railpack's plans");
    Err(Unavailable { missing, cures: vec!["--backend host".to_owned()] })
}

/// What a sandbox is made from.
#[derive(Debug, Clone)]
pub struct Spec<'a> {
    /// The project's root on this machine; copied, never bound.
    pub project: &'a Path,
    /// Where that is a copy.
    pub copy: Option<CopyOf>,
    /// The plan to be run.
    pub plan: &'a Plan,
    /// The user's choice of interpreter, instead of searching for one.
    pub python: Option<PathBuf>,
    /// Whether the network is reachable inside.
    pub network: bool,
    /// Services of this machine that are let in.
    pub reach: &'a [Reach],
    /// The most memory the steps may use together, in bytes; half of this machine's unless given.
    pub memory: Option<u64>,
    /// What else they may use.
    pub quotas: Quotas,
    /// Whether what earlier runs made may be shown again.
    pub reuse: Reuse,
}

impl<'a> Spec<'a> {
    /// The plan with nothing asked for: without network, and without what earlier runs made.
    pub fn of(project: &'a Path, plan: &'a Plan) -> Self {
        Self {
            project,
            copy: None,
            plan,
            python: None,
            network: false,
            reach: &[],
            memory: None,
            quotas: Quotas::default(),
            reuse: Reuse::Never,
        }
    }

    /// The folder that what is kept for the project goes by.
    fn own_project(&self) -> PathBuf {
        let own = self.copy.as_ref().and_then(|copy| copy.own(self.project));
        own.unwrap_or_else(|| self.project.to_owned())
    }
}

/// One part of the setup phase.
#[derive(Debug, Clone)]
pub enum SetupStep {
    /// A command to be run like any other.
    Run {
        /// What the report shows: the cloud's command, for example `nix-env -if .nixpacks/nixpkgs-….nix && …`.
        title: String,
        /// What the host executes.
        command: CommandLine,
    },
    /// The backend knows the answer without running anything.
    Known {
        /// What the report shows.
        title: String,
        /// What the cloud would print.
        output: Vec<String>,
        /// The exit code the cloud would see.
        code: i32,
        /// Where that is an earlier run's work, from when it is.
        origin: Option<Origin>,
    },
}

/// A question about the app that was started.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// The host's process id of the start command.
    pub pid: u32,
    /// The value of `PORT`.
    pub port: u16,
    /// The path to GET, when an HTTP answer is wanted.
    pub path: Option<&'a str>,
    /// The `Host` header to send.
    pub host: &'a str,
    /// Whether to ask as the platform's edge does, which speaks HTTPS with a visitor: from an IPv4 address that is not loopback's, as far as
    /// there is one, and telling who asks how by `X-Forwarded-Proto` and its kin. The health check goes around the edge.
    pub by_edge: bool,
    /// How long one GET may take.
    pub timeout: Duration,
}

impl Probe<'_> {
    /// Header lines that the edge adds. Source: docs.railway.com, "Specs & Limits"; Traefik and Caddy send the same.
    fn forwarded(&self) -> String {
        let host: String = self.host.chars().filter(|char| !char.is_control()).collect();
        match self.by_edge {
            true => format!("X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: {host}\r\nX-Forwarded-Proto: https\r\n"),
            false => String::new(),
        }
    }
}

/// What a [`Probe`] found.
#[derive(Debug, Clone, Default)]
pub struct ProbeAnswer {
    /// TCP addresses that processes inside listen on.
    pub listening: Vec<SocketAddr>,
    /// The HTTP status, or why there was none; absent when none was asked for or nothing listens on the port.
    pub http: Option<Result<u16, Unanswered>>,
    /// What the app's processes have done so far, where it can be seen.
    pub work: Option<Work>,
    /// Listeners of this machine, outside of the sandbox, that the app is connected to over loopback.
    pub outside: Vec<SocketAddr>,
    /// The command lines of the processes that are no shells, oldest first; none where they cannot be seen.
    pub programs: Vec<String>,
}

/// Why what listens on the port gave no HTTP status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// It took the request and said nothing for as long.
    #[error("no answer within {} s", .0.as_secs_f32())]
    Late(Duration),
    /// It ended the connection.
    #[error("the connection was closed without an answer")]
    Closed,
    /// What it said, cut short.
    #[error("the answer is not HTTP: {0}")]
    NotHttp(String),
    /// It could not be asked.
    #[error("{0}")]
    Failed(String),
}

/// Why a backend cannot be used, and the command that cures it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, thiserror::Error)]
#[error("{missing}")]
pub struct Unavailable {
    /// What is missing, in one sentence.
    pub missing: String,
    /// Commands or options that cure it, best first.
    pub cures: Vec<String>,
}

/// Something that the verdict does not cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unverified {
    /// The thing itself, for example `nixPkgs: chromium`.
    pub what: String,
    /// Why it was not checked.
    pub why: String,
}

/// A shared library that an installed package needs and the cloud does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingLibrary {
    /// For example `libGL.so.1`.
    pub soname: String,
    /// The file that needs it, relative to the venv.
    pub needed_by: PathBuf,
    /// The distribution that file belongs to, for example `opencv-python`.
    pub distribution: Option<String>,
    /// The `nixLibs` attribute that provides it, where known.
    pub nix_lib: Option<String>,
}
