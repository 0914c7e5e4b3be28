//! A machine whose profile is being filled by Nix, and then used.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail};

use super::nixpkgs::Nixpkgs;
use super::store::Store;
use crate::catalog::servers::Session;
use crate::plan::{self, FileSet, NixEnvironment, Plan};
use crate::sandbox::context;
use crate::sandbox::host::live::HostSandbox;
use crate::sandbox::{
    CommandLine, Kept, MachineFailure, Prepared, Probe, ProbeAnswer, Sandbox, SetupStep, Spec, Step, Unverified,
    Upcoming,
};

/// A stand-in is made from this machine's own programs: no cache knows it, and its builds must see them as this user does.
const STAND_IN_SETTINGS: &str = "substitute = false\nsandbox = false\nbuild-users-group =\n";

/// What pip is told to make it write into the interpreter's own folder.
const BREAKS: &str = "break-system-packages";
const BREAKS_VARIABLE: &str = "PIP_BREAK_SYSTEM_PACKAGES";

pub(super) struct Live {
    machine: HostSandbox,
    store: Store,
    nixpkgs: Option<Nixpkgs>,
    environments: Vec<NixEnvironment>,
    nix_env: PathBuf,
    setup_files: Vec<String>,
    breaks: bool,
    installed: bool,
    /// What the verdict does not cover, beside what the machine says of itself.
    notes: Vec<Unverified>,
}

impl Live {
    pub(super) fn new(
        mut machine: HostSandbox,
        spec: &Spec<'_>,
        store: Store,
        nixpkgs: Option<Nixpkgs>,
        nix_env: PathBuf,
    ) -> Result<Self> {
        machine.show(store.root(), "/nix", false)?;
        fs::create_dir_all(machine.dir().join("profile"))?;
        Ok(Self {
            notes: notes(spec.plan, nixpkgs.as_ref()),
            setup_files: spec.plan.steps.iter().flat_map(|step| step.packages.files.clone()).collect(),
            environments: spec.plan.nix().cloned().collect(),
            breaks: breaks_system_packages(spec.plan),
            installed: false,
            machine,
            store,
            nixpkgs,
            nix_env,
        })
    }

    /// A machine of an earlier run, where everything is installed.
    pub(super) fn installed(machine: HostSandbox, store: Store) -> Self {
        Self {
            setup_files: Vec::new(),
            breaks: false,
            installed: true,
            notes: Vec::new(),
            machine,
            store,
            nixpkgs: None,
            environments: Vec::new(),
            nix_env: PathBuf::new(),
        }
    }

    fn profile(&self) -> PathBuf {
        self.machine.dir().join("profile/nix")
    }

    /// The command that installs one expression, named as the cloud names it.
    fn install(&self, environment: &NixEnvironment, number: usize) -> Result<SetupStep> {
        let inside = format!("/app/{}", environment.file);
        let file = match &self.nixpkgs {
            None => inside,
            Some(nixpkgs) => {
                let wrapper = self.machine.dir().join(format!("profile/expression-{number}.nix"));
                fs::write(&wrapper, nixpkgs.wrap(&inside)).context("cannot write the expression")?;
                wrapper.to_string_lossy().into_owned()
            }
        };
        let settings = match self.nixpkgs.as_ref().is_some_and(Nixpkgs::is_stand_in) {
            true => STAND_IN_SETTINGS,
            false => "",
        };
        let profile = self.profile();
        let words = [&*self.nix_env.to_string_lossy(), "--profile", &profile.to_string_lossy(), "-if", &file];
        let command = self.store.command(&self.machine.app_dir(), &words, settings, self.machine.network())?;
        Ok(SetupStep::Run { title: environment.command.clone(), command })
    }

    /// Makes what Nix has installed the machine's profile.
    fn use_profile(&mut self) -> Result<()> {
        if self.installed {
            return Ok(());
        }
        self.installed = true;
        let Some(environment) = self.environment() else { return Ok(()) };
        self.machine.link_profile(&environment)?;
        // Its name is made from all that it was built from.
        self.machine.stands_on(&environment);
        if self.breaks {
            self.machine.reuses_nothing("pip writes into the interpreter's own folder");
            self.open_up_interpreter(&environment)?;
        }
        Ok(())
    }

    /// The profile's place in the store.
    fn environment(&self) -> Option<PathBuf> {
        let generation = self.profile().parent()?.join(fs::read_link(self.profile()).ok()?);
        fs::read_link(generation).ok()
    }

    /// The cloud's store can be written to by the build, and pip does so when told to. Here it gets a copy of the
    /// interpreter's folder, since the store is the user's.
    fn open_up_interpreter(&mut self, environment: &Path) -> Result<()> {
        let Some(own) = self.interpreter(environment) else { return Ok(()) };
        let copy = self.machine.dir().join("interpreter");
        duct::cmd!("cp", "-a", "--reflink=auto", self.store.on_host(&own), &copy)
            .run()
            .with_context(|| format!("cannot copy {}", own.display()))?;
        duct::cmd!("chmod", "-R", "u+w", &copy).run().context("cannot make the interpreter's copy writable")?;
        self.machine.show(&copy, &own.to_string_lossy(), true)
    }

    /// The store path that `python` of the profile leads to.
    fn interpreter(&self, environment: &Path) -> Option<PathBuf> {
        let path = self.store.resolve(&environment.join("bin/python3"))?;
        let name = path.strip_prefix("/nix/store").ok()?.components().next()?;
        Some(Path::new("/nix/store").join(name))
    }
}

impl Sandbox for Live {
    fn setup(&mut self) -> Result<Vec<SetupStep>> {
        if !self.setup_files.is_empty() {
            self.machine.copy_in(Some(&self.setup_files.clone()), &[])?;
        }
        for environment in &self.environments {
            let written = context::write(&self.machine.app_dir(), &environment.file, &environment.expression);
            written.with_context(|| format!("cannot write {}", environment.file))?;
        }
        self.environments.iter().enumerate().map(|(number, nix)| self.install(nix, number)).collect()
    }

    fn copy_in(&mut self, only: Option<&[String]>, exclude: &[String]) -> Result<()> {
        self.use_profile()?;
        self.machine.copy_in(only, exclude)
    }

    fn take(&mut self, _: &[FileSet]) -> Result<Vec<String>> {
        bail!("the nix backend has no second image: Nixpacks' plans build and start in one")
    }

    fn command(&self, step: &Step<'_>) -> CommandLine {
        self.machine.command(step)
    }

    fn prepare(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        Sandbox::prepare(&mut self.machine, upcoming, interrupted)
    }

    fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        Sandbox::keep_work(&mut self.machine, output, interrupted)
    }

    fn withheld(&mut self) -> Vec<String> {
        self.machine.withheld()
    }

    fn as_printed(&self, line: &str) -> Option<String> {
        self.machine.as_printed(line)
    }

    fn probe(&self, probe: &Probe<'_>) -> ProbeAnswer {
        self.machine.probe(probe)
    }

    fn page(&self, probe: &Probe<'_>) -> Option<String> {
        self.machine.page(probe)
    }

    fn visit(&self, probe: &Probe<'_>, session: &Session) -> Option<CommandLine> {
        self.machine.visit(probe, session)
    }

    fn ask_to_stop(&self, pid: u32) -> Result<bool> {
        self.machine.ask_to_stop(pid)
    }

    fn overspent(&self) -> Option<MachineFailure> {
        self.machine.overspent()
    }

    fn lost(&self) -> Option<MachineFailure> {
        self.machine.lost()
    }

    fn ran_out_of_memory(&self) -> bool {
        self.machine.ran_out_of_memory()
    }

    fn unverified(&self) -> Vec<Unverified> {
        let mut unverified = self.machine.unverified();
        unverified.extend(self.notes.iter().cloned());
        unverified
    }

    fn close(&mut self) -> Result<()> {
        if self.machine.is_closed() {
            return Ok(());
        }
        self.store.forget(self.machine.dir());
        crate::fs::tree::remove(&self.machine.dir().join("interpreter"))?;
        self.machine.close()
    }

    fn keep(&mut self) -> Result<Kept> {
        let unverified = self.unverified();
        self.machine.keep_with(unverified)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

fn breaks_system_packages(plan: &Plan) -> bool {
    let start = plan.start.iter().map(|start| &start.command);
    let mut commands = plan.steps.iter().flat_map(plan::Step::commands).chain(start);
    let breaks = |text: &str| text.contains(BREAKS) || text.contains(BREAKS_VARIABLE);
    plan.variables.contains_key(BREAKS_VARIABLE) || commands.any(|command| breaks(&command.shown))
}

fn notes(plan: &Plan, nixpkgs: Option<&Nixpkgs>) -> Vec<Unverified> {
    let other = nixpkgs.map(|nixpkgs| Unverified {
        what: "nixpkgsArchive".into(),
        why: format!("packages came from {nixpkgs} instead of the plan's archive"),
    });
    let listed = plan.apt_packages();
    let apt = listed.names.iter().map(|name| Unverified {
        what: listed.label(name),
        why: "apt packages are not installed in the nix sandbox".into(),
    });
    other.into_iter().chain(apt).collect()
}
