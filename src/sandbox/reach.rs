//! A service of this machine that a sandbox with a network of its own is let through to.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A host and a port, as they are called on this machine and inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reach {
    /// A name or an address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Whether the user let it in, so that the app may lean on it; the others are what installers are sent to.
    pub is_asked: bool,
}

impl Reach {
    /// A service that the tool itself or the machine's settings send installers to.
    pub fn of_installers(address: SocketAddr) -> Self {
        Self { host: address.ip().to_string(), port: address.port(), is_asked: false }
    }

    /// Every address that it has here; none where the name is not known.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        (self.host.as_str(), self.port).to_socket_addrs().map(Iterator::collect).unwrap_or_default()
    }

    /// The name to be known inside too, where it is one that the sandbox would not know.
    pub(super) fn name(&self) -> Option<&str> {
        (self.host != "localhost" && self.host.parse::<IpAddr>().is_err()).then_some(&self.host)
    }
}

impl FromStr for Reach {
    type Err = String;

    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not HOST:PORT");
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => address,
            None if host.contains(':') => return Err(wrong()),
            None => host,
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        match !host.is_empty() && host.chars().all(is_host) {
            true => Ok(Self { host: host.to_owned(), port, is_asked: true }),
            false => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Reach {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Reach> for String {
    fn from(reach: Reach) -> Self {
        reach.to_string()
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_are_read() {
        for text in ["localhost:5432", "127.0.0.1:6379", "[::1]:80", "db.lan:1"] {
            assert_eq!(text.parse::<Reach>().unwrap().to_string(), text);
        }
        for text in ["", "localhost", "localhost:", ":80", "localhost:0", "localhost:70000", "::1:80", "a b:1", "a\n:1"]
        {
            assert!(text.parse::<Reach>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_a_name_that_is_not_known_inside_is_told() {
        let name = |text: &str| text.parse::<Reach>().unwrap().name().map(str::to_owned);
        assert_eq!(name("db.lan:1"), Some("db.lan".to_owned()));
        assert_eq!((name("localhost:1"), name("[::1]:1"), name("10.0.0.1:1")), (None, None, None));
    }
}
