//! Forwards: listeners inside the namespace whose connections are carried on, outside, to one service of this machine.
//!
//! Only a process inside can make a listener there. A short Python program does, hands the sockets over and ends; what is
//! said through them is carried by threads of our own.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::io::retry_on_intr;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

/// One message of the kernel's carries no more sockets than a few hundred; nobody needs so many forwards.
const MOST_FORWARDS: usize = 64;
/// Connections through all forwards of a run at once: each takes two threads here.
const MOST_CONNECTIONS: usize = 512;
const OPEN_WITHIN: Duration = Duration::from_secs(5);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a name server may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The largest datagram.
const DATAGRAM: usize = 65_535;

/// Binds each `tcp|udp ADDRESS PORT` and sends the sockets over standard input, which is a Unix socket.
const MAKE: &str = "
import array, socket, sys
out = socket.socket(fileno=0)
made = []
for kind, address, port in zip(*[iter(sys.argv[1:])] * 3):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM)
    if kind == 'tcp':
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    one.bind((address, int(port)))
    if kind == 'tcp':
        one.listen(128)
    made.append(one)
out.sendmsg([b'.'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [one.fileno() for one in made]))])
";

/// What a forward leads to. It has the same address on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Tcp(SocketAddr),
    Udp(SocketAddr),
}

impl Target {
    pub(super) fn address(self) -> SocketAddr {
        match self {
            Self::Tcp(address) | Self::Udp(address) => address,
        }
    }
}

/// The open forwards of a namespace. Dropping them closes them.
#[derive(Debug, Default)]
pub(super) struct Forwards {
    listeners: Vec<TcpListener>,
    closed: Arc<AtomicBool>,
    taken: Arc<AtomicU64>,
}

impl Forwards {
    /// How many connections and datagrams have come so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }
}

/// Opens forwards in the namespace that `enter` leads into.
pub(super) fn open(enter: &[OsString], python: &std::path::Path, wanted: &BTreeSet<Target>) -> Result<Forwards> {
    ensure!(wanted.len() <= MOST_FORWARDS, "more than {MOST_FORWARDS} services are to be let in");
    let mut forwards = Forwards::default();
    let carried = Carried { taken: Arc::clone(&forwards.taken), now: Arc::default() };
    for (target, socket) in wanted.iter().zip(sockets(enter, python, wanted)?) {
        match *target {
            Target::Tcp(to) => {
                let listener = TcpListener::from(socket);
                forwards.listeners.push(listener.try_clone()?);
                let carried = carried.clone();
                thread::spawn(move || carry_connections(&listener, to, &carried));
            }
            Target::Udp(to) => {
                let (socket, closed) = (Arc::new(UdpSocket::from(socket)), Arc::clone(&forwards.closed));
                socket.set_read_timeout(Some(Duration::from_millis(200)))?;
                let carried = carried.clone();
                thread::spawn(move || carry_datagrams(&socket, to, &closed, &carried));
            }
        }
    }
    Ok(forwards)
}

impl Drop for Forwards {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        for listener in &self.listeners {
            // Whoever waits for a connection is woken by it.
            let _ = rustix::net::shutdown(listener, rustix::net::Shutdown::Both);
        }
    }
}

fn sockets(enter: &[OsString], python: &std::path::Path, wanted: &BTreeSet<Target>) -> Result<Vec<OwnedFd>> {
    let (ours, theirs) = UnixStream::pair().context("cannot make a pair of sockets")?;
    ours.set_read_timeout(Some(OPEN_WITHIN))?;
    let mut words = enter.to_vec();
    words.extend([python.into(), "-I".into(), "-S".into(), "-c".into(), MAKE.into()]);
    for target in wanted {
        let kind = if matches!(target, Target::Tcp(_)) { "tcp" } else { "udp" };
        let address = target.address();
        words.extend([kind.into(), address.ip().to_string().into(), address.port().to_string().into()]);
    }
    let (program, arguments) = words.split_first().context("no command")?;
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {}", program.to_string_lossy()))?;
    let received = receive(&ours);
    if received.is_err() {
        // It would be waited for else.
        let _ = ours.shutdown(Shutdown::Both);
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).trim_end().rsplit('\n').next().unwrap_or_default().to_owned();
    let received = received.with_context(|| format!("cannot listen inside: {said}"))?;
    ensure!(received.len() == wanted.len(), "cannot listen inside: {said}");
    Ok(received)
}

fn receive(socket: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FORWARDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    // A signal of a process that ended may come in between.
    retry_on_intr(|| recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC))?;
    let mut found = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(sockets) = message {
            found.extend(sockets);
        }
    }
    Ok(found)
}

/// Connections and datagrams of all forwards of a run.
#[derive(Debug, Clone, Default)]
struct Carried {
    /// Those that have come so far.
    taken: Arc<AtomicU64>,
    now: Arc<AtomicUsize>,
}

impl Carried {
    fn take(&self) -> Option<Place> {
        self.taken.fetch_add(1, Ordering::SeqCst);
        let before = self.now.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.now));
        (before < MOST_CONNECTIONS).then_some(place)
    }
}

/// Counts itself among those that are carried, until it is dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn carry_connections(listener: &TcpListener, to: SocketAddr, carried: &Carried) {
    while let Ok((inside, _)) = listener.accept() {
        let Some(place) = carried.take() else { continue };
        thread::spawn(move || {
            let _place = place;
            let Ok(outside) = TcpStream::connect_timeout(&to, CONNECT_WITHIN) else { return };
            let _ = carry(inside, outside);
        });
    }
}

/// Carries both ways until both have ended.
fn carry(inside: TcpStream, outside: TcpStream) -> io::Result<()> {
    // An answer of two parts would wait for the first to be acknowledged, 40 ms each time.
    inside.set_nodelay(true)?;
    outside.set_nodelay(true)?;
    let (mut from_inside, mut to_outside) = (inside.try_clone()?, outside.try_clone()?);
    let there = thread::spawn(move || {
        let _ = io::copy(&mut from_inside, &mut to_outside);
        let _ = to_outside.shutdown(Shutdown::Write);
    });
    let (mut from_outside, mut to_inside) = (outside, inside);
    let back = io::copy(&mut from_outside, &mut to_inside);
    let _ = to_inside.shutdown(Shutdown::Write);
    if back.is_err() {
        let _ = to_inside.shutdown(Shutdown::Both);
        let _ = from_outside.shutdown(Shutdown::Both);
    }
    let _ = there.join();
    Ok(())
}

fn carry_datagrams(socket: &Arc<UdpSocket>, to: SocketAddr, closed: &AtomicBool, carried: &Carried) {
    let mut question = vec![0; DATAGRAM];
    while !closed.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut question) else { continue };
        let Some(place) = carried.take() else { continue };
        let (question, socket) = (question[..length].to_vec(), Arc::clone(socket));
        thread::spawn(move || {
            let _place = place;
            let _ = ask(&question, to).and_then(|answer| socket.send_to(&answer, from));
        });
    }
}

fn ask(question: &[u8], to: SocketAddr) -> io::Result<Vec<u8>> {
    let unspecified: std::net::IpAddr = match to {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let own = UdpSocket::bind((unspecified, 0))?;
    own.connect(to)?;
    own.set_read_timeout(Some(ANSWER_WITHIN))?;
    own.send(question)?;
    let mut answer = vec![0; DATAGRAM];
    let length = own.recv(&mut answer)?;
    answer.truncate(length);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn what_is_said_to_a_forward_is_heard_outside_and_answered() {
        // Without a namespace, both sides would have one address: the service is on another of loopback's.
        let service = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = service.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in service.incoming().flatten() {
                let mut heard = String::new();
                stream.read_to_string(&mut heard).unwrap();
                write!(stream, "{heard} heard").unwrap();
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let forward = listener.local_addr().unwrap();
        thread::spawn(move || carry_connections(&listener, to, &Carried::default()));
        let mut stream = TcpStream::connect(forward).unwrap();
        stream.write_all(b"ahoy").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "ahoy heard");
    }

    #[test]
    fn sockets_are_made_by_another_process_and_closed_with_the_forwards() {
        let spare = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let Ok(python) = which::which("python3") else { return };
        let forwards = open(&[], &python, &[Target::Tcp(spare), Target::Udp(spare)].into()).unwrap();
        assert!(TcpListener::bind(spare).is_err());
        drop(forwards);
        thread::sleep(Duration::from_millis(300));
        assert!(TcpListener::bind(spare).is_ok());
    }
}
