//! The namespaces of a run: one of processes, and of the network where it can be had, which leads outward as this machine's does
//! and to no service of this machine.

mod engine;
mod forward;
mod held;
mod machine;
mod namespace;
mod overlay;
pub(super) mod sent;
mod trial;
mod watch;

pub(super) use machine::ipv4_of;
pub use trial::try_anew;
pub(super) use watch::{Excess, Watched};

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow, bail};

use self::engine::Method;
use self::held::Held;
use self::machine::Machine;
use self::sent::Sent;
use super::cache::Cache;
use super::network::Access;
use super::{MachineFailure, Reach, Unverified};
use crate::plan::Vars;

/// The network of a run, and the namespaces that its commands enter.
#[derive(Debug, Clone)]
pub(super) struct Network {
    mode: Mode,
    /// What is let in.
    reach: Vec<Reach>,
    /// Why it has to be this machine's.
    refusal: Option<String>,
    held: Option<Arc<Held>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing but loopback, one for each command.
    Offline,
    /// This machine's, services on its loopback included, since none of its own can be had here.
    Shared,
    /// One of its own, the same for all commands of the run.
    Isolated,
}

/// A network that is being made while other things are.
#[derive(Debug)]
pub(super) struct Starting {
    is_wanted: bool,
    reach: Vec<Reach>,
    making: JoinHandle<Made>,
}

/// The mode, why it is not the one that was wanted, and what holds it.
type Made = (Mode, Option<String>, Result<Held>);

/// Whether a run has every port for itself, so that it need not be given one that is free on this machine.
pub fn has_all_ports() -> bool {
    trial::find(Cache::of_user().ok().as_ref()).is_ok()
}

/// This machine's own addresses, loopback's aside.
pub(super) fn own_addresses() -> Vec<IpAddr> {
    Machine::read().own
}

/// Whether an address is one of those.
pub(super) fn is_own_address(address: IpAddr) -> bool {
    own_addresses().contains(&address)
}

/// Services of this machine that these variables send installers to: proxies and indexes.
pub(super) fn named_in(vars: &Vars) -> Vec<SocketAddr> {
    machine::named_in(vars, &Machine::read())
}

impl Network {
    /// Begins to make what a run asks for.
    pub(super) fn start(
        is_wanted: bool,
        reach: &[Reach],
        access: &Access,
        cache: &Cache,
        watched: Watched,
    ) -> Starting {
        let method = is_wanted.then(|| trial::find(Some(cache)));
        let (reach, access) = (reach.to_vec(), access.clone());
        let let_in = reach.clone();
        let making = thread::spawn(move || {
            let refusal = match method {
                None => return (Mode::Offline, None, Held::of_processes(&watched)),
                Some(Err(unavailable)) => unavailable.missing,
                Some(Ok(method)) => match isolated(method, &let_in, &access, &watched) {
                    Ok(held) => return (Mode::Isolated, None, Ok(held)),
                    Err(error) => format!("{error:#}"),
                },
            };
            (Mode::Shared, Some(refusal), Held::of_processes(&watched))
        });
        Starting { is_wanted, reach, making }
    }

    /// None, which is also what a run has until its own is up.
    pub(super) fn offline() -> Self {
        Self { mode: Mode::Offline, reach: Vec::new(), refusal: None, held: None }
    }

    /// One whose commands read the same in every run that has a network.
    pub(super) fn of_any_run() -> Self {
        Self { mode: Mode::Shared, reach: Vec::new(), refusal: None, held: None }
    }

    /// Words before a command that lead it into the run's namespaces.
    pub(super) fn enter(&self) -> &[OsString] {
        self.held.as_ref().map_or(&[], |held| held.enter())
    }

    /// Shows `lower` at `at` to all commands to come, as if it were a copy; `scratch` is to be made, and gets what they write.
    ///
    /// # Errors
    /// That cannot be done on this machine, and nothing has changed.
    pub(super) fn overlay(&self, lower: &Path, at: &Path, scratch: &Path) -> Result<()> {
        let held = self.held.as_ref().context("the run has no namespace of its own")?;
        overlay::mount(held.enter(), held.is_in_user_namespace(), lower, at, scratch)
    }

    /// Where a path of this machine is that is the same to the run's commands but for overlays.
    pub(super) fn seen_inside(&self, path: &Path) -> PathBuf {
        let inside = path.strip_prefix("/").unwrap_or(path);
        self.held.as_ref().map_or_else(|| path.to_owned(), |held| held.root().join(inside))
    }

    /// Leads one more service of this machine in, which the tool itself sends installers to.
    ///
    /// # Errors
    /// The run has no network, or nothing can listen in it.
    pub(super) fn let_in(&self, service: SocketAddr) -> Result<()> {
        match self.mode {
            Mode::Shared => Ok(()),
            Mode::Isolated => self.held.as_ref().context("the run has no namespace of its own")?.let_in(service),
            Mode::Offline => bail!("the run has no network"),
        }
    }

    /// How much the run's commands have sent outward so far.
    ///
    /// # Errors
    /// That cannot be told.
    pub(super) fn sent(&self) -> Result<Sent> {
        match (self.mode, &self.held) {
            (Mode::Offline, _) => Ok(Sent::default()),
            (Mode::Isolated, Some(held)) => held.sent(),
            _ => bail!("what it asks of the network is not known"),
        }
    }

    /// The services of this machine that its user has let in. A command that found none of them has sent nothing outward.
    pub(super) fn services(&self) -> BTreeSet<String> {
        match self.mode {
            Mode::Shared => ["all".to_owned()].into(),
            _ => self.reach.iter().filter(|reach| reach.is_asked).map(Reach::to_string).collect(),
        }
    }

    pub(super) fn is_offline(&self) -> bool {
        self.mode == Mode::Offline
    }

    /// Whether listeners inside are this machine's too.
    pub(super) fn is_shared(&self) -> bool {
        self.mode == Mode::Shared
    }

    /// Whether what is run in it counts as root there, with no other user to be.
    pub(super) fn is_in_user_namespace(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_in_user_namespace())
    }

    /// Whether an address is that of a service of this machine which the user did not let in.
    pub(super) fn is_of_this_machine(&self, to: SocketAddr) -> bool {
        let to = SocketAddr::new(to.ip().to_canonical(), to.port());
        let is_here = match self.mode {
            Mode::Offline => false,
            Mode::Shared => Machine::read().has(to.ip()),
            Mode::Isolated => self.held.as_ref().is_some_and(|held| held.forwards_to(to)),
        };
        is_here && !self.reach.iter().any(|reach| reach.is_asked && reach.addresses().contains(&to))
    }

    /// Whether what holds the run, or carries its network, has died.
    pub(super) fn failure(&self) -> Option<MachineFailure> {
        let is_alive = self.held.as_ref()?.is_alive();
        let what = "the program that carried the sandbox's network has ended";
        (!is_alive).then(|| MachineFailure::for_good(what, "run again"))
    }

    /// What the run used too much of, if it did.
    pub(super) fn excess(&self) -> Option<Excess> {
        self.held.as_ref()?.excess()
    }

    /// Whether somebody sees to what the run uses.
    pub(super) fn is_watched(&self) -> bool {
        self.held.is_some()
    }

    /// Ends every process of the run at once. What led outward may still be ending.
    pub(super) fn stop(&self) {
        if let Some(held) = &self.held {
            held.stop();
        }
    }

    /// The same, and waits for all of it.
    pub(super) fn end(&mut self) {
        self.held = None;
    }

    /// What the verdict does not cover for want of a network like the cloud's.
    pub(super) fn notes(&self) -> Vec<Unverified> {
        let mut notes = Vec::new();
        if self.is_shared() {
            let because = self.refusal.as_ref().map(|refusal| format!(": {refusal}")).unwrap_or_default();
            notes.push(Unverified {
                what: "loopback".to_owned(),
                why: format!(
                    "services of this machine on 127.0.0.1 are within reach of the app; the cloud has none there{because} \
                     (`shakedown doctor` says what keeps them out, and --offline does)"
                ),
            });
        }
        let asked = self.reach.iter().filter(|reach| reach.is_asked && !self.is_offline());
        notes.extend(asked.map(|reach| Unverified {
            what: format!("--reach {reach}"),
            why: "this service of your machine was let in; in the cloud nobody listens there".to_owned(),
        }));
        notes
    }
}

impl Starting {
    /// The network, once it is there. One that cannot be made after all leaves this machine's.
    pub(super) fn finish(self) -> Network {
        let given_up = if self.is_wanted { Mode::Shared } else { Mode::Offline };
        let (mode, refusal, held) =
            self.making.join().unwrap_or_else(|_| (given_up, None, Err(anyhow!("it was given up"))));
        Network { mode, reach: self.reach, refusal, held: held.ok().map(Arc::new) }
    }
}

/// One of the run's own. On a busy machine what works may once take too long.
fn isolated(method: Method, reach: &[Reach], access: &Access, watched: &Watched) -> Result<Held> {
    Held::with_network(method, reach, access, watched).or_else(|_| Held::with_network(method, reach, access, watched))
}

/// Lines of `/etc/hosts` for names of services that are let in.
pub(super) fn hosts(reach: &[Reach]) -> String {
    let machine = Machine::read();
    let mut lines = String::new();
    for (service, name) in reach.iter().filter_map(|service| Some((service, service.name()?))) {
        for address in service.addresses().iter().filter(|address| machine.has(address.ip())) {
            lines.push_str(&format!("{} {name}\n", address.ip()));
        }
    }
    lines
}
