//! The smoke probe, asked from inside the container: no port is published, and what listens on loopback alone is seen too.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::sandbox::socket_address::socket_address;
use crate::sandbox::{Probe, ProbeAnswer, Unanswered, Work, netns};

/// Lists the listening sockets and what the processes have done, then sends the GET. Needs nothing but bash.
/// Arguments: path (empty for no GET), port, Host header, seconds, and what the edge adds to the head.
const SCRIPT: &str = r#"
for file in /proc/net/tcp /proc/net/tcp6; do
  [ -r $file ] && while read -r _ local remote state _; do
    [ "$state" = 0A ] && echo "listen $local"
    [ "$state" = 01 ] && echo "call $local $remote"
  done < $file
done
[ -r /proc/net/route ] && while read -r _ net gateway _ _ _ _ mask _; do
  [ "$gateway" = 00000000 ] && echo "near $net $mask"
done < /proc/net/route
ticks=0 count=0
for file in /proc/[0-9]*/stat; do
  { read -r line < "$file"; } 2> /dev/null || continue
  set -f; fields=(${line##*) }); set +f
  ticks=$((ticks + ${fields[11]:-0} + ${fields[12]:-0})) count=$((count + 1))
done
echo "work $ticks $count"
[ -n "$1" ] || exit 0
get() (
  exec 3<> "/dev/tcp/$1/$3" || exit 1
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: RailwayHealthCheck/1.0\r\nAccept: */*\r\n%sConnection: close\r\n\r\n' "$2" "$4" "$6" >&3
  IFS= read -r -t "$5" line <&3
  code=$?
  if [ -n "$line" ]; then printf 'http %s\n' "$line"; elif [ $code -gt 128 ]; then echo late; else echo closed; fi
  # A connection closed on unread bytes is a reset to the app, which may complain of it.
  for _ in {1..64}; do IFS= read -r -t 0.2 -N 1024 _ <&3 || break; done
)
get "${own:-127.0.0.1}" "$@" 2> /dev/null || get ::1 "$@" 2> /dev/null || echo refused"#;

/// The whole answer, by the oldest HTTP, which has no chunks; the same arguments.
const PAGE: &str = r#"
get() (
  exec 3<> "/dev/tcp/$1/$3" || exit 1
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: RailwayHealthCheck/1.0\r\nAccept: */*\r\n%s\r\n' "$2" "$4" "$6" >&3
  IFS= read -r -d '' -t "$5" -n 262144 page <&3
  printf %s "$page"
)
get "${own:-127.0.0.1}" "$@" 2> /dev/null || get ::1 "$@" 2> /dev/null"#;

/// The container's own address, for whoever asks as from outside.
const OWN: &str = r#"
while read -r word rest; do
  [ "$word $rest" = "/32 host LOCAL" ] && [[ $last != 127.* ]] && own=$last
  last=$rest
done < /proc/net/fib_trie
"#;

/// What asks, and with its whole answer or not.
pub(super) fn script(probe: &Probe<'_>, is_whole: bool) -> String {
    let script = if is_whole { PAGE } else { SCRIPT };
    [if probe.by_edge { OWN } else { "" }, script].concat()
}

/// The script's arguments for a probe.
pub(super) fn arguments(probe: &Probe<'_>) -> [String; 5] {
    let path = probe.path.map(request_path).unwrap_or_default();
    let timeout = format!("{:.1}", probe.timeout.as_secs_f64());
    [path, probe.port.to_string(), one_line(probe.host), timeout, probe.forwarded()]
}

/// How long the whole call may take.
pub(super) fn limit(probe: &Probe<'_>) -> Duration {
    probe.timeout + Duration::from_secs(5)
}

/// As one word of a request line: what would end the word is escaped.
fn request_path(path: &str) -> String {
    let escaped = path.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'!'..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    });
    if escaped.starts_with('/') { escaped } else { format!("/{escaped}") }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Reads what the script printed.
pub(super) fn read(printed: &str, probe: &Probe<'_>) -> ProbeAnswer {
    let mut listening: Vec<SocketAddr> =
        printed.lines().filter_map(|line| line.strip_prefix("listen ")).filter_map(socket_address).collect();
    // The engine's own name server, on networks that are not the default one.
    listening.retain(|address| address.ip() != IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11)));
    listening.sort();
    listening.dedup();
    let on_port = listening.iter().any(|address| address.port() == probe.port);
    let http = printed.lines().filter(|_| probe.path.is_some() && on_port).find_map(|line| match line {
        "late" => Some(Err(Unanswered::Late(probe.timeout))),
        "closed" => Some(Err(Unanswered::Closed)),
        "refused" => Some(Err(Unanswered::Failed("it refused the connection".to_owned()))),
        _ => line.strip_prefix("http ").map(status),
    });
    let work = printed.lines().find_map(|line| {
        let (ticks, processes) = line.strip_prefix("work ")?.split_once(' ')?;
        Some(Work::of_ticks(ticks.parse().ok()?, processes.parse().ok()?))
    });
    let outside = neighbours(printed, &listening);
    ProbeAnswer { listening, http, work, outside, programs: Vec::new() }
}

/// Where the app's own connections lead to that the engine alone has: the machine at the other end of its network, and other containers.
fn neighbours(printed: &str, listening: &[SocketAddr]) -> Vec<SocketAddr> {
    let hex = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::swap_bytes);
    let nets: Vec<(u32, u32)> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("near ")?.split_once(' '))
        .filter_map(|(net, mask)| Some((hex(net)?, hex(mask)?)))
        .filter(|(_, mask)| *mask != 0)
        .collect();
    let is_near = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => nets.iter().any(|(net, mask)| u32::from(ip) & mask == *net),
        IpAddr::V6(_) => false,
    };
    let own = netns::own_addresses();
    let calls = printed.lines().filter_map(|line| line.strip_prefix("call ")?.split_once(' '));
    let mut found: Vec<SocketAddr> = calls
        .filter_map(|(local, remote)| Some((socket_address(local)?, socket_address(remote)?)))
        // Who calls the app is no service that it leans on.
        .filter(|(local, _)| !listening.iter().any(|address| address.port() == local.port()))
        .map(|(_, remote)| remote)
        .filter(|remote| !remote.ip().is_loopback() && (is_near(remote.ip()) || own.contains(&remote.ip())))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn status(line: &str) -> Result<u16, Unanswered> {
    let mut words = line.split_whitespace();
    let version = words.next().filter(|word| word.starts_with("HTTP/"));
    let code = version.and(words.next()).and_then(|code| code.parse().ok());
    code.ok_or_else(|| Unanswered::NotHttp(line.trim().chars().filter(|c| !c.is_control()).take(60).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(path: Option<&str>) -> Probe<'_> {
        Probe { pid: 1, port: 8080, path, host: "health.example", by_edge: false, timeout: Duration::from_secs(2) }
    }

    #[test]
    fn the_answer_is_that_of_the_port_alone() {
        let printed = "listen 0100007F:1F90\nlisten 0B00007F:A000\nhttp HTTP/1.1 404 Not Found\r\n";
        let answer = read(printed, &probe(Some("/")));
        assert_eq!(answer.listening, ["127.0.0.1:8080".parse().unwrap()]);
        assert_eq!(answer.http, Some(Ok(404)));
        assert_eq!(read("listen 0100007F:1F40\nrefused\n", &probe(Some("/"))).http, None);
        assert_eq!(read("listen 0100007F:1F90\n", &probe(None)).http, None);
    }

    #[test]
    fn a_service_of_the_engines_own_network_is_told_from_one_of_the_world() {
        let near = "near 000011AC 0000FFFF\nlisten 00000000:1F90\n";
        let outside = |calls: &str| read(&format!("{near}{calls}"), &probe(None)).outside;
        assert_eq!(outside("call 020011AC:9C40 010011AC:1538\n"), ["172.17.0.1:5432".parse().unwrap()]);
        assert_eq!(outside("call 020011AC:9C40 030011AC:18EB\n"), ["172.17.0.3:6379".parse().unwrap()]);
        assert_eq!(outside("call 020011AC:9C40 08080808:01BB\ncall 0100007F:9C40 0100007F:1538\n"), []);
        assert_eq!(outside("call 020011AC:1F90 010011AC:C350\n"), [], "the app is the one that is called");
    }

    #[test]
    fn what_is_no_http_is_said() {
        let answer = read("listen 00000000:1F90\nhttp SSH-2.0-x\n", &probe(Some("/")));
        assert!(answer.http.unwrap().unwrap_err().to_string().contains("SSH-2.0-x"));
        assert_eq!(
            read("listen 00000000:1F90\nlate\n", &probe(Some("/"))).http,
            Some(Err(Unanswered::Late(Duration::from_secs(2))))
        );
    }

    #[test]
    fn a_path_cannot_leave_its_request_line() {
        assert_eq!(request_path("health a\r\nX: y"), "/health%20a%0D%0AX:%20y");
    }
}
