//! The namespaces that live as long as their run: a PID namespace, and where it can be had a network namespace that leads outward
//! as this machine's does, and inward nowhere.
//!
//! A process that waits for the end of its input holds them; an engine carries packets between the network and the sockets of an
//! ordinary process of this user. However we end, a kill -9 included, both inputs end and both processes go, and the kernel ends
//! with the first every process of the run, whatever it made of its session, its parent or its signals. Routes say that this
//! machine's own addresses and those of its links lead nowhere: nothing inside may change them.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use super::engine::{Engine, Method, Tools, enter};
use super::machine::Machine;
use super::watch::{BEFORE, Excess, WATCH, Watched};
use crate::sandbox::ended;
use crate::sandbox::host::system::{is_first_process, system_command};

/// Networks whose services are those of this machine's links, multicast ones among them.
const LINKS: &[&str] = &["169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32"];

/// Sets up what only the namespace's own root may, says so, and waits. Arguments, where there is a network: `ip`, and its commands.
///
/// What is led in makes namespaces of its own by what /proc says of it, so that is this namespace's: whole, or no other could be
/// mounted below.
const HOLD: &str = r#"echo here; mount -t proc proc /proc || exit 1
[ -z "$1" ] || { printf '%s\n' "$2" | "$1" -batch - || exit 1; echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start; }
"#;
const SAY: &str = "echo ready";
/// What a holder says when it is there, and when all is set up; and what an engine does.
const HERE: &str = "here\n";
const READY: &str = "ready\n";
const UP: &str = "1";

/// Hands the engine two descriptors that are neither input nor output, to which it would write other things.
const ENGINE: &str = r#"exec 3>&1 4<&0 > /dev/null < /dev/null; exec "$@""#;

/// Ends an engine, and what it has started, with our input: not every pasta heeds the end of what it runs.
const GUARD: &str = r#"exec 3<&0; "$@" <&3 & while read -r _; do :; done; kill -KILL 0"#;

/// Longest message of a program that failed.
const MOST_SAID: usize = 4096;

/// What holds the namespaces of a run. Dropping it ends every process in them.
#[derive(Debug)]
pub(super) struct Namespace {
    children: Vec<Child>,
    pub(super) enter: Vec<OsString>,
    /// All files as they are in there, seen from out here.
    pub(super) root: PathBuf,
    /// What the holder has said since it was ready.
    heard: Arc<Mutex<String>>,
    is_stopped: bool,
}

impl Namespace {
    /// Makes them, with a device that leads outward.
    ///
    /// # Errors
    /// A program failed or took longer than `limit`; the message is its own.
    pub(super) fn with_network(
        tools: &Tools,
        method: Method,
        machine: &Machine,
        watched: &Watched,
        limit: Duration,
    ) -> Result<Self> {
        let deadline = Instant::now() + limit;
        let words = match method.engine {
            Engine::Slirp { .. } => bubblewrap(tools, method.has_user_namespace, true),
            // It has made the others.
            Engine::Pasta => [pasta(tools)?, bubblewrap(tools, false, false)].concat(),
        };
        let ip = tools.ip.clone().context("there is no ip")?;
        let (mut namespace, holder, said) =
            Self::hold(words, [ip.into_os_string(), routes(machine).into()], watched, deadline)?;
        let up = match method.engine {
            // The device comes up while the holder sets up the rest.
            Engine::Slirp { is_confined } => {
                let words = slirp(tools, is_confined, machine, holder)?;
                Some(namespace.add(&[&in_bash(ENGINE)?[..], &words].concat(), &[UP])?)
            }
            Engine::Pasta => None,
        };
        said.wait(deadline)?;
        up.iter().try_for_each(|said| said.wait(deadline))?;
        namespace.enter = enter(tools, method.has_user_namespace, true, holder);
        Ok(namespace)
    }

    /// Makes a PID namespace alone.
    ///
    /// # Errors
    /// As of [`Namespace::with_network`].
    pub(super) fn of_processes(
        tools: &Tools,
        has_user_namespace: bool,
        watched: &Watched,
        limit: Duration,
    ) -> Result<Self> {
        let words = bubblewrap(tools, has_user_namespace, false);
        let deadline = Instant::now() + limit;
        let (mut namespace, holder, said) = Self::hold(words, [OsString::new(), OsString::new()], watched, deadline)?;
        said.wait(deadline)?;
        namespace.enter = enter(tools, has_user_namespace, false, holder);
        Ok(namespace)
    }

    /// Starts the holder; gives its process id out here, and what it is to say yet.
    fn hold(
        mut words: Vec<OsString>,
        network: [OsString; 2],
        watched: &Watched,
        deadline: Instant,
    ) -> Result<(Self, u32, Said)> {
        let mut namespace = Self {
            children: Vec::new(),
            enter: Vec::new(),
            root: PathBuf::new(),
            heard: Arc::default(),
            is_stopped: false,
        };
        words.extend(in_bash(&[HOLD, BEFORE, SAY, WATCH].concat())?);
        words.extend(network);
        words.extend(watched.arguments());
        let said = namespace.add(&words, &[HERE, READY])?;
        namespace.heard = Arc::clone(&said.later);
        said.wait(deadline)?;
        let holder = namespace.holder().context("no process holds the namespace")?;
        namespace.root = format!("/proc/{holder}/root").into();
        Ok((namespace, holder, said))
    }

    /// Starts a program that is to say `all`, one after the other.
    fn add(&mut self, words: &[OsString], all: &'static [&'static str]) -> Result<Said> {
        let (program, arguments) = words.split_first().context("no command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // The terminal's Ctrl-C is for us: the run is ended first.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot run {}", program.to_string_lossy()))?;
        let (stdout, stderr) = (child.stdout.take().context("no output")?, child.stderr.take().context("no output")?);
        self.children.push(child);
        let complaint = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&complaint);
        thread::spawn(move || hear(stderr, &heard));
        let (say, words) = mpsc::channel();
        let later = Arc::<Mutex<String>>::default();
        let told = Arc::clone(&later);
        thread::spawn(move || {
            let mut stdout = stdout;
            for expected in all {
                let mut words = vec![0; expected.len()];
                let _ = say.send(stdout.read_exact(&mut words).is_ok() && words == expected.as_bytes());
            }
            // Held open: whoever writes to a pipe without a reader is ended by it.
            hear(stdout, &told);
        });
        Ok(Said { words, complaint, later })
    }

    /// The process that holds the namespaces, by the number that it has out here.
    fn holder(&self) -> Option<u32> {
        let (mut pid, mut first) = (self.children.last()?.id(), None);
        loop {
            let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
            let Some(child) = children.split_whitespace().next().and_then(|child| child.parse().ok()) else {
                return first;
            };
            pid = child;
            // What it starts itself is not what holds.
            if is_first_process(pid) {
                first = Some(pid);
            }
        }
    }

    /// Ends every process of the run. The kernel takes its time with an engine's own end, which is waited for when this is dropped.
    pub(super) fn stop(&mut self) {
        if std::mem::replace(&mut self.is_stopped, true) {
            return;
        }
        // The end of its input ends each, the holder with all that it holds; what does not heed it is killed.
        for child in self.children.iter_mut().rev() {
            drop(child.stdin.take());
        }
        let deadline = Instant::now() + Duration::from_millis(300);
        for (number, child) in self.children.iter_mut().enumerate() {
            // An engine has nothing to finish, and is in no hurry.
            while number == 0 && matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
                ended::wait(Pid::from_child(child), deadline.saturating_duration_since(Instant::now()));
            }
            // Its group, which it has for itself: an engine may have started others.
            let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
            if number == 0 {
                let _ = child.wait();
            }
        }
    }

    /// What the run used too much of, if it did.
    pub(super) fn excess(&self) -> Option<Excess> {
        Excess::parse(&self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether what holds them, and what leads outward, is still there.
    pub(super) fn is_alive(&mut self) -> bool {
        self.children.iter_mut().all(|child| matches!(child.try_wait(), Ok(None)))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.stop();
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}

/// What a program says.
struct Said {
    words: mpsc::Receiver<bool>,
    complaint: Arc<Mutex<String>>,
    /// What comes after what it is to say.
    later: Arc<Mutex<String>>,
}

impl Said {
    /// Waits for the next of what it is to say.
    fn wait(&self, deadline: Instant) -> Result<()> {
        match self.words.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(true) => Ok(()),
            Ok(false) => {
                thread::sleep(Duration::from_millis(20));
                let said = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
                let line = said.lines().find(|line| line.contains("enied") || line.contains("ailed"));
                bail!("{}", line.or(said.lines().next()).unwrap_or("it ended without a word").trim())
            }
            Err(_) => bail!("it is not ready in time"),
        }
    }
}

/// Keeps the end of what a program complains of, and lets it never wait for a reader.
fn hear(mut from: impl Read, heard: &Mutex<String>) {
    let mut chunk = [0; 1024];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() < MOST_SAID {
            heard.push_str(&String::from_utf8_lossy(&chunk[..length]));
        }
    }
}

fn in_bash(script: &str) -> Result<Vec<OsString>> {
    let bash = system_command("bash").context("there is no bash")?;
    Ok(vec![bash.into(), "-p".into(), "-c".into(), script.into(), "bash".into()])
}

fn bubblewrap(tools: &Tools, has_user_namespace: bool, has_network: bool) -> Vec<OsString> {
    let mut words = vec![tools.bwrap.clone().into_os_string()];
    if has_user_namespace {
        words.extend(["--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "ALL"].map(OsString::from));
    }
    if has_network {
        words.push("--unshare-net".into());
    }
    words.extend(["--unshare-pid", "--as-pid-1", "--dev-bind", "/", "/", "--"].map(OsString::from));
    words
}

fn pasta(tools: &Tools) -> Result<Vec<OsString>> {
    let program = tools.pasta.clone().context("there is no pasta")?;
    let mut words = in_bash(GUARD)?;
    words.push(program.into_os_string());
    words.extend(["--foreground", "--quiet", "--config-net", "--no-map-gw", "--ipv4-only"].map(OsString::from));
    for ports in ["-t", "-u", "-T", "-U"] {
        words.extend([ports, "none"].map(OsString::from));
    }
    words.push("--".into());
    Ok(words)
}

fn slirp(tools: &Tools, is_confined: bool, machine: &Machine, holder: u32) -> Result<Vec<OsString>> {
    let program: PathBuf = tools.slirp.clone().context("there is no slirp4netns")?;
    let mut words = vec![program.into_os_string()];
    // Its own name server would lead to every port of this machine's.
    words.extend(["--configure", "--mtu=65520", "--disable-host-loopback", "--disable-dns"].map(OsString::from));
    words.push(format!("--cidr={}", machine.free_network()).into());
    if is_confined {
        words.extend(["--enable-sandbox", "--enable-seccomp"].map(OsString::from));
    }
    words.extend(["-r", "3", "-e", "4"].map(OsString::from));
    words.extend([holder.to_string().into(), "tap0".into()]);
    Ok(words)
}

/// Commands of `ip` that shut out this machine and its links, and give the loopback device the addresses that forwards need.
fn routes(machine: &Machine) -> String {
    let mut lines = vec!["link set lo up".to_owned()];
    let ipv4 = machine.own.iter().filter(|address| address.is_ipv4()).map(IpAddr::to_string);
    let shut = ipv4.map(|address| format!("{address}/32")).chain(LINKS.iter().map(|link| (*link).to_owned()));
    lines.extend(shut.map(|place| format!("route add unreachable {place}")));
    // A process may bind itself to the device and so pass over these addresses; the routes above hold it still.
    lines.extend(machine.forwarded.iter().map(|address| match address {
        IpAddr::V4(address) => format!("address add {address}/32 dev lo"),
        IpAddr::V6(address) => format!("address add {address}/128 dev lo nodad"),
    }));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_its_links_lead_nowhere() {
        let own = ["192.0.2.7", "fd00::7"].iter().map(|address| address.parse().unwrap()).collect();
        let machine = Machine { own, forwarded: vec!["192.0.2.7".parse().unwrap()], ..Machine::default() };
        let routes = routes(&machine);
        for line in ["route add unreachable 192.0.2.7/32", "route add unreachable 169.254.0.0/16"] {
            assert!(routes.contains(line), "{routes}");
        }
        assert!(routes.ends_with("address add 192.0.2.7/32 dev lo"), "{routes}");
    }
}
