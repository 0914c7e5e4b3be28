//! What a container's network has sent outward, as the kernel counts it there.

use std::collections::BTreeMap;
use std::net::IpAddr;

use anyhow::{Context, Result};

use crate::sandbox::netns::sent::Sent;

/// Prints the files that tell, each after its place and the end of a line and ended by a zero, and another zero.
pub(super) const SCRIPT: &str = r#"for file in /etc/resolv.conf /proc/net/{dev,snmp} /proc/net/dev_snmp6/*; do
  printf '%s\n%s\0' "$file" "$(cat -- "$file" 2> /dev/null)"
done
printf '\0'"#;
/// What ends that.
pub(super) const END: &str = "\0\0";

/// Reads what [`SCRIPT`] printed. Loopback counts where names are asked for there: the engine has put its own resolver behind it then.
///
/// # Errors
/// The kernel there does not say.
pub(super) fn read(told: &str) -> Result<Sent> {
    let files: BTreeMap<&str, &str> = told.split('\0').filter_map(|file| file.split_once('\n')).collect();
    let file = |path: &str| files.get(path).copied().with_context(|| format!("{path} is not there"));
    let mut sent = Sent::count(|name| file(&format!("/proc/net/{name}")).map(str::to_owned))?;
    if !asks_loopback(file("/etc/resolv.conf")?) {
        sent.loopback = 0;
    }
    Ok(sent)
}

/// Whether a resolver's configuration names one on loopback, as one that names none does.
fn asks_loopback(configuration: &str) -> bool {
    let servers = configuration.lines().filter_map(|line| line.trim_start().strip_prefix("nameserver"));
    let mut servers = servers.map(|server| server.trim().parse::<IpAddr>()).peekable();
    servers.peek().is_none() || servers.any(|server| server.map_or(true, |server| server.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_of_a_container_says_is_read() {
        // As in a container whose only network is loopback.
        let output = std::process::Command::new("bash").args(["-c", SCRIPT]).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let (told, rest) = told.split_once(END).unwrap();
        assert!(rest.is_empty() && read(told).is_ok(), "{told:?}");
        assert!(read("").is_err() && read("/proc/net/dev\n").is_err());
    }

    #[test]
    fn loopback_counts_where_names_are_asked_for_there() {
        let told = |resolver: &str| {
            let devices = "1\n2\n  lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n";
            format!("/etc/resolv.conf\n{resolver}\0/proc/net/dev\n{devices}\0/proc/net/snmp\n")
        };
        let loopback = |resolver: &str| read(&told(resolver)).unwrap().loopback;
        assert_eq!([loopback("search a.example\nnameserver 192.0.2.1"), loopback("nameserver 2001:db8::1")], [0, 0]);
        for resolver in ["nameserver 192.0.2.1\nnameserver 127.0.0.11", "nameserver\t::1", "nameserver ?", ""] {
            assert_eq!(loopback(resolver), 9, "{resolver}");
        }
    }
}
