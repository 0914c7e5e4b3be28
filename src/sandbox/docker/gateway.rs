//! Shuts a container's way to the engine's machine and to other containers, which the engine's network leaves open. The way to the world leads over that
//! machine too, so what is shut are addresses, not the network.

use std::net::{IpAddr, SocketAddr};

use anyhow::Result;

use super::container::Container;
use super::engine::WORK;
use super::{fault, labels};
use crate::plan::Vars;
use crate::sandbox::netns;

/// Adds rules to the routes of the network that it is run in: TCP and UDP to the container's own network, to its gateway and to each address given fails as
/// unreachable, but for names (port 53 of who is asked for them) and for each service given as `ADDRESS/PORT`. Other protocols are let alone: the gateway has to be
/// found (ARP, neighbour discovery) for anything to go out. The messages are those of rtnetlink(7); a rule of one protocol wants Linux 4.17.
const SCRIPT: &str = r#"
use strict;
use Socket qw(inet_pton AF_INET AF_INET6);
my ($priority, $sequence) = (100, 0);
socket(my $routes, 16, 3, 0) or die "netlink: $!\n";

sub attribute {
  my ($kind, $value) = @_;
  my $text = pack("S S", 4 + length $value, $kind) . $value;
  return $text . "\0" x (-length($text) & 3);
}

sub rule {
  my ($net, $length, $port) = @_;
  my $family = length $net == 4 ? AF_INET : AF_INET6;
  # The main table, or unreachable.
  my ($table, $action) = $port ? (254, 1) : (0, 7);
  for my $protocol (6, 17) {
    my $body = pack("C8 L", $family, $length, 0, 0, $table, 0, 0, $action, 0)
      . attribute(1, $net) . attribute(6, pack("L", $priority++)) . attribute(22, pack("C", $protocol));
    $body .= attribute(24, pack("S S", $port, $port)) if $port;
    send($routes, pack("L S S L L", 16 + length $body, 32, 0x605, ++$sequence, 0) . $body, 0) or die "netlink: $!\n";
    recv($routes, my $answer, 4096, 0);
    my $error = -unpack("l", substr($answer, 16, 4));
    # It is there already.
    next if $error == 0 or $error == 17;
    $! = $error;
    die "a rule of the network: $!\n";
  }
}

sub address { my ($text) = @_; return inet_pton($text =~ /:/ ? AF_INET6 : AF_INET, $text) // die "no address: $text\n" }
sub lines { open(my $file, "<", $_[0]) or return (); my @lines = <$file>; return @lines }

for (lines("/etc/resolv.conf")) {
  rule(address($1), 8 * length address($1), 53) if /^nameserver\s+([0-9a-fA-F.:]+)\s*$/;
}
for (grep { m{/} } @ARGV) {
  my ($service, $port) = split m{/};
  rule(address($service), 8 * length address($service), $port);
}
for (grep { !m{/} } @ARGV) { rule(address($_), 8 * length address($_), 0) }
for (lines("/proc/net/route")) {
  my (undef, $net, $gateway, undef, undef, undef, undef, $mask) = split;
  next if $gateway eq "Gateway";
  rule(pack("L", hex $gateway), 32, 0) if hex $gateway;
  rule(pack("L", hex $net), unpack("%32b*", pack("L", hex $mask)), 0) if !hex $gateway and hex $mask;
}
for (lines("/proc/net/if_inet6")) {
  my ($net, undef, $length, undef, undef, $device) = split;
  rule(pack("H32", $net), hex $length, 0) if $device ne "lo";
}
"#;

/// Shuts it. `image` is one that the engine has; `settings` are the variables that lead to a package index, whose services on this machine stay open.
///
/// A second container of the image does it that is lent the first one's network, and has no capability but that over it: the project may name the image, so that
/// a privileged call into the container would be a way out of it.
///
/// # Errors
/// Why it stays open: what the engine or the kernel refuses, or an image without perl.
pub(super) fn shut(container: &Container, image: &str, settings: &Vars) -> Result<(), String> {
    let arguments = arguments(container.name(), image, &netns::own_addresses(), &netns::named_in(settings));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let shut_once = || match container.engine().ask(&arguments, WORK) {
        Ok(answer) if answer.success => Ok(()),
        Ok(answer) => Err(fault::first_line(&answer.stderr)),
        Err(error) => Err(format!("{error:#}")),
    };
    // A busy engine mounts an image late, as when a container is started.
    shut_once().or_else(|_| shut_once())
}

fn arguments(container: &str, image: &str, shut: &[IpAddr], open: &[SocketAddr]) -> Vec<String> {
    let network = format!("container:{container}");
    let labels = labels::of_this_run().into_iter().flat_map(|label| ["--label".to_owned(), label]);
    let own = ["--network", &network, "--cap-drop", "ALL", "--cap-add", "NET_ADMIN", "--user", "0"];
    let head =
        ["run", "--rm", "--log-driver", "none", "--pull", "never"].iter().chain(&own).map(|word| (*word).to_owned());
    let call = ["--entrypoint", "perl", image, "-e", SCRIPT].map(str::to_owned);
    let open = open.iter().map(|service| format!("{}/{}", service.ip(), service.port()));
    head.chain(labels).chain(call).chain(shut.iter().map(IpAddr::to_string)).chain(open).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_shuts_it_may_do_nothing_else() {
        let shut = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let line = arguments("shakedown-x", "base:1", &shut, &["192.0.2.1:3128".parse().unwrap()]).join(" ");
        assert!(line.contains(" --network container:shakedown-x --cap-drop ALL --cap-add NET_ADMIN "), "{line}");
        assert!(line.contains(" --label dev.shakedown=run ") && line.contains(" base:1 -e "), "{line}");
        assert!(!line.contains("--privileged") && !line.contains("--volume"), "{line}");
        assert!(line.ends_with(" 192.0.2.1 2001:db8::1 192.0.2.1/3128"), "{line}");
    }
}
