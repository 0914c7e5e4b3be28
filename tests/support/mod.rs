//! What the tests share: a folder of files, small plans, a run in a backend.
#![allow(clippy::print_stderr, clippy::unwrap_used, dead_code, unreachable_pub)]

pub mod folder;

pub use folder::folder;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Result;
use shakedown::builder::nixpacks::{self, Phase, Start};
use shakedown::builder::{DeployOptions, Planned, RailpackAnswer, railpack};
use shakedown::plan::{Plan, Vars};
use shakedown::platform::Deploy;
use shakedown::project::{Project, Source};
use shakedown::run::{self, Event, Job, Outcome, Settings, SmokeKind, Window};
use shakedown::sandbox::host::Host;
use shakedown::sandbox::netns;
use shakedown::sandbox::{Backend, Progress, Sandbox, Spec};
use shakedown::secret::Secrets;
use tempfile::TempDir;

/// The commit that Nixpacks pins for today's pythons.
pub const ARCHIVE: &str = "bc8f8d1be58e8c8383e683a06e1e1e57893fff87";
const INSTALL: &str =
    "python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt";

pub static NEVER: AtomicBool = AtomicBool::new(false);

/// Whether the test must be left out; says so by name, and fails instead where every backend must work.
pub fn skipped(test: &str, missing: Option<String>) -> bool {
    let Some(why) = missing else { return false };
    assert!(std::env::var_os("SHAKEDOWN_BACKENDS_MUST_WORK").is_none(), "{test}: {why}");
    eprintln!("skipped: {test}: {why}");
    true
}

/// Whether a test on the host backend must be left out.
pub fn host_is_missing(test: &str) -> bool {
    skipped(test, Host::new().check(&Plan::default()).err().map(|unavailable| unavailable.missing))
}

/// Whether a test of a network of the sandbox's own must be left out.
pub fn no_network_of_its_own(test: &str) -> bool {
    host_is_missing(test) || skipped(test, netns::try_anew(None).err().map(|unavailable| unavailable.missing))
}

/// How a mount namespace of its own is made by this user.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(match rustix::process::geteuid().is_root() {
        true => &["--mount"][..],
        false => &["--user", "--map-root-user", "--mount"],
    });
    command
}

/// Whether a test that mounts file systems of its own must be left out.
pub fn no_mounts(test: &str) -> bool {
    let can = unshare().arg("true").status().is_ok_and(|status| status.success());
    skipped(test, (!can).then(|| "this machine lets nobody make a mount namespace".to_owned()))
}

/// A command, whose words are still to come, in a mount namespace that `script` has made ready.
pub fn after_mounts(script: &str) -> Command {
    let mut command = unshare();
    command.args(["sh", "-e", "-c", &format!("{script}\nexec \"$@\""), "sh"]);
    command
}

/// The bot that this project began with: stays up, needs nothing.
pub fn bot() -> TempDir {
    let main = "import sys, time\nprint('up', sys.prefix, flush=True)\ntime.sleep(600)\n";
    folder(&[("requirements.txt", "# nothing\n"), ("main.py", main)])
}

/// What is run for a project with requirements.txt and main.py on Python 3.11.
pub fn plan() -> Plan {
    lowered(&nixpacks_plan())
}

/// What is run for a plan of Nixpacks'.
pub fn lowered(plan: &nixpacks::Plan) -> Plan {
    nixpacks::lower(plan).unwrap()
}

/// What is run for a project that Railpack builds.
pub fn railpack_plan(project: &Path) -> Plan {
    let project = Project::open(project).unwrap();
    let planned = Planned::Railpack(Box::new(RailpackAnswer {
        planned: railpack::plan(&project, &DeployOptions::default(), &railpack::Options::default()),
        alone: None,
        deploy: Deploy::default(),
        root: project.root().to_owned(),
        because: Source::Flag("--builder".to_owned()),
        variables: Vars::new(),
    }));
    planned.buildable().unwrap().unwrap().plan
}

/// Nixpacks' plan for a project with requirements.txt and main.py on Python 3.11.
pub fn nixpacks_plan() -> nixpacks::Plan {
    let setup = Phase {
        nix_pkgs: ["python311", "gcc"].into(),
        nix_libs: ["zlib", "stdenv.cc.cc.lib"].into(),
        nixpkgs_archive: Some(ARCHIVE.into()),
        ..Phase::default()
    };
    let install = Phase {
        depends_on: ["setup"].into(),
        cmds: [INSTALL].into(),
        paths: ["/opt/venv/bin"].into(),
        cache_directories: ["/root/.cache/pip"].into(),
        ..Phase::default()
    };
    let variables = [("PIP_DISABLE_PIP_VERSION_CHECK", "1"), ("PIP_NO_CACHE_DIR", "1"), ("PYTHONUNBUFFERED", "1")];
    nixpacks::Plan {
        variables: Some(variables.map(|(name, value)| (name.into(), value.into())).into()),
        phases: Some(BTreeMap::from([("setup".into(), setup), ("install".into(), install)])),
        start: Some(Start { cmd: Some("python main.py".into()), ..Start::default() }),
        ..nixpacks::Plan::default()
    }
}

/// The founding mistake: own install commands, so that there is no venv, and pip from nixpkgs.
pub fn founding_plan() -> Plan {
    lowered(&nixpacks_founding_plan())
}

/// The same as Nixpacks' plan.
pub fn nixpacks_founding_plan() -> nixpacks::Plan {
    let mut plan = nixpacks_plan();
    phase(&mut plan, "setup").nix_pkgs = ["python311", "python311Packages.pip", "gcc"].into();
    phase(&mut plan, "install").cmds = ["pip install -r requirements.txt"].into();
    plan
}

pub fn phase<'a>(plan: &'a mut nixpacks::Plan, name: &str) -> &'a mut Phase {
    plan.phases.as_mut().unwrap().get_mut(name).unwrap()
}

pub fn with_start(mut plan: Plan, cmd: &str) -> Plan {
    let command = plan.image.entrypoint.command(cmd);
    plan.start.as_mut().unwrap().command = command;
    plan
}

/// A command line of the build, as the plan's own shell runs it.
pub fn build_argv(script: &str) -> Vec<String> {
    ["/bin/bash", "-ol", "pipefail", "-c", script].map(str::to_owned).to_vec()
}

/// Settings that do not keep a test waiting.
pub fn settings(kind: Option<SmokeKind>) -> Settings {
    let mut settings = Settings::default();
    settings.limits.total = Duration::from_secs(240);
    settings.smoke.kind = kind;
    settings.smoke.stay = Duration::from_secs(2);
    settings.smoke.window = Window::of(Duration::from_secs(20));
    settings
}

/// What a run came to, and all it printed.
pub struct Ran {
    pub outcome: Result<Outcome>,
    pub log: String,
}

impl Ran {
    pub fn outcome(&self) -> &Outcome {
        self.outcome.as_ref().unwrap_or_else(|error| panic!("{error:#}\n{}", self.log))
    }

    pub fn status(&self, phase: &str) -> run::Status {
        let found = self.outcome().phases.iter().find(|outcome| outcome.name == phase);
        found.unwrap_or_else(|| panic!("no phase {phase}\n{}", self.log)).status
    }

    pub fn smoke(&self) -> &run::SmokeResult {
        &self.outcome().smoke.as_ref().unwrap_or_else(|| panic!("not started\n{}", self.log)).result
    }
}

pub fn spec<'a>(project: &'a Path, plan: &'a Plan) -> Spec<'a> {
    Spec { network: true, ..Spec::of(project, plan) }
}

/// Opens a sandbox that nobody tires of waiting for.
pub fn open(backend: &dyn Backend, spec: &Spec<'_>) -> Result<Box<dyn Sandbox>> {
    backend.open(spec, &mut Progress { interrupted: &NEVER, report: &mut |_| {} })
}

pub fn rehearse(backend: &dyn Backend, spec: &Spec<'_>, settings: &Settings, interrupted: &AtomicBool) -> Ran {
    let mut log = String::new();
    let outcome = open(backend, spec).and_then(|mut sandbox| {
        let job = Job { plan: spec.plan, settings, secrets: &Secrets::default(), interrupted, at_start: None };
        let outcome = run::run(&job, &mut *sandbox, &mut |event| {
            if let Event::Line { text, .. } = event {
                log.push_str(text);
                log.push('\n');
            }
        });
        sandbox.close()?;
        Ok(outcome?.outcome)
    });
    Ran { outcome, log }
}

pub fn vars(pairs: &[(&str, &str)]) -> Vars {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The wheel for this machine that `.ci/dist` built last; one that it is building is waited for.
pub fn wheel() -> Option<std::path::PathBuf> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    if let Ok(lock) = std::fs::File::open(dist.join(".lock")) {
        lock.lock_shared().unwrap();
    }
    let ours = format!("shakedown_cli-{}-", env!("CARGO_PKG_VERSION"));
    let found = std::fs::read_dir(dist).ok()?.flatten().map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&ours) && name.ends_with(&format!("{}.whl", std::env::consts::ARCH))
    });
    found.max_by_key(|path| path.metadata().and_then(|meta| meta.modified()).ok())
}

/// Whether a test of the wheel must be left out.
pub fn wheel_is_missing(test: &str) -> bool {
    skipped(test, wheel().is_none().then(|| "no wheel of this release in dist: .ci/dist builds one".to_owned()))
}
