//! How much a network namespace has sent outward, to tell commands that asked nobody.

use anyhow::{Context, Result, ensure};

/// What the kernel sends of its own accord where a device has just come up: it looks for routers and neighbours, and says which groups it is in.
const OF_THE_KERNEL: &[&str] = &[
    "Icmp6OutRouterSolicits",
    "Icmp6OutNeighborSolicits",
    "Icmp6OutNeighborAdvertisements",
    "Icmp6OutMLDv2Reports",
    "Icmp6OutGroupMembResponses",
    "Icmp6OutGroupMembReductions",
];
/// A frame of ARP, in bytes. The kernel sends some on behalf of what was sent before: five seconds after a neighbour was last heard of it is asked whether it is
/// still there, and answers. Nothing else is as short but an empty datagram and an empty echo, nor is anything shorter.
const ARP: u64 = 42;
/// What may be as short, by the protocols and fields of `/proc/net/snmp`.
const SHORT: &[(&str, &str)] = &[("Icmp:", "OutMsgs"), ("Udp:", "OutDatagrams"), ("UdpLite:", "OutDatagrams")];

/// What has left a network namespace since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Sent {
    /// Frames of its devices, loopback's aside and without those of IPv6 that the kernel sends of its own accord.
    frames: u64,
    /// The bytes of all of them.
    bytes: u64,
    /// What frames of ARP cannot be told from by their bytes: what may be as short, all of IPv6, and what was dropped.
    others: u64,
    /// The same over loopback: packets, until whoever asks knows how much of it leads outward.
    pub(in crate::sandbox) loopback: u64,
}

impl Sent {
    /// What the kernel has counted. `read` gives the text of a file of the namespace's `/proc/net`.
    ///
    /// # Errors
    /// The kernel does not say.
    pub(in crate::sandbox) fn count(read: impl Fn(&str) -> Result<String>) -> Result<Self> {
        let (devices, protocols) = (read("dev")?, read("snmp")?);
        let others = SHORT.iter().map(|(protocol, field)| of_protocol(&protocols, protocol, field)).sum();
        let mut sent = Self { others, ..Self::default() };
        for line in devices.lines().skip(2) {
            let (device, numbers) = line.split_once(':').context("a line without a device")?;
            let device = device.trim();
            // Eight numbers of what was received, then bytes, packets, errors and what was dropped of what was sent.
            let numbers: Vec<u64> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
            ensure!(numbers.len() >= 12, "{device} has no numbers");
            let (bytes, frames, dropped) = (numbers[8], numbers[9], numbers[11]);
            if device == "lo" {
                sent.loopback += frames;
                continue;
            }
            // Where there is no IPv6 the kernel sends nothing of its own.
            let ipv6 = read(&format!("dev_snmp6/{device}")).unwrap_or_default();
            sent.frames += (frames + dropped).saturating_sub(of_ipv6(&ipv6, OF_THE_KERNEL));
            sent.bytes += bytes;
            sent.others += dropped + of_ipv6(&ipv6, &["Ip6OutRequests"]);
        }
        Ok(sent)
    }

    /// Whether processes have sent nothing outward since it was `before`.
    pub(in crate::sandbox) fn is_nothing_since(&self, before: &Self) -> bool {
        let (frames, bytes) = (self.frames.wrapping_sub(before.frames), self.bytes.wrapping_sub(before.bytes));
        let is_arp = self.others == before.others && bytes == frames.wrapping_mul(ARP);
        self.loopback == before.loopback && (frames == 0 || is_arp)
    }
}

/// A line has the names of a protocol's fields, the next one their numbers.
fn of_protocol(text: &str, protocol: &str, field: &str) -> u64 {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(protocol)).map(str::split_whitespace);
    let mut fields = lines.next().into_iter().flatten().zip(lines.next().into_iter().flatten());
    fields.find(|(name, _)| *name == field).and_then(|(_, count)| count.parse().ok()).unwrap_or(0)
}

fn of_ipv6(text: &str, names: &[&str]) -> u64 {
    let counts = text.lines().filter_map(|line| {
        let (name, count) = line.split_once(char::is_whitespace)?;
        names.contains(&name).then(|| count.trim().parse().unwrap_or(0))
    });
    counts.sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICES: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     900       9    0    0    0     0          0         0      900       9    0    0    0     0       0          0
  tap0:     216       3    0    0    0     0          0         0      764      10    0    1    0     0       0          0
";
    const PROTOCOLS: &str = "Icmp: InMsgs OutMsgs\nIcmp: 7 1\nIcmpMsg: OutType3\nIcmpMsg: 1\nUdp: InDatagrams OutDatagrams\nUdp: 9 2\nUdpLite: InDatagrams OutDatagrams\nUdpLite: 0 0\n";
    const OWN: &str = "ifIndex                          2
Ip6OutRequests                   7
Icmp6OutMsgs                     7
Icmp6OutRouterSolicits           2
Icmp6OutNeighborSolicits         1
Icmp6OutMLDv2Reports             4
";

    fn count(devices: &str, protocols: &str, own: &str) -> Result<Sent> {
        Sent::count(|file| match file {
            "dev" => Ok(devices.to_owned()),
            "snmp" => Ok(protocols.to_owned()),
            "dev_snmp6/tap0" if !own.is_empty() => Ok(own.to_owned()),
            _ => anyhow::bail!("there is no {file}"),
        })
    }

    #[test]
    fn what_processes_sent_is_told_from_what_the_kernel_sends_of_its_own_accord() {
        let all = Sent { frames: 4, bytes: 764, others: 11, loopback: 9 };
        assert_eq!(count(DEVICES, PROTOCOLS, OWN).unwrap(), all);
        assert_eq!(count(DEVICES, PROTOCOLS, "").unwrap(), Sent { frames: 11, others: 4, ..all });
        assert_eq!(count("", "", "").unwrap(), Sent::default());
        assert!(count("1\n2\neth0: 1 2\n", "", "").is_err());
        assert!(Sent::count(|file| anyhow::bail!("there is no {file}")).is_err());
    }

    #[test]
    fn a_neighbour_that_is_asked_for_its_address_was_told_nothing() {
        let before = Sent { frames: 4, bytes: 764, others: 11, loopback: 9 };
        let after = |frames: u64, bytes: u64, others: u64, loopback: u64| {
            let after = Sent { frames: 4 + frames, bytes: 764 + bytes, others: 11 + others, loopback: 9 + loopback };
            after.is_nothing_since(&before)
        };
        assert!(after(0, 0, 0, 0) && after(1, 42, 0, 0) && after(3, 126, 0, 0));
        // A router that was looked for.
        assert!(after(0, 70, 1, 0));
        // A greeting of TCP, an empty datagram, and what went over a loopback that leads outward.
        assert!(!after(1, 74, 0, 0) && !after(2, 116, 0, 0) && !after(1, 42, 1, 0) && !after(0, 0, 0, 1));
        // Something else's counts.
        assert!(!Sent::default().is_nothing_since(&before));
    }
}
