//! A container in use: the steps of a plan as `exec`s.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::condition::Condition;
use super::container::Container;
use super::engine::SOON;
use super::options::Options;
use super::watch::Watch;
use super::{gateway, notes, probe, take};
use crate::catalog::servers::Session;
use crate::fs::temporary;
use crate::plan::{FileSet, NixEnvironment, Shell, Vars};
use crate::sandbox::netns::Excess;
use crate::sandbox::network::{self, Access};
use crate::sandbox::{
    CommandLine, Kept, MachineFailure, MissingLibrary, Probe, ProbeAnswer, Quotas, Role, Sandbox, SetupStep, Spec,
    Step, Unverified, context, session,
};

/// Where the start command's first process leaves its number.
const STARTED: &str = "/run/shakedown-start";
/// Less free space than this is a full disk.
const LEAST_FREE: u64 = 1 << 20;
/// What stands for a variable whose name the client itself listens to.
const ALIAS: &str = "SHAKEDOWN_ALIAS_";

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
    container: Container,
    /// The runtime container, until `take` has copied what was built into it and made it the current one.
    finished: Option<Container>,
    project: PathBuf,
    /// Variables that lead to a package index; the plan's own win over them.
    access: Vars,
    /// Nix environments, in the order in which they are installed.
    nix: Vec<NixEnvironment>,
    /// Files that the packages' installation reads.
    setup_files: Vec<String>,
    /// The command that installs Debian's packages.
    apt: Vec<String>,
    /// Whether mise installs tools, and the variables that tell it where.
    mise: Option<Vars>,
    /// The command that installs the packages of the image that runs.
    run_apt: Option<String>,
    /// The image's own shell.
    shell: Shell,
    assets: Vars,
    /// What is added to the profile for the start command.
    profile: Vec<String>,
    user: String,
    quotas: Quotas,
    /// Sees to the disk.
    watch: Watch,
    /// Whether nobody said how much memory the run may use.
    is_memory_ours: bool,
    unverified: Vec<Unverified>,
}

impl Live {
    pub(super) fn new(
        container: Container,
        finished: Option<Container>,
        image: &str,
        spec: &Spec<'_>,
        options: &Options,
    ) -> Result<Self> {
        let plan = spec.plan;
        let access = if spec.network { Access::of_this_machine() } else { Access::default() };
        let open = std::iter::once(&container)
            .chain(&finished)
            .filter(|_| spec.network)
            .find_map(|container| gateway::shut(container, image, &access.vars).err());
        let open = open.map(|why| notes::open_network(&why));
        let is_here = container.is_here();
        let elsewhere = (spec.network && !is_here).then(|| notes::elsewhere(container.engine()));
        let shown = if spec.network { &*options.shown } else { &[] };
        let live = Self {
            project: spec.project.to_owned(),
            quotas: spec.quotas,
            watch: Watch::over(std::iter::once(&container).chain(&finished), is_here, spec.quotas.disk),
            is_memory_ours: spec.memory.is_none(),
            nix: plan.nix().cloned().collect(),
            setup_files: plan.steps.iter().flat_map(|step| step.packages.files.clone()).collect(),
            apt: plan.steps.iter().flat_map(|step| &step.packages.apt).map(|apt| apt.command.clone()).collect(),
            mise: plan.steps.iter().find(|step| !step.packages.mise.is_empty()).map(|step| step.variables.clone()),
            run_apt: plan.start.as_ref().and_then(|start| start.apt.as_ref()).map(|apt| apt.command.clone()),
            shell: plan.image.entrypoint.clone(),
            assets: plan.assets.clone(),
            profile: plan.start.iter().flat_map(|start| start.profile.clone()).collect(),
            user: plan.start.as_ref().and_then(|start| start.user.clone()).unwrap_or_default(),
            unverified: notes::of(plan, options, open.into_iter().chain(elsewhere)),
            access: access.vars,
            container,
            finished,
        };
        live.trust(&access.bundle, access.find_links.iter().chain(shown))?;
        Ok(live)
    }

    /// Our certificates in the place of the image's, and folders of local packages at their own place.
    fn trust<'a>(&self, bundle: &[u8], folders: impl Iterator<Item = &'a PathBuf>) -> Result<()> {
        if !bundle.is_empty() {
            let bundle_path = Path::new(network::BUNDLE);
            let name = bundle_path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let folder = bundle_path.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
            let stage = stage()?;
            fs::write(stage.path().join(&name), bundle)?;
            for container in std::iter::once(&self.container).chain(&self.finished) {
                container.ask("mkdir -p \"$1\" /run", &[&folder], SOON)?;
                container.put(stage.path(), &folder)?;
            }
        }
        for folder in folders {
            let place = folder.to_string_lossy();
            self.container.ask("mkdir -p \"$1\"", &[&place], SOON)?;
            self.container.put(folder, &place)?;
        }
        Ok(())
    }

    /// What the watch over the disk ended the run for.
    fn excess(&self) -> Option<MachineFailure> {
        Some(match self.watch.excess()? {
            Excess::Disk => self.quotas.too_much_written(),
            _ => {
                let engine = self.container.engine().name();
                let what = format!("the disk of the {engine} engine is nearly full");
                MachineFailure::for_good(what, format!("free some with `{engine} system prune`"))
            }
        })
    }

    /// Fills a folder and copies it over `place`.
    fn put(&self, place: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let stage = stage()?;
        fill(stage.path())?;
        self.container.put(stage.path(), place)
    }

    /// Puts files, named by their place below `place`, into the container.
    fn put_files<'a>(&self, place: &str, files: impl Iterator<Item = (&'a str, &'a str)>) -> Result<()> {
        let files: Vec<(&str, &str)> = files.collect();
        if files.is_empty() {
            return Ok(());
        }
        self.put(place, |stage| {
            for (name, text) in &files {
                let file = stage.join(name.trim_start_matches('/'));
                anyhow::ensure!(!name.split('/').any(|part| part == ".."), "{name} of the plan lies outside {place}");
                fs::create_dir_all(file.parent().unwrap_or(stage))?;
                fs::write(&file, text).with_context(|| format!("cannot write {name} of the plan"))?;
            }
            Ok(())
        })
    }

    fn exec(&self, vars: &Vars, options: &[&str], command: &[&str]) -> CommandLine {
        self.exec_in(&self.container, vars, options, command)
    }

    fn exec_in(&self, container: &Container, vars: &Vars, options: &[&str], command: &[&str]) -> CommandLine {
        let engine = container.engine();
        let head = ["exec", "--user", "0", "--workdir", "/app"];
        let mut arguments: Vec<String> = head.iter().chain(options).map(|word| (*word).to_owned()).collect();
        let mut line_vars = engine.vars().clone();
        let mut renamed = Vec::new();
        let all = self.access.iter().filter(|(name, _)| !vars.contains_key(*name)).chain(vars);
        for (name, value) in all {
            // A name that the client reads for itself travels under another.
            let own = engine.vars().get(name).is_some_and(|own| own != value) || name.starts_with("DOCKER_");
            let carrier = if own { format!("{ALIAS}{}", renamed.len()) } else { name.clone() };
            if own {
                renamed.push((carrier.clone(), name.clone()));
            }
            arguments.extend(["--env".to_owned(), carrier.clone()]);
            line_vars.insert(carrier, value.clone());
        }
        arguments.push(container.name().to_owned());
        if !renamed.is_empty() {
            arguments.extend(["/bin/bash", "-c", &unalias(&renamed), "shakedown"].map(str::to_owned));
        }
        arguments.extend(command.iter().map(|word| (*word).to_owned()));
        CommandLine { vars: line_vars, ..engine.command(arguments) }
    }
}

impl Sandbox for Live {
    fn setup(&mut self) -> Result<Vec<SetupStep>> {
        if !self.setup_files.is_empty() {
            self.copy_in(Some(&self.setup_files.clone()), &[])?;
        }
        let nix = self.nix.iter().map(|nix| (nix.file.as_str(), nix.expression.as_str()));
        self.put_files("/app", nix)?;
        self.put_files("/", self.assets.iter().map(|(name, text)| (name.as_str(), text.as_str())))?;
        let none = Vars::new();
        let nix = self.nix.iter().map(|nix| nix.command.clone());
        let step = |script: String| {
            let argv = self.shell.command(&script).argv;
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            SetupStep::Run { command: self.exec(&none, &[], &argv), title: script }
        };
        let mut steps: Vec<SetupStep> = nix.chain(self.apt.iter().cloned()).map(step).collect();
        if let Some(vars) = &self.mise {
            let command = self.exec(vars, &[], &["mise", "install"]);
            steps.push(SetupStep::Run { title: "mise install".to_owned(), command });
        }
        if let (Some(finished), Some(apt)) = (&self.finished, &self.run_apt) {
            let argv = self.shell.command(apt).argv;
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            steps.push(SetupStep::Run { title: apt.clone(), command: self.exec_in(finished, &none, &[], &argv) });
        }
        Ok(steps)
    }

    fn take(&mut self, taken: &[FileSet]) -> Result<Vec<String>> {
        let Some(finished) = self.finished.take() else { return Ok(Vec::new()) };
        let built = std::mem::replace(&mut self.container, finished);
        let missing = take::take(&built, &self.container, taken)?;
        built.remove()?;
        Ok(missing)
    }

    fn copy_in(&mut self, only: Option<&[String]>, exclude: &[String]) -> Result<()> {
        self.put("/app", |stage| context::copy(&self.project, stage, only, exclude))
    }

    fn command(&self, step: &Step<'_>) -> CommandLine {
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
        let answer = self.container.ask(
            &probe::script(probe, false),
            &arguments.each_ref().map(String::as_str),
            probe::limit(probe),
        );
        answer.map(|answer| probe::read(&answer.stdout, probe)).unwrap_or_default()
    }

    fn page(&self, asked: &Probe<'_>) -> Option<String> {
        let arguments = probe::arguments(asked);
        let arguments = arguments.each_ref().map(String::as_str);
        let answer = self.container.ask(&probe::script(asked, true), &arguments, probe::limit(asked)).ok()?;
        Some(answer.stdout).filter(|page| !page.is_empty())
    }

    fn visit(&self, asked: &Probe<'_>, session: &Session) -> Option<CommandLine> {
        let local = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let addresses = local.map(|ip| SocketAddr::new(ip, asked.port));
        let arguments = session::arguments(asked, session, &addresses);
        Some(self.container.call(session::SCRIPT, &arguments.each_ref().map(String::as_str)))
    }

    fn ask_to_stop(&self, _pid: u32) -> Result<bool> {
        let answer = self.container.ask(STOP, &[STARTED], SOON)?;
        Ok(answer.stdout.contains(HANDLED))
    }

    fn ran_out_of_memory(&self) -> bool {
        !self.is_memory_ours && self.container.condition().is_ok_and(|condition| condition.killed > 0)
    }

    fn overspent(&self) -> Option<MachineFailure> {
        self.watch.last_look();
        self.excess()
    }

    fn lost(&self) -> Option<MachineFailure> {
        let engine = self.container.engine().name();
        if let Some(excess) = self.excess() {
            return Some(excess);
        }
        match self.container.condition() {
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
        notes.extend(self.watch.blind().map(|why| Unverified {
            what: "limits".to_owned(),
            why: format!("what the run wrote to the engine's disk could not be told, so it was not limited ({why})"),
        }));
        notes
    }

    fn audit(&self) -> Result<Vec<MissingLibrary>> {
        // The libraries here are the cloud's own: what is missing shows when the app is started.
        Ok(Vec::new())
    }

    fn close(&mut self) -> Result<()> {
        self.finished.take().map_or(Ok(()), |finished| finished.remove())?;
        self.container.remove()
    }

    fn keep(&mut self) -> Result<Kept> {
        // Before the build was through, the app's image is as empty as any.
        self.finished.take().map_or(Ok(()), |finished| finished.remove())?;
        self.container.keep()?;
        Ok(Kept::Container { engine: self.container.engine().name(), name: self.container.name().to_owned() })
    }
}

/// A folder to copy from, readable by everyone as what lies in it becomes a folder of the container.
fn stage() -> Result<TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let stage = temporary::folder()?;
    fs::set_permissions(stage.path(), fs::Permissions::from_mode(0o755))?;
    Ok(stage)
}

/// Gives the variables their real names, then becomes the command that follows.
fn unalias(renamed: &[(String, String)]) -> String {
    let assign = |(carrier, name): &(String, String)| format!("export {name}=\"${carrier}\"; unset {carrier}; ");
    renamed.iter().map(assign).chain(["exec \"$@\"".to_owned()]).collect()
}
