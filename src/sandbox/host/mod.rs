//! The host sandbox: bubblewrap around a root that holds only what the cloud's machine would.

pub(in crate::sandbox) mod bare;
mod bwrap;
mod called;
pub(in crate::sandbox) mod check;
mod commands;
mod confine;
mod fetched;
mod inside;
pub(in crate::sandbox) mod keep;
mod layer;
mod machine;
mod memory;
mod mise;
mod open;
mod packages;
mod probe;
mod reuse;
mod root;
mod seccomp;
mod seed;
mod shelf;
mod take;
mod toolchain;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;

use self::bwrap::{Bind, Jail, Manner};
use self::layer::in_root;
use super::cache::{Cache, RunDir};
use super::{
    Backend, CommandLine, Kept, MissingLibrary, Prepared, Probe, ProbeAnswer, Role, Sandbox, SetupStep, Spec, Step,
    Unavailable, Unverified, Upcoming, Watch, audit, context,
};
use crate::plan::{Plan, Taken, Vars};

/// The backend that needs nothing but Linux, bubblewrap and a CPython of the planned version.
#[derive(Debug, Clone, Default)]
pub struct Host {
    python: Option<PathBuf>,
    cache: Option<Cache>,
}

impl Host {
    /// Searches for interpreters, and keeps its cache where the user's caches are.
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses this interpreter (a program, or the prefix it is installed in) instead of searching for one.
    pub fn with_python(mut self, python: Option<PathBuf>) -> Self {
        self.python = python;
        self
    }

    /// Keeps roots, packages and scratch directories in `cache`.
    pub fn with_cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// What the plan names and this machine cannot provide, for example `nixPkgs: chromium`. What can be fetched is, where
    /// somebody waits for it.
    pub fn gaps(&self, plan: &Plan, watch: Option<&mut Watch<'_>>) -> Result<Vec<String>> {
        let keys = plan.package_keys();
        let notes = packages::Declared::of(plan, &self.cache()?, self.python.as_deref(), watch)?.notes;
        let is_named =
            |what: &String| what.split_once(':').is_some_and(|(key, _)| keys.iter().any(|known| known == key));
        Ok(notes.into_iter().map(|note| note.what).filter(is_named).collect())
    }

    fn cache(&self) -> Result<Cache> {
        self.cache.clone().map_or_else(Cache::of_user, Ok)
    }
}

impl Backend for Host {
    fn name(&self) -> &'static str {
        "host"
    }

    fn check(&self, plan: &Plan) -> Result<(), Unavailable> {
        check::usable()?;
        packages::interpreter(plan, self.python.as_deref()).map(drop)
    }

    fn open(&self, spec: &Spec<'_>, watch: &mut Watch<'_>) -> Result<Box<dyn Sandbox>> {
        check::usable()?;
        let sandbox = open::open(&self.cache()?, spec, spec.python.as_deref().or(self.python.as_deref()), watch)?;
        Ok(Box::new(sandbox))
    }

    fn reopen(&self, spec: &Spec<'_>, kept: &Kept) -> Result<Box<dyn Sandbox>> {
        check::usable()?;
        Ok(Box::new(keep::reopen(&self.cache()?, spec, kept)?))
    }
}

/// A live host sandbox.
#[derive(Debug)]
pub(in crate::sandbox) struct HostSandbox {
    jail: Jail,
    run: RunDir,
    project: PathBuf,
    /// The base image's variables, and what reaching the network takes.
    vars: Vars,
    setup: Vec<(String, Vec<String>, i32)>,
    notes: Vec<Unverified>,
    /// What the image's last `RUN printf` lines add to `/root/.profile`.
    start_profile: String,
    start_user: Option<String>,
    /// The `PATH` of a user that is not root.
    user_path: String,
    /// The plan's virtual environment.
    venv: String,
    /// What is shown at `/app`.
    app: PathBuf,
    /// What earlier runs have to do with it.
    past: reuse::Past,
    /// The image that runs, where it is another than the one that was built: its root, and what is shown in it.
    finished: Option<(PathBuf, Vec<Bind>)>,
    closed: bool,
}

impl HostSandbox {
    /// Where the absolute path `inside` is outside.
    fn outside(&self, inside: &str) -> PathBuf {
        let app = inside.strip_prefix("/app").filter(|rest| rest.is_empty() || rest.starts_with('/'));
        app.map_or_else(|| in_root(&self.jail.rootfs, inside), |rest| in_root(&self.app, rest))
    }
}

/// Adds the plan's lines to the profile once, then becomes the start command.
const START: &str = r#"have=$(<"$HOME/.profile") || have=; [[ $have == *"$1" ]] || printf '%s' "$1" >> "$HOME/.profile"; shift; exec "$@""#;

impl Sandbox for HostSandbox {
    fn setup(&mut self) -> Result<Vec<SetupStep>> {
        let known = |(title, output, code): (String, Vec<String>, i32)| SetupStep::Known { title, output, code };
        Ok(self.setup.clone().into_iter().map(known).collect())
    }

    fn copy_in(&mut self, only: Option<&[String]>) -> Result<()> {
        context::copy(&self.project, &self.app, only)
    }

    fn take(&mut self, taken: &[Taken]) -> Result<Vec<String>> {
        take::take(self, taken)
    }

    fn command(&self, step: &Step<'_>) -> CommandLine {
        let mut vars = self.vars.clone();
        vars.extend(step.vars.clone());
        let argv = step.argv.iter().map(String::as_str);
        match step.role {
            Role::Build => self.jail.command(&argv.collect::<Vec<_>>(), &vars, Manner::Step),
            Role::Start => {
                if let Some(user) = &self.start_user {
                    vars.insert("HOME".to_owned(), format!("/home/{user}"));
                    vars.insert("PATH".to_owned(), self.user_path.clone());
                    return self.jail.command(&argv.collect::<Vec<_>>(), &vars, Manner::FirstProcess);
                }
                let ready = ["/bin/bash", "-c", START, "bash", &self.start_profile];
                let inner: Vec<&str> = ready.into_iter().chain(argv).collect();
                self.jail.command(&inner, &vars, Manner::FirstProcess)
            }
            Role::Interactive => {
                vars.extend(std::env::var("TERM").ok().map(|terminal| ("TERM".to_owned(), terminal)));
                self.jail.command(&["/bin/bash", "-l", "-i"], &vars, Manner::Terminal)
            }
        }
    }

    fn prepare(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        HostSandbox::prepare(self, upcoming, interrupted)
    }

    fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        HostSandbox::keep_work(self, output, interrupted)
    }

    fn probe(&self, probe: &Probe<'_>) -> ProbeAnswer {
        probe::probe(probe, self.jail.network)
    }

    fn ask_to_stop(&self, pid: u32) -> Result<bool> {
        probe::ask_first_process_to_stop(pid)
    }

    fn unverified(&self) -> Vec<Unverified> {
        let mut notes = self.notes.clone();
        notes.extend(self.past.notes());
        notes.extend(apt_notes(&self.jail.rootfs));
        notes
    }

    fn audit(&self) -> Result<Vec<MissingLibrary>> {
        let libdir = root::inner_library_dirs(&self.jail);
        audit::audit(&self.outside(&self.venv), &libdir)
    }

    fn ran_out_of_memory(&self) -> bool {
        self.jail.memory.killed_some()
    }

    fn close(&mut self) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        self.jail.memory.remove();
        self.run.remove()?;
        self.closed = true;
        Ok(())
    }

    fn keep(&mut self) -> Result<Kept> {
        self.keep_with(self.unverified())
    }
}

impl Drop for HostSandbox {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// What commands asked of `apt`, which only takes note here.
fn apt_notes(rootfs: &Path) -> Option<Unverified> {
    let file = rootfs.join(root::APT_NOTES);
    let plain = file.ancestors().take(4).all(|path| path.symlink_metadata().is_ok_and(|meta| !meta.is_symlink()));
    let text = plain.then(|| std::fs::read(&file).ok()).flatten()?;
    let asked = String::from_utf8_lossy(&text[..text.len().min(4096)]).lines().collect::<Vec<_>>().join("; ");
    Some(Unverified {
        what: format!("apt {asked}"),
        why: "apt packages are not installed in the host sandbox".to_owned(),
    })
}
