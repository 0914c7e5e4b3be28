//! How this machine stands in its network, as the kernel and `resolv.conf` tell it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::plan::Vars;

/// What is looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    /// Every address of this machine but those of loopback.
    pub(super) own: Vec<IpAddr>,
    /// Network and mask of each IPv4 route, the default one left out.
    pub(super) routes: Vec<(u32, u32)>,
    /// Whether IPv6 alone leads outward.
    pub(super) has_only_ipv6: bool,
    /// Addresses, other than loopback's, that a forward inside is to answer for.
    pub(super) forwarded: Vec<IpAddr>,
    /// Who is asked for names.
    pub(super) resolvers: Vec<IpAddr>,
}

/// Networks for the namespace, of which one is taken that nothing here is on.
const NETWORKS: &[&str] = &["10.0.2.0", "10.231.74.0", "172.29.231.0", "192.168.231.0"];
const NETWORK_MASK: u32 = 0xffff_ff00;

impl Machine {
    pub(super) fn read() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (routes, has_ipv4) = routes(&read("/proc/net/route"));
        let has_ipv6 = read("/proc/net/ipv6_route").lines().any(is_ipv6_default);
        let mut own: Vec<IpAddr> = ipv4_of(&read("/proc/net/fib_trie")).into_iter().map(IpAddr::from).collect();
        own.extend(read("/proc/net/if_inet6").lines().filter_map(ipv6_of).map(IpAddr::from));
        own.retain(|address| !address.is_loopback());
        own.sort();
        own.dedup();
        let resolvers = resolvers(&read("/etc/resolv.conf"));
        Self { own, routes, has_only_ipv6: has_ipv6 && !has_ipv4, forwarded: Vec::new(), resolvers }
    }

    /// Whether what is at an address is a service of this machine.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || address.is_unspecified() || self.own.contains(&address)
    }

    /// A network that does not hide any that this machine is on, such as `10.0.2.0/24`.
    pub(super) fn free_network(&self) -> String {
        let is_free = |network: &&&str| {
            let network: u32 = network.parse::<Ipv4Addr>().map(u32::from).unwrap_or_default();
            self.routes.iter().all(|(other, mask)| network & mask & NETWORK_MASK != other & mask & NETWORK_MASK)
        };
        format!("{}/24", NETWORKS.iter().find(is_free).unwrap_or(&NETWORKS[0]))
    }

    /// Name servers that only a forward leads to: those of this machine, and those that have no IPv4 address.
    pub(super) fn hidden_resolvers(&self) -> impl Iterator<Item = SocketAddr> {
        let hidden = self.resolvers.iter().filter(|address| self.has(**address) || address.is_ipv6());
        hidden.map(|address| SocketAddr::new(*address, 53))
    }
}

/// Destinations and masks, and whether one leads everywhere.
fn routes(table: &str) -> (Vec<(u32, u32)>, bool) {
    let number = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::from_be);
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        Some((number(fields.get(1)?)?, number(fields.get(7)?)?))
    };
    let all: Vec<(u32, u32)> = table.lines().skip(1).filter_map(row).collect();
    let (default, others) = all.into_iter().partition::<Vec<_>, _>(|(_, mask)| *mask == 0);
    (others, !default.is_empty())
}

/// `::/0` over a device that is not loopback.
fn is_ipv6_default(line: &str) -> bool {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [destination, "00", .., device] = fields[..] else { return false };
    destination.bytes().all(|byte| byte == b'0') && device != "lo"
}

/// The local addresses of `/proc/net/fib_trie`: a line with the address, then one that says what it is.
pub(in crate::sandbox) fn ipv4_of(trie: &str) -> Vec<Ipv4Addr> {
    let mut last: Option<Ipv4Addr> = None;
    let mut found = Vec::new();
    for line in trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(last);
        }
    }
    found
}

/// A line of `/proc/net/if_inet6`.
fn ipv6_of(line: &str) -> Option<Ipv6Addr> {
    u128::from_str_radix(line.split_whitespace().next()?, 16).ok().map(Ipv6Addr::from)
}

/// Without any, this machine is asked (`resolv.conf(5)`). One of a single link (`fe80::1%eth0`) is left out.
fn resolvers(text: &str) -> Vec<IpAddr> {
    let words = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()?.parse().ok()).flatten()
    };
    let found: Vec<IpAddr> = text.lines().filter_map(words).take(3).collect();
    if found.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { found }
}

/// Services of this machine that its own settings send installers to: proxies and indexes.
pub(super) fn named_in(vars: &Vars, machine: &Machine) -> Vec<SocketAddr> {
    let values = vars.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("no_proxy")).map(|(_, value)| value);
    let words = values.flat_map(|value| value.split([' ', ',', '\n'])).filter(|word| !word.is_empty());
    let mut found: Vec<SocketAddr> = words.filter_map(authority).filter(|address| machine.has(address.ip())).collect();
    found.sort();
    found.dedup();
    found
}

/// The address in a URL, or in what a proxy may be written as without a scheme.
fn authority(url: &str) -> Option<SocketAddr> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let usual = match scheme {
        "https" => Some(443),
        "http" => Some(80),
        "" => None,
        _ => Some(1080),
    };
    let (host, port) = match authority.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']')) {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, usual?),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ip = if host == "localhost" { Ipv4Addr::LOCALHOST.into() } else { host.parse().ok()? };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIE: &str = "Main:\n  +-- 0.0.0.0/0 3 0 4\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 127.0.0.0/8 2 0 2\n           |-- 127.0.0.1\n              /32 host LOCAL\n     |-- 172.17.0.0\n        /16 link UNICAST\n     |-- 172.17.0.1\n        /32 host LOCAL\n     |-- 172.17.255.255\n        /32 link BROADCAST\n";

    #[test]
    fn the_machines_own_addresses_are_told_from_networks_and_broadcasts() {
        assert_eq!(ipv4_of(TRIE), ["127.0.0.1".parse::<Ipv4Addr>().unwrap(), "172.17.0.1".parse().unwrap()]);
        assert_eq!(ipv6_of("fd000000000000000000000000000002 02 40 00 80 eth0"), "fd00::2".parse().ok());
        assert_eq!(ipv4_of("junk\n/32 host LOCAL\n"), [] as [Ipv4Addr; 0]);
    }

    #[test]
    fn the_namespace_takes_a_network_that_is_free() {
        let table = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
                     eth0 00000000 0202000A 0003 0 0 0 00000000 0 0 0\neth0 0002000A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
        if cfg!(target_endian = "little") {
            let (routes, leads_out) = routes(table);
            assert!(leads_out);
            let machine = Machine { routes, ..Machine::default() };
            assert_eq!(machine.free_network(), "10.231.74.0/24");
        }
        assert_eq!(Machine::default().free_network(), "10.0.2.0/24");
    }

    #[test]
    fn a_resolver_on_this_machine_needs_a_forward() {
        let own = vec!["192.0.2.7".parse().unwrap()];
        let hidden = |text: &str| {
            let machine = Machine { own: own.clone(), resolvers: resolvers(text), ..Machine::default() };
            machine.hidden_resolvers().map(|address| address.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(hidden("# c\nnameserver 127.0.0.53\noptions edns0\n"), ["127.0.0.53:53"]);
        assert_eq!(hidden("nameserver 192.0.2.7\nnameserver 192.0.2.8\n"), ["192.0.2.7:53"]);
        assert_eq!(hidden("nameserver 2001:db8::1\nnameserver fe80::1%eth0\n"), ["[2001:db8::1]:53"]);
        assert_eq!(hidden(""), ["127.0.0.1:53"]);
    }

    #[test]
    fn proxies_and_indexes_of_this_machine_are_found_in_its_settings() {
        let vars = [
            ("HTTPS_PROXY", "http://u:p@127.0.0.1:3128"),
            ("ALL_PROXY", "localhost:9050"),
            ("NO_PROXY", "127.0.0.1:1"),
            ("PIP_INDEX_URL", "https://pypi.example/simple"),
            ("PIP_EXTRA_INDEX_URL", "http://[::1]:3141/a http://127.0.0.1/b"),
            ("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"),
        ];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let found: Vec<String> = named_in(&vars, &Machine::default()).iter().map(SocketAddr::to_string).collect();
        assert_eq!(found, ["127.0.0.1:80", "127.0.0.1:3128", "127.0.0.1:9050", "[::1]:3141"]);
    }
}
