//! The one kept sandbox of each project: remembered when a run leaves it, found by the runs that go on in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::backends::{self, Chosen};
use super::{AskError, BackendName, Request};
use crate::plan::{self, Plan, SETUP, Vars};
use crate::run::{START, Settings};
use crate::sandbox::cache::Cache;
use crate::sandbox::process::{self, Ended, Exit};
use crate::sandbox::{Backend, Kept, Role, Sandbox, Spec, Step, Unverified};

/// What is remembered. No variables: their values may be secret.
#[derive(Debug, Serialize, Deserialize)]
struct Memory {
    backend: String,
    /// Whether it is the image that the app runs in, made from the one that was built in.
    #[serde(default)]
    is_of_the_app: bool,
    steps: Vec<plan::Step>,
    sandbox: Kept,
}

/// The phase to go on from in a kept sandbox; none for a run that begins with an empty one.
pub(super) fn from(request: &Request) -> Option<&str> {
    request.settings.from.as_deref().filter(|from| *from != SETUP)
}

/// Opens the project's kept sandbox, ready for the phase `from`.
pub(super) fn reopen(request: &Request, spec: &Spec<'_>, from: &str) -> Result<(Chosen, Box<dyn Sandbox>)> {
    let ask = |message: String| anyhow::Error::from(AskError(message));
    let memory = Memory::of(spec.project)?
        .ok_or_else(|| ask("no sandbox of this project is kept: `shakedown run --keep` leaves one".to_owned()))?;
    if ![BackendName::Auto.name(), &memory.backend].contains(&request.backend.name()) {
        return Err(ask(format!("the kept sandbox is one of the {} backend", memory.backend)));
    }
    let has_two_images = spec.plan.start.as_ref().is_some_and(|start| start.files.is_some());
    match (has_two_images, memory.is_of_the_app) {
        (true, true) if from != START => {
            return Err(ask(format!(
                "the kept sandbox is the app's own image, and {from} is done in the build's: begin with start, or anew with --keep"
            )));
        }
        (true, false) => {
            let why = "the kept sandbox is the build's image, since the build did not come to its end: begin anew with --keep";
            return Err(ask(why.to_owned()));
        }
        _ => {}
    }
    let changed = changed_before(from, spec.plan, &memory.steps);
    if let Some(phase) = changed {
        return Err(ask(format!(
            "{phase} has changed since the sandbox was kept: begin with it (--from {phase}), or anew with --keep"
        )));
    }
    let backend = memory.backend(request)?;
    let sandbox = backend.reopen(spec, &memory.sandbox).map_err(|error| {
        ask(format!("the kept sandbox cannot be used: {error:#}; `shakedown run --keep` leaves another"))
    })?;
    Ok((Chosen { backend, reason: "the one of the kept sandbox".to_owned() }, sandbox))
}

/// The first of the phases before `from` that is not what it was.
fn changed_before(from: &str, plan: &Plan, then: &[plan::Step]) -> Option<String> {
    let before = plan.steps.iter().take_while(|step| step.name != from);
    let mut changed = before.filter(|step| !then.contains(step));
    changed.next().map(|step| step.name.clone())
}

/// Leaves the sandbox for later runs of the project, in the place of the one that was kept before.
pub(super) fn keep(
    request: &Request,
    spec: &Spec<'_>,
    backend: &str,
    is_of_the_app: bool,
    sandbox: &mut dyn Sandbox,
) -> Result<Kept> {
    let earlier = Memory::of(spec.project)?;
    let kept = sandbox.keep()?;
    let steps = spec.plan.steps.clone();
    let memory = Memory { backend: backend.to_owned(), is_of_the_app, steps, sandbox: kept.clone() };
    memory.write(spec.project)?;
    if let Some(earlier) = earlier.filter(|earlier| earlier.sandbox != kept) {
        // It may be gone already, by hand or by `doctor --clean`.
        let old = earlier.backend(request).and_then(|backend| backend.reopen(spec, &earlier.sandbox));
        let _ = old.and_then(|mut old| old.close());
    }
    Ok(kept)
}

/// What a run that began in the middle says nothing about.
pub(super) fn note(from: &str) -> Unverified {
    let what = format!("the phases before {from}");
    Unverified { what, why: "they are as an earlier run left them in the kept sandbox".to_owned() }
}

/// Whether the sandbox is to be kept when the run is over.
pub(super) fn is_wanted(request: &Request, interrupted: bool) -> bool {
    from(request).is_some() || (request.keep && !interrupted)
}

/// The phase that makes the venv. The old one is removed before it, since `venv` refuses a folder that is in use.
const INSTALL: &str = "install";

/// Takes away what the phases to come will make again.
pub(super) fn ready(sandbox: &dyn Sandbox, plan: &Plan, from: &str, interrupted: &AtomicBool) -> Result<()> {
    if from == INSTALL {
        let argv = ["/bin/rm".to_owned(), "-rf".to_owned(), plan.venv.to_string_lossy().into_owned()];
        let step = Step { role: Role::Build, argv: &argv, vars: &Vars::new(), caches: &[] };
        let ended = process::run(&sandbox.command(&step), Settings::default().limits, interrupted, &mut |_| {})?;
        ensure!(ended == Ended::Exited(Exit::Code(0)), "cannot empty the kept sandbox's {}", plan.venv.display());
    }
    Ok(())
}

impl Memory {
    fn backend(&self, request: &Request) -> Result<Box<dyn Backend>> {
        let name = BackendName::parse(&self.backend);
        name.and_then(|name| backends::named(request, name)).context("the kept sandbox is of an unknown backend")
    }

    fn of(project: &Path) -> Result<Option<Self>> {
        let path = place(project)?;
        match crate::fs::read(&path, 16 << 20) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
            // One that an older version wrote is as good as none.
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        }
    }

    fn write(&self, project: &Path) -> Result<()> {
        let path = place(project)?;
        let at = || format!("cannot write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&path)).with_context(at)?;
        // A command may hold what a stranger should not see.
        crate::fs::write_json(&path, self).with_context(at)
    }
}

fn place(project: &Path) -> Result<PathBuf> {
    let project = fs::canonicalize(project).with_context(|| format!("could not find {}", project.display()))?;
    let key = xxh3_64(project.as_os_str().as_encoded_bytes());
    Ok(Cache::of_user()?.root().join("kept").join(format!("{key:016x}.json")))
}
