//! A container in use: the steps of a plan as `exec`s.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::Result;

use super::app::App;
use super::condition::Condition;
use super::container::Container;
use super::containers::{Config, Containers};
use super::engine::{Engine, SOON};
use super::history::History;
use super::led_lock::LedLock;
use super::options::Options;
use super::packages::Packages;
use super::tunnel::Tunnel;
use super::{images, notes, probe, runtime_image};
use crate::catalog::servers::Session;
use crate::plan::FileSet;
use crate::sandbox::cache::Cache;
use crate::sandbox::mirror::route::Front;
use crate::sandbox::netns::Excess;
use crate::sandbox::{
    CommandLine, Kept, MachineFailure, Prepared, Probe, ProbeAnswer, Quotas, Role, Sandbox, SetupStep, Spec, Step,
    Unverified, Upcoming, session,
};

/// Where the start command's first process leaves its number.
const STARTED: &str = "/run/shakedown-start";
/// Less free space than this is a full disk.
const LEAST_FREE: u64 = 1 << 20;

/// Readies the start command: the lines that the build adds to the profile (each once, whatever number of starts), the
/// user, and the process number. Arguments: user, lines, command.
const START: &str = r#"
user=$1 lines=$2
shift 2
while IFS= read -r line; do
  [ -z "$line" ] || grep -qxF -- "$line" /root/.profile || printf '\n%s' "$line" >> /root/.profile
done <<< "$lines"
echo $$ > /run/shakedown-start
if [ -n "$user" ]; then
  id "$user" > /dev/null 2>&1 || useradd -m -s /bin/bash "$user" || exit
  export HOME=$(getent passwd "$user" | cut -d: -f6)
  exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups "$@"
fi
exec "$@""#;

/// What [`STOP`] prints where the process has a handler.
const HANDLED: &str = "handled";

/// Asks the start command's first process to stop, as the cloud does. There it is process 1, which the kernel spares a
/// signal that it has no handler for; here an init of ours is, so that rule has to be kept by us.
/// Argument: the file with the process number.
const STOP: &str = r#"
pid=$(< "$1")
while read -r key mask; do
  [ "$key" = SigCgt: ] && (( 16#$mask & 1 << 14 )) && kill -TERM "$pid" && echo handled
done < "/proc/$pid/status""#;

pub(super) struct Live {
    pub(super) config: Config,
    /// Started when the first command is run: what earlier runs made is shown without.
    pub(super) containers: OnceLock<Containers>,
    starting: Mutex<()>,
    /// Why it could not be started.
    failure: Mutex<Option<MachineFailure>>,
    pub(super) app: App,
    /// What earlier runs have to do with it.
    pub(super) history: History,
    /// The index that pip is sent to, and the way there while it runs.
    pub(super) front: Front,
    pub(super) tunnel: Option<Tunnel>,
    /// The lock that leads there.
    pub(super) led_lock: Option<LedLock>,
    project: PathBuf,
    pub(super) packages: Packages,
    /// What is added to the profile for the start command.
    profile: Vec<String>,
    user: String,
    pub(super) quotas: Quotas,
    /// Whether nobody said how much memory the run may use.
    is_memory_ours: bool,
    unverified: Vec<Unverified>,
}

impl Live {
    pub(super) fn new(config: Config, spec: &Spec<'_>, options: &Options, history: History) -> Result<Self> {
        let plan = spec.plan;
        let mut unverified = notes::of(plan, options);
        unverified.extend(config.access.own_packages());
        let front = match Cache::of_user() {
            Ok(cache) => {
                let (front, refused) = Front::new(&cache, spec, &config.access);
                unverified.extend(refused);
                front
            }
            Err(_) => Front::default(),
        };
        Ok(Self {
            project: spec.project.to_owned(),
            quotas: spec.quotas,
            is_memory_ours: spec.memory.is_none(),
            packages: Packages::of(plan),
            profile: plan.start.iter().flat_map(|start| start.profile.clone()).collect(),
            user: plan.start.as_ref().and_then(|start| start.user.clone()).unwrap_or_default(),
            unverified,
            front,
            tunnel: None,
            led_lock: None,
            app: App::new()?,
            containers: OnceLock::new(),
            starting: Mutex::new(()),
            failure: Mutex::new(None),
            history,
            config,
        })
    }

    /// In a container that an earlier run kept.
    pub(super) fn kept(self, container: Container) -> Result<Self> {
        let containers = self.config.adopt(container, None, 0)?;
        Ok(Self { containers: OnceLock::from(containers), ..self })
    }

    /// The containers, started if they are not yet.
    pub(super) fn containers(&self) -> Result<&Containers> {
        let one_at_a_time = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(containers) = self.containers.get() {
            return Ok(containers);
        }
        let image = self.history.image.as_deref().unwrap_or(&self.config.image);
        let started = self.config.start(image, self.history.written);
        let containers = started.map_err(|error| self.removed_meanwhile().map_or(error, Into::into))?;
        match self.history.image {
            Some(_) => self.app.put_all(&containers.current)?,
            None => self.app.put(&containers.current, &self.app.tree()?.into_keys().collect())?,
        }
        let containers = self.containers.get_or_init(|| containers);
        drop(one_at_a_time);
        Ok(containers)
    }

    /// Whether the layer that the containers were to start from is gone: in the engine it is anybody's to remove.
    fn removed_meanwhile(&self) -> Option<MachineFailure> {
        let engine = self.engine();
        let is_gone = |image: &String| !images::is_there(engine, image) && images::is_there(engine, self.base_image());
        self.history.image.as_ref().filter(|image| is_gone(image))?;
        let engine = engine.name();
        let what = format!("what an earlier run installed was removed from the {engine} engine just before its use");
        Some(MachineFailure::for_now(what, "run again"))
    }

    /// Keeps why the containers could not be started, for whoever finds that a command did not run.
    fn fail(&self, error: anyhow::Error) {
        let lost = error.downcast::<MachineFailure>().unwrap_or_else(|error| {
            MachineFailure::for_good(
                format!("{error:#}"),
                format!("see whether `{} info` answers", self.engine().name()),
            )
        });
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(lost);
    }

    pub(super) fn container(&self) -> Result<&Container> {
        Ok(&self.containers()?.current)
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.config.engine
    }

    pub(super) fn base_image(&self) -> &str {
        &self.config.image
    }

    pub(super) fn is_online(&self) -> bool {
        self.config.network
    }

    /// What the watch over the disk ended the run for.
    fn excess(&self) -> Option<MachineFailure> {
        Some(match self.containers.get()?.watch.excess()? {
            Excess::Disk => self.quotas.too_much_written(),
            _ => {
                let engine = self.engine().name();
                let what = format!("the disk of the {engine} engine is nearly full");
                MachineFailure::for_good(what, format!("free some with `{engine} system prune`"))
            }
        })
    }

    /// Puts files of `/app` into the container, if there is one: it gets all of them when it is started.
    fn placed(&self, files: &BTreeSet<PathBuf>) -> Result<()> {
        self.containers.get().map_or(Ok(()), |containers| self.app.put(&containers.current, files))
    }

    /// Whether what the kernel counts there is sent by this run alone.
    pub(super) fn has_own_network(&self) -> bool {
        self.containers.get().is_some_and(|containers| containers.has_own_network)
    }

    pub(super) fn finished(&self) -> Option<&Container> {
        self.containers.get().and_then(|containers| containers.finished.as_ref())
    }

    pub(super) fn built(&self) -> Option<&Container> {
        self.containers.get().map(|containers| &containers.current)
    }
}

impl Sandbox for Live {
    fn setup(&mut self) -> Result<Vec<SetupStep>> {
        if !self.packages.files.is_empty() {
            self.copy_in(Some(&self.packages.files.clone()), &[])?;
        }
        let expressions = self.packages.nix.iter().map(|nix| (nix.file.as_str(), nix.expression.as_str()));
        let written = self.app.write(expressions)?;
        self.placed(&written)?;
        if let Some(known) = self.setup_of_earlier_run() {
            return Ok(known);
        }
        if !self.packages.are_some() {
            return Ok(Vec::new());
        }
        self.containers()?;
        self.put_assets()?;
        Ok(self.installers().into_iter().map(|(title, command)| SetupStep::Run { title, command }).collect())
    }

    fn take(&mut self, taken: &[FileSet]) -> Result<Vec<String>> {
        self.containers()?;
        let Some(containers) = self.containers.get_mut() else { return Ok(Vec::new()) };
        let Some(finished) = containers.finished.take() else { return Ok(Vec::new()) };
        let built = std::mem::replace(&mut containers.current, finished);
        let missing = runtime_image::take(&built, &containers.current, taken, &self.config.caches)?;
        built.remove()?;
        Ok(missing)
    }

    fn copy_in(&mut self, only: Option<&[String]>, exclude: &[String]) -> Result<()> {
        self.keep_setup();
        let copied = self.app.copy(&self.project, only, exclude)?;
        self.placed(&copied)
    }

    fn prepare(&mut self, upcoming: &Upcoming<'_>, interrupted: &AtomicBool) -> Prepared {
        self.keep_setup();
        let prepared = self.prepared(upcoming, interrupted);
        if matches!(prepared, Prepared::Run { .. })
            && let Err(error) = self.containers()
        {
            self.fail(error);
        }
        prepared
    }

    fn keep_work(&mut self, output: Option<&[String]>, interrupted: &AtomicBool) -> Option<String> {
        Live::keep_work(self, output, interrupted)
    }

    fn as_printed(&self, line: &str) -> Option<String> {
        self.front.line(line)
    }

    fn withheld(&mut self) -> Vec<String> {
        std::mem::take(&mut self.history.past.withheld)
    }

    fn command(&self, step: &Step<'_>) -> CommandLine {
        // Of the start command nobody asks whether it was run before.
        if let Err(error) = self.containers() {
            self.fail(error);
        }
        let argv = step.argv.iter().map(String::as_str);
        match step.role {
            Role::Build => self.exec(step.vars, &[], &argv.collect::<Vec<_>>()),
            Role::Start => {
                let profile = self.profile.join("\n");
                let head = ["/bin/bash", "-c", START, "shakedown", &self.user, &profile];
                self.exec(step.vars, &[], &head.into_iter().chain(argv).collect::<Vec<_>>())
            }
            Role::Interactive => {
                let mut vars = step.vars.clone();
                vars.extend(std::env::var("TERM").ok().map(|terminal| ("TERM".to_owned(), terminal)));
                self.exec(&vars, &["--interactive", "--tty"], &["/bin/bash", "-l", "-i"])
            }
        }
    }

    fn probe(&self, probe: &Probe<'_>) -> ProbeAnswer {
        let arguments = probe::arguments(probe);
        let script = probe::script(probe, false);
        let ask = |container: &Container| {
            container.ask(&script, &arguments.each_ref().map(String::as_str), probe::limit(probe))
        };
        let answer = self.container().and_then(ask);
        answer.map(|answer| probe::read(&answer.stdout, probe)).unwrap_or_default()
    }

    fn page(&self, asked: &Probe<'_>) -> Option<String> {
        let arguments = probe::arguments(asked);
        let arguments = arguments.each_ref().map(String::as_str);
        let answer = self.built()?.ask(&probe::script(asked, true), &arguments, probe::limit(asked)).ok()?;
        Some(answer.stdout).filter(|page| !page.is_empty())
    }

    fn visit(&self, asked: &Probe<'_>, session: &Session) -> Option<CommandLine> {
        let local = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let addresses = local.map(|ip| SocketAddr::new(ip, asked.port));
        let arguments = session::arguments(asked, session, &addresses);
        Some(self.built()?.call(session::SCRIPT, &arguments.each_ref().map(String::as_str)))
    }

    fn ask_to_stop(&self, _pid: u32) -> Result<bool> {
        let answer = self.container()?.ask(STOP, &[STARTED], SOON)?;
        Ok(answer.stdout.contains(HANDLED))
    }

    fn ran_out_of_memory(&self) -> bool {
        let killed = || self.built().and_then(|container| container.condition().ok());
        !self.is_memory_ours && killed().is_some_and(|condition| condition.killed > 0)
    }

    fn overspent(&self) -> Option<MachineFailure> {
        self.containers.get()?.watch.last_look();
        self.excess()
    }

    fn lost(&self) -> Option<MachineFailure> {
        let engine = self.engine().name();
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(lost) = failure.or_else(|| self.excess()) {
            return Some(lost);
        }
        match self.built()?.condition() {
            Err(lost) => Some(lost),
            Ok(Condition { free: Some(free), .. }) if free < LEAST_FREE => Some(MachineFailure::for_good(
                format!("the disk of the {engine} engine is full"),
                format!("free some with `{engine} system prune`"),
            )),
            Ok(Condition { killed: 1.., .. }) if self.is_memory_ours => Some(MachineFailure::for_good(
                format!("the run wanted more than half of the memory of the {engine} engine's machine"),
                "--memory sets another limit, that of your plan for example",
            )),
            Ok(Condition { refused: 1.., .. }) => Some(self.quotas.too_many_processes()),
            Ok(_) => None,
        }
    }

    fn unverified(&self) -> Vec<Unverified> {
        let mut notes = self.unverified.clone();
        let containers = self.containers.get();
        notes.extend(containers.iter().flat_map(|containers| containers.notes.iter().cloned()));
        notes.extend(self.history.past.notes.iter().cloned());
        notes.extend(containers.and_then(|containers| containers.watch.blind()).map(|why| Unverified {
            what: "limits".to_owned(),
            why: format!("what the run wrote to the engine's disk could not be told, so it was not limited ({why})"),
        }));
        notes
    }

    fn close(&mut self) -> Result<()> {
        let Some(containers) = self.containers.get_mut() else { return Ok(()) };
        containers.finished.take().map_or(Ok(()), |finished| finished.remove())?;
        containers.current.remove()
    }

    fn keep(&mut self) -> Result<Kept> {
        // Before the build was through, the app's image is as empty as any.
        self.containers()?;
        self.containers
            .get_mut()
            .and_then(|containers| containers.finished.take())
            .map_or(Ok(()), |finished| finished.remove())?;
        // A command may have been interrupted.
        self.leave_mirror();
        let container = self.container()?;
        container.keep()?;
        Ok(Kept::Container { engine: self.engine().name(), name: container.name().to_owned() })
    }
}
