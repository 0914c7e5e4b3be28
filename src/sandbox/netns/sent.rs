//! How much a run's network has sent outward, to tell commands that asked nobody.

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

/// Packets that the devices of a network namespace have sent for its processes since it was made, loopback's aside. `read` gives the text of
/// a file of its `/proc/net`.
///
/// # Errors
/// The kernel does not say.
pub(in crate::sandbox) fn packets(read: impl Fn(&str) -> Result<String>) -> Result<u64> {
    let devices = read("dev")?;
    let mut sent = 0;
    for line in devices.lines().skip(2) {
        let (device, numbers) = line.split_once(':').context("a line without a device")?;
        let device = device.trim();
        if device == "lo" {
            continue;
        }
        // Eight numbers of what was received, then bytes, packets, errors and what was dropped of what was sent.
        let numbers: Vec<u64> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        ensure!(numbers.len() >= 12, "{device} has no numbers");
        // Where there is no IPv6 the kernel sends nothing of its own.
        let own = read(&format!("dev_snmp6/{device}")).map_or(0, |text| of_the_kernel(&text));
        sent += (numbers[9] + numbers[11]).saturating_sub(own);
    }
    Ok(sent)
}

fn of_the_kernel(text: &str) -> u64 {
    let counts = text.lines().filter_map(|line| {
        let (name, count) = line.split_once(char::is_whitespace)?;
        OF_THE_KERNEL.contains(&name).then(|| count.trim().parse().unwrap_or(0))
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
    const OWN: &str = "ifIndex                          2
Icmp6OutMsgs                     7
Icmp6OutRouterSolicits           2
Icmp6OutNeighborSolicits         1
Icmp6OutMLDv2Reports             4
";

    #[test]
    fn what_processes_sent_is_told_from_what_the_kernel_sends_of_its_own_accord() {
        let of = |own: &'static str| {
            packets(|file| match file {
                "dev" => Ok(DEVICES.to_owned()),
                "dev_snmp6/tap0" if !own.is_empty() => Ok(own.to_owned()),
                _ => anyhow::bail!("there is no {file}"),
            })
        };
        assert_eq!((of(OWN).unwrap(), of("").unwrap()), (4, 11));
        assert_eq!(packets(|_| Ok(String::new())).unwrap(), 0);
        assert!(packets(|_| Ok("1\n2\neth0: 1 2\n".to_owned())).is_err());
        assert!(packets(|file| anyhow::bail!("there is no {file}")).is_err());
    }
}
