//! A host sandbox in use: the steps of a plan as command lines of bubblewrap.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;

use super::bwrap::{Bind, Bubblewrap, Session};
use super::history::History;
use super::layer::in_root;
use super::mount_points::MountPoints;
use super::{check, probe, root, runtime_image};
use crate::catalog::servers;
use crate::plan::{FileSet, Vars};
use crate::sandbox::cache::RunDir;
use crate::sandbox::disk;
use crate::sandbox::inside;
use crate::sandbox::mirror::route::{Front, INDEX};
use crate::sandbox::netns::Excess;
use crate::sandbox::{
    Audit, CommandLine, Kept, MachineFailure, Prepared, Probe, ProbeAnswer, Quotas, Role, Sandbox, SetupStep, Step,
    Unverified, Upcoming, audit, context,
};

/// What the user limits, and what is limited anyway.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) memory: Option<u64>,
    pub(super) quotas: Quotas,
}

/// A live host sandbox.
#[derive(Debug)]
pub(in crate::sandbox) struct HostSandbox {
    pub(super) bubblewrap: Bubblewrap,
    pub(super) run: RunDir,
    /// The disk of that folder, as it was at first.
    pub(super) disk: disk::Before,
    pub(super) project: PathBuf,
    /// The base image's variables, and what reaching the network takes.
    pub(super) vars: Vars,
    pub(super) setup: Vec<(String, Vec<String>, i32)>,
    pub(super) notes: Vec<Unverified>,
    /// What the image's last `RUN printf` lines add to `/root/.profile`.
    pub(super) start_profile: String,
    pub(super) start_user: Option<String>,
    pub(super) limits: Limits,
    /// The `PATH` of a user that is not root.
    pub(super) user_path: String,
    /// The plan's virtual environment.
    pub(super) venv: String,
    /// What is shown at `/app`.
    pub(super) app: PathBuf,
    /// What earlier runs have to do with it.
    pub(super) history: History,
    /// The index that installers are sent to.
    pub(super) front: Front,
    /// The image that runs, where it is another than the one that was built: its root, and what is shown in it.
    pub(super) finished: Option<(PathBuf, Vec<Bind>)>,
    /// Where the caches of the command that runs are mounted.
    pub(super) mount_points: MountPoints,
    pub(super) closed: bool,
}

impl HostSandbox {
    fn full_disk(&self, how: &str) -> MachineFailure {
        MachineFailure::for_good(
            format!("the disk that holds {} is {how}", self.run.path().display()),
            "free some of it, or set XDG_CACHE_HOME to a folder on a larger one",
        )
    }

    fn used_up_memory(&self) -> bool {
        self.bubblewrap.memory.killed_some() || self.bubblewrap.network.excess() == Some(Excess::Memory)
    }

    /// Where the absolute path `inside` is outside.
    pub(super) fn outside(&self, inside: &str) -> PathBuf {
        let app = inside.strip_prefix("/app").filter(|rest| rest.is_empty() || rest.starts_with('/'));
        app.map_or_else(|| in_root(&self.seen(&self.bubblewrap.rootfs), inside), |rest| in_root(&self.app, rest))
    }
}

/// Adds the plan's lines to the profile once, then becomes the start command.
const START: &str = r#"have=$(<"$HOME/.profile") || have=; [[ $have == *"$1" ]] || printf '%s' "$1" >> "$HOME/.profile"; shift; exec "$@""#;

impl Sandbox for HostSandbox {
    fn setup(&mut self) -> Result<Vec<SetupStep>> {
        let known =
            |(title, output, code): (String, Vec<String>, i32)| SetupStep::Known { title, output, code, origin: None };
        Ok(self.setup.clone().into_iter().map(known).collect())
    }

    fn copy_in(&mut self, only: Option<&[String]>, exclude: &[String]) -> Result<()> {
        context::copy(&self.project, &self.app, only, exclude)
    }

    fn take(&mut self, taken: &[FileSet]) -> Result<Vec<String>> {
        let Some((rootfs, binds)) = self.finished.take() else { return Ok(Vec::new()) };
        let app = rootfs.parent().unwrap_or(&rootfs).join("app");
        let missing = runtime_image::move_into(&rootfs, &app, |inside| self.outside(inside), taken)?;
        // The run goes on in the finished image.
        self.app = app;
        self.bubblewrap.rootfs = rootfs;
        self.bubblewrap.binds = binds;
        Ok(missing)
    }

    fn command(&self, step: &Step<'_>) -> CommandLine {
        let mut vars = self.vars.clone();
        if self.front.tells_pip() {
            // The machine's own, which the mirror stands before.
            vars.remove(INDEX);
        }
        vars.extend(step.vars.clone());
        let argv = step.argv.iter().map(String::as_str);
        match step.role {
            Role::Build => {
                let mut bubblewrap = self.bubblewrap.clone();
                bubblewrap.binds.extend(self.front.shown().map(|(from, to)| Bind::read_only(from, to)));
                self.command_with(bubblewrap, &argv.collect::<Vec<_>>(), &vars, step.caches)
            }
            Role::Start => {
                if let Some(user) = &self.start_user {
                    vars.insert("HOME".to_owned(), format!("/home/{user}"));
                    vars.insert("PATH".to_owned(), self.user_path.clone());
                    return self.bubblewrap.command(&argv.collect::<Vec<_>>(), &vars, Session::FirstProcess);
                }
                let ready = ["/bin/bash", "-c", START, "bash", &self.start_profile];
                let inner: Vec<&str> = ready.into_iter().chain(argv).collect();
                self.bubblewrap.command(&inner, &vars, Session::FirstProcess)
            }
            Role::Interactive => {
                vars.extend(std::env::var("TERM").ok().map(|terminal| ("TERM".to_owned(), terminal)));
                self.bubblewrap.command(&["/bin/bash", "-l", "-i"], &vars, Session::Terminal)
            }
        }
    }

    fn prepare(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        let prepared = HostSandbox::prepare(self, upcoming, interrupted);
        if matches!(prepared, Prepared::Run { .. }) {
            self.make_mount_points(upcoming.step.caches);
        }
        prepared
    }

    fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        self.mount_points.remove();
        HostSandbox::keep_work(self, output, interrupted)
    }

    fn withheld(&mut self) -> Vec<String> {
        std::mem::take(&mut self.history.past.withheld)
    }

    fn as_printed(&self, line: &str) -> Option<String> {
        check::program_not_found(line).or_else(|| self.front.line(line))
    }

    fn probe(&self, probe: &Probe<'_>) -> ProbeAnswer {
        probe::probe(probe, &self.bubblewrap.network)
    }

    fn page(&self, probe: &Probe<'_>) -> Option<String> {
        probe::page(probe, &self.bubblewrap.network)
    }

    fn visit(&self, probe: &Probe<'_>, session: &servers::Session) -> Option<CommandLine> {
        probe::visit(probe, session, &self.bubblewrap.network)
    }

    fn ask_to_stop(&self, pid: u32) -> Result<bool> {
        probe::ask_first_process_to_stop(pid)
    }

    fn overspent(&self) -> Option<MachineFailure> {
        let quotas = self.limits.quotas;
        self.disk.is_overspent(quotas).then(|| quotas.too_much_written())
    }

    fn lost(&self) -> Option<MachineFailure> {
        let quotas = self.limits.quotas;
        match self.bubblewrap.network.excess() {
            _ if self.limits.memory.is_none() && self.used_up_memory() => Some(MachineFailure::for_good(
                "the run wanted more than half of this machine's memory",
                "--memory sets another limit, that of your plan for example",
            )),
            Some(Excess::Processes) => Some(quotas.too_many_processes()),
            Some(Excess::Disk) => Some(quotas.too_much_written()),
            Some(Excess::FullDisk) => Some(self.full_disk("nearly full")),
            Some(Excess::Memory) => None,
            None => {
                let full = || self.disk.is_full().then(|| self.full_disk("full"));
                self.bubblewrap.network.failure().or_else(full).or_else(|| self.lacks_a_cache())
            }
        }
    }

    fn refused(&self, line: &str) -> Option<MachineFailure> {
        check::never_began(line)
    }

    fn unverified(&self) -> Vec<Unverified> {
        let mut notes = self.notes.clone();
        notes.extend(self.history.past.notes.iter().cloned());
        notes.extend(self.mount_points.absent.iter().map(|place| Unverified {
            what: format!("the cache {place}"),
            why: "no folder can be made there in this sandbox, so its commands ran without".to_owned(),
        }));
        notes.extend(apt_notes(&self.seen(&self.bubblewrap.rootfs)));
        notes
    }

    fn audit(&self) -> Audit {
        let (venv, provided) = (self.outside(&self.venv), root::inner_library_dirs(&self.bubblewrap));
        Box::new(move || audit::audit(&venv, &provided))
    }

    fn ran_out_of_memory(&self) -> bool {
        self.limits.memory.is_some() && self.used_up_memory()
    }

    fn close(&mut self) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        self.bubblewrap.network.stop();
        // The kernel lets go of the control group, and of what led outward, meanwhile.
        let emptied = self.run.empty();
        // What names a group that is still there is for the next run to find.
        let is_free = self.bubblewrap.memory.remove();
        emptied.and_then(|()| if is_free { self.run.remove() } else { Ok(()) })?;
        self.bubblewrap.network.end();
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
    let text = inside::read_beginning(rootfs, root::APT_NOTES, 4096).ok()?;
    let asked = String::from_utf8_lossy(&text).lines().collect::<Vec<_>>().join("; ");
    Some(Unverified {
        what: format!("apt {asked}"),
        why: "apt packages are not installed in the host sandbox".to_owned(),
    })
}
