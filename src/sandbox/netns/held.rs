//! The namespaces of one run for as long as it goes on, and what is let in.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

use super::engine::{Method, Tools};
use super::forward::{self, Forwards, Target};
use super::machine::{self, Machine};
use super::namespace::Namespace;
use super::sent::Sent;
use super::watch::{Excess, Watched};
use crate::sandbox::network::Access;
use crate::sandbox::{Reach, elf};

/// How long the namespaces of a run may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(10);
/// How long a service that is to be let in may take to say that it is there.
const THERE_WITHIN: Duration = Duration::from_millis(300);

/// The most bytes of a file in which the kernel counts packets.
const MOST_COUNTS: u64 = 1 << 20;

/// Dropping it ends every process of the run.
#[derive(Debug)]
pub(super) struct Held {
    namespace: Mutex<Namespace>,
    enter: Vec<OsString>,
    root: PathBuf,
    is_in_user_namespace: bool,
    targets: BTreeSet<Target>,
    /// To what the user and this machine's settings let in.
    forwards: Forwards,
    /// To what the tool itself has, of which it knows what it was asked.
    own: Mutex<Vec<Forwards>>,
}

impl Held {
    pub(super) fn with_network(method: Method, reach: &[Reach], access: &Access, watched: &Watched) -> Result<Self> {
        let mut machine = Machine::read();
        let targets = targets(reach, access, &machine);
        let own = targets.iter().map(|target| target.address().ip()).filter(|address| !address.is_loopback());
        machine.forwarded = own.collect::<BTreeSet<IpAddr>>().into_iter().collect();
        let namespace = Namespace::with_network(&Tools::of_network()?, method, &machine, watched, UP_WITHIN)?;
        let forwards = match targets.is_empty() {
            true => Forwards::default(),
            false => forward::open(&namespace.enter, &python()?, &targets)?,
        };
        Ok(Self { targets, ..Self::of(namespace, method.has_user_namespace, forwards) })
    }

    /// A PID namespace alone.
    pub(super) fn of_processes(watched: &Watched) -> Result<Self> {
        let tools = Tools::find()?;
        // Root needs no user namespace, but may be in a container that lets it have no other.
        let as_root =
            rustix::process::geteuid().is_root().then(|| Namespace::of_processes(&tools, false, watched, UP_WITHIN));
        if let Some(Ok(namespace)) = as_root {
            return Ok(Self::of(namespace, false, Forwards::default()));
        }
        Ok(Self::of(Namespace::of_processes(&tools, true, watched, UP_WITHIN)?, true, Forwards::default()))
    }

    fn of(namespace: Namespace, is_in_user_namespace: bool, forwards: Forwards) -> Self {
        let (enter, root) = (namespace.enter.clone(), namespace.root.clone());
        let namespace = Mutex::new(namespace);
        Self { namespace, enter, root, is_in_user_namespace, targets: BTreeSet::new(), forwards, own: Mutex::default() }
    }

    /// Words before a command that lead it in.
    pub(super) fn enter(&self) -> &[OsString] {
        &self.enter
    }

    /// All files as they are in there, seen from out here.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn is_in_user_namespace(&self) -> bool {
        self.is_in_user_namespace
    }

    /// How much has gone outward so far; what the tool itself was asked is no part of it.
    ///
    /// # Errors
    /// That cannot be told.
    pub(super) fn sent(&self) -> Result<Sent> {
        // A link there leads to the namespace of whoever reads it.
        let folder = self.root.with_file_name("net");
        let mut sent = Sent::count(|file| Ok(crate::fs::read_text(&folder.join(file), MOST_COUNTS)?))?;
        sent.loopback = self.forwards.taken();
        Ok(sent)
    }

    /// Leads one more address of this machine's loopback in, of a service that apps have no business with.
    pub(super) fn let_in(&self, service: SocketAddr) -> Result<()> {
        let forwards = forward::open(&self.enter, &python()?, &[Target::Tcp(service)].into())?;
        self.own.lock().unwrap_or_else(PoisonError::into_inner).push(forwards);
        Ok(())
    }

    pub(super) fn forwards_to(&self, to: SocketAddr) -> bool {
        self.targets.contains(&Target::Tcp(to))
    }

    pub(super) fn excess(&self) -> Option<Excess> {
        self.namespace.lock().unwrap_or_else(PoisonError::into_inner).excess()
    }

    /// Ends every process of the run.
    pub(super) fn stop(&self) {
        self.namespace.lock().unwrap_or_else(PoisonError::into_inner).stop();
    }

    pub(super) fn is_alive(&self) -> bool {
        self.namespace.lock().unwrap_or_else(PoisonError::into_inner).is_alive()
    }
}

/// What listens inside for a forward: the first on the `PATH` that is a program itself. A script that looks for one, pyenv's for example,
/// takes ten times as long.
fn python() -> Result<PathBuf> {
    let all = || ["python3", "python"].into_iter().filter_map(|name| which::which_all(name).ok()).flatten();
    let found = all().find(|path| elf::is_elf(path)).or_else(|| all().next());
    found.context("there is no Python to listen inside with")
}

/// What has to be let in: what the user asks for, what installers are sent to, and who is asked for names.
fn targets(reach: &[Reach], access: &Access, machine: &Machine) -> BTreeSet<Target> {
    let mut targets: BTreeSet<Target> =
        machine.hidden_resolvers().flat_map(|resolver| [Target::Tcp(resolver), Target::Udp(resolver)]).collect();
    targets.extend(machine::named_in(&access.vars, machine).into_iter().map(Target::Tcp));
    for service in reach {
        let here: Vec<SocketAddr> =
            service.addresses().into_iter().filter(|address| machine.has(address.ip())).collect();
        // `localhost` is two addresses, and an app takes the first that lets it in.
        let listens = |address: &&SocketAddr| TcpStream::connect_timeout(address, THERE_WITHIN).is_ok();
        let there: Vec<SocketAddr> = match here.len() {
            0 | 1 => Vec::new(),
            _ => here.iter().filter(listens).copied().collect(),
        };
        targets.extend(if there.is_empty() { here } else { there }.into_iter().map(Target::Tcp));
    }
    targets
}
