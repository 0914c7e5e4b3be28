//! The port that an app is told to listen on. Where the host sandbox has no network of its own it shares the machine's ports, and
//! two rehearsals at once must not be given the same one.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, SocketAddrV4};

use rustix::net::{AddressFamily, SocketType, bind, socket};

use super::{BackendName, Request};
use crate::sandbox::netns;

/// What Railway shows apps as `PORT`.
const USUAL: u16 = 8080;
/// Above the ports that people's servers use, below those that outgoing connections are given.
const OTHERS: std::ops::Range<u16> = 18_000..28_000;

/// A port that no other rehearsal on this machine is given until this is dropped, and that nobody else had when it was taken.
#[derive(Debug)]
pub struct Lease {
    port: u16,
    _claim: Option<Claim>,
}

impl Lease {
    /// The usual port, or another where that one is taken.
    pub fn usual() -> Self {
        Self::first_free(std::iter::once(USUAL).chain(others()))
    }

    /// The usual port where every run has all ports for itself, else [`Lease::usual`].
    pub(super) fn where_needed(request: &Request) -> Self {
        let is_apart = !request.network || request.backend == BackendName::Docker || netns::has_all_ports();
        if is_apart { Self::given(USUAL) } else { Self::usual() }
    }

    /// A port that is not the usual one, nor any other that a text may name by itself.
    pub fn unusual() -> Self {
        Self::first_free(others())
    }

    /// The port that the user wants, whoever else has it.
    pub fn given(port: u16) -> Self {
        Self { port, _claim: None }
    }

    /// The number.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn first_free(mut candidates: impl Iterator<Item = u16>) -> Self {
        let lease = candidates.find_map(|port| {
            let claim = claim(port)?;
            is_free(port).then_some(Self { port, _claim: Some(claim) })
        });
        // Nothing to be had: the app will say so better than we could.
        lease.unwrap_or_else(|| Self::given(USUAL))
    }
}

/// Each of the others once, from anywhere: one that was in use a moment ago is better left alone for a while.
fn others() -> impl Iterator<Item = u16> {
    let count = u64::from(OTHERS.end - OTHERS.start);
    let first = RandomState::new().hash_one(()) % count;
    let numbered = move |index: u64| OTHERS.start + u16::try_from((first + index) % count).unwrap_or_default();
    (0..count).map(numbered)
}

/// Whether an app could listen there that does not ask to reuse addresses, as many do not: the standard library's
/// listener asks, and so would call a port free whose last connections are still being closed.
fn is_free(port: u16) -> bool {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None);
    socket.is_ok_and(|socket| bind(&socket, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)).is_ok())
}

/// An abstract socket's name belongs to one process, to the network that has the ports, and to nobody once that process
/// is gone.
#[cfg(target_os = "linux")]
type Claim = std::os::unix::net::UnixListener;

#[cfg(target_os = "linux")]
fn claim(port: u16) -> Option<Claim> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;
    let name = SocketAddr::from_abstract_name(format!("shakedown-port-{port}")).ok()?;
    Claim::bind_addr(&name).ok()
}

/// Elsewhere no sandbox shares the machine's ports.
#[cfg(not(target_os = "linux"))]
type Claim = ();

#[cfg(not(target_os = "linux"))]
fn claim(_: u16) -> Option<Claim> {
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rehearsals_are_given_the_same_port() {
        let leases: Vec<Lease> = (0..50).map(|_| Lease::unusual()).collect();
        let ports: std::collections::BTreeSet<u16> = leases.iter().map(Lease::port).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|port| OTHERS.contains(port)));
    }

    #[test]
    fn a_claim_ends_with_its_rehearsal() {
        let held = claim(1);
        assert!(held.is_some() && claim(1).is_none());
        drop(held);
        assert!(claim(1).is_some());
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_passed_over() {
        let somebody = std::net::TcpListener::bind(("0.0.0.0", 0)).unwrap();
        let taken = somebody.local_addr().unwrap().port();
        let lease = Lease::first_free([taken].into_iter().chain(others()));
        assert_ne!(lease.port(), taken);
    }

    #[test]
    fn a_port_whose_last_connection_is_still_closing_is_passed_over() {
        let server = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = server.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        // The server's side ends first, and so keeps the port for a while.
        drop(server.accept().unwrap());
        drop(server);
        drop(client);
        assert!(!is_free(address.port()));
    }
}
