//! What the started app listens on, and what it answers.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result as AnyResult};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::system::is_first_process;
use crate::catalog::servers::Session;
use crate::plan::Vars;
use crate::sandbox::netns::{self, Network};
use crate::sandbox::socket_address::socket_address;
use crate::sandbox::{CommandLine, Probe, ProbeAnswer, Unanswered, Work, session};

/// Looks at the descendants of `probe.pid` only: other programs of the host may listen on anything.
pub(super) fn probe(probe: &Probe<'_>, network: &Network) -> ProbeAnswer {
    let processes = descendants(probe.pid);
    let last = processes.last().copied().unwrap_or(probe.pid);
    let rows = rows_of(&processes);
    let mut listening: Vec<SocketAddr> = rows.iter().filter(|row| row.is_listening()).map(|row| row.local).collect();
    listening.sort();
    listening.dedup();
    let outside = outside(&rows, &listening, |to| network.is_of_this_machine(to));
    let on_port = listening.iter().find(|address| address.port() == probe.port);
    let target = on_port.map(|address| reachable(*address, probe, last));
    let http = probe.path.zip(target).map(|(path, target)| match network.is_shared() {
        true => get(target, path, probe),
        false => get_from_inside(&entering(network, last), target, path, probe),
    });
    let programs = processes.iter().filter_map(|pid| program(*pid)).collect();
    // Who listens, or talks to somebody, waits for them.
    let is_engaged = rows.iter().any(|row| row.is_listening() || row.is_established());
    let seen = Work::of(&processes);
    let work = Work { wakes_in: seen.wakes_in.filter(|_| !is_engaged), ..seen };
    ProbeAnswer { listening, http, work: Some(work), outside, programs }
}

/// The whole answer to the probe's GET, cut at [`LONGEST_PAGE`].
pub(super) fn page(probe: &Probe<'_>, network: &Network) -> Option<String> {
    let processes = descendants(probe.pid);
    let last = processes.last().copied().unwrap_or(probe.pid);
    let target = target(&rows_of(&processes), probe, last)?;
    // The oldest HTTP has no chunks.
    let request = request(probe.path.unwrap_or("/"), probe).replacen("HTTP/1.1", "HTTP/1.0", 1);
    let mut page = Vec::new();
    if network.is_shared() {
        let mut stream = TcpStream::connect_timeout(&target, probe.timeout).ok()?;
        stream.set_write_timeout(Some(probe.timeout)).ok()?;
        stream.set_read_timeout(Some(probe.timeout)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let deadline = Instant::now() + probe.timeout;
        let mut chunk = [0; 8192];
        while page.len() < LONGEST_PAGE && Instant::now() < deadline {
            match stream.read(&mut chunk) {
                Ok(read @ 1..) => page.extend_from_slice(&chunk[..read]),
                _ => break,
            }
        }
    } else {
        page = ask_from_inside(&entering(network, last), SHELL_PAGE, target, &request, probe).ok()?.stdout;
    }
    Some(String::from_utf8_lossy(&page).into_owned()).filter(|page| !page.is_empty())
}

/// The client of a session with what listens on the probe's port, in the app's network.
pub(super) fn visit(probe: &Probe<'_>, session: &Session, network: &Network) -> Option<CommandLine> {
    let processes = descendants(probe.pid);
    let last = processes.last().copied().unwrap_or(probe.pid);
    let target = target(&rows_of(&processes), probe, last)?;
    let enter = if network.is_shared() { Vec::new() } else { entering(network, last) };
    let script = ["bash", "-c", session::SCRIPT, "bash"].map(OsString::from);
    let arguments = session::arguments(probe, session, &[target]).map(OsString::from);
    let argv = enter.into_iter().chain(script).chain(arguments).collect();
    let path = std::env::var("PATH").unwrap_or_default();
    Some(CommandLine { argv, vars: Vars::from([("PATH".to_owned(), path)]) })
}

/// Where what listens on the port is reached; `pid` is in the app's network.
fn target(rows: &[Row], probe: &Probe<'_>, pid: u32) -> Option<SocketAddr> {
    let listener = rows.iter().find(|row| row.is_listening() && row.local.port() == probe.port)?;
    Some(reachable(listener.local, probe, pid))
}

/// Where the app's own connections lead to on this machine, unless to the app itself.
fn outside(rows: &[Row], listening: &[SocketAddr], is_outside: impl Fn(SocketAddr) -> bool) -> Vec<SocketAddr> {
    let is_own = |port: u16| listening.iter().any(|address| address.port() == port);
    let calls = rows.iter().filter(|row| row.is_established() && !is_own(row.local.port()));
    let away = calls.filter(|row| !is_own(row.remote.port()) && is_outside(row.remote));
    away.map(|row| row.remote).collect()
}

/// An app that listens on every address answers on the loopback one. The edge comes from elsewhere; `pid` is in the app's network.
fn reachable(address: SocketAddr, probe: &Probe<'_>, pid: u32) -> SocketAddr {
    let own = || netns::ipv4_of(&fs::read_to_string(format!("/proc/{pid}/net/fib_trie")).unwrap_or_default());
    let is_any = probe.by_edge && address.ip().is_unspecified();
    let ip = match address.ip() {
        _ if is_any && let Some(ip) = own().into_iter().find(|ip| !ip.is_loopback()) => ip.into(),
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// `pid` and every process below it, parents first. One that has ended and that nobody has waited for (`job & exec server`) has nothing of these
/// any more, not even a network.
fn descendants(pid: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // A program's name may hold spaces and parentheses; the last one ends it.
        let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let is_alive = fields.next().is_some_and(|state| state != "Z");
        let parent = fields.next().and_then(|parent| parent.parse::<u32>().ok()).filter(|_| is_alive);
        parents.extend(parent.map(|parent| (child, parent)));
    }
    let mut found = vec![pid];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        let children =
            parents.iter().filter(|(child, of)| *of == parent && !found.contains(child)).map(|(child, _)| *child);
        let children: Vec<u32> = children.collect();
        found.extend(children);
        next += 1;
    }
    found
}

/// The words of a process that is neither a shell nor what makes the sandbox.
fn program(pid: u32) -> Option<String> {
    const AROUND: &[&str] = &["bwrap", "bash", "sh", "dash", "nsenter"];
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<_> = line.split(|byte| *byte == 0).filter(|word| !word.is_empty()).collect();
    let name = words.first()?.rsplit(|byte| *byte == b'/').next()?;
    let is_around = AROUND.iter().any(|known| known.as_bytes() == name);
    (!is_around).then(|| words.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join(" "))
}

/// Whether a process has a handler for SIGTERM.
fn handles_sigterm(pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigCgt:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (Signal::TERM.as_raw() - 1)) != 0)
}

/// Sends SIGTERM to process 1 of the sandbox that a command of the host's leads to. Gives whether it has a handler.
pub(super) fn ask_first_process_to_stop(command: u32) -> AnyResult<bool> {
    let first = descendants(command).into_iter().skip(1).find(|pid| is_first_process(*pid));
    let first = first.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    let is_handled = first.is_some_and(handles_sigterm);
    match first.map(|pid| kill_process(pid, Signal::TERM)) {
        // Gone by itself in the meantime: nothing is left to ask.
        None | Some(Ok(()) | Err(Errno::SRCH)) => Ok(is_handled),
        Some(Err(error)) => Err(error).context("could not send SIGTERM to the app"),
    }
}

/// The TCP sockets that `processes` hold, which share one network.
fn rows_of(processes: &[u32]) -> Vec<Row> {
    let held: HashSet<u64> = processes.iter().flat_map(|pid| sockets(*pid)).collect();
    // The kernel goes through a table of all networks to answer, which takes it some 6 ms.
    let Some(last) = processes.last().filter(|_| !held.is_empty()) else { return Vec::new() };
    let read = |table: &str| fs::read_to_string(format!("/proc/{last}/net/{table}")).unwrap_or_default();
    let rows = ["tcp", "tcp6"].into_iter().flat_map(|table| parse_table(&read(table)));
    rows.filter(|row| held.contains(&row.inode)).collect()
}

/// Inodes of the sockets that `pid` holds.
fn sockets(pid: u32) -> Vec<u64> {
    let held = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let links = held.filter_map(|entry| fs::read_link(entry.path()).ok());
    links.filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()).collect()
}

/// A socket of `/proc/net/tcp` or `tcp6`.
#[derive(Debug)]
struct Row {
    local: SocketAddr,
    remote: SocketAddr,
    /// As the kernel writes it.
    state: String,
    inode: u64,
}

impl Row {
    fn is_listening(&self) -> bool {
        self.state == "0A"
    }

    fn is_established(&self) -> bool {
        self.state == "01"
    }
}

/// The sockets of `/proc/net/tcp` or `tcp6`.
fn parse_table(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, _, _, _, _, _, inode, ..] = fields[..] else { return None };
        let (local, remote) = (socket_address(local)?, socket_address(remote)?);
        Some(Row { local, remote, state: state.to_owned(), inode: inode.parse().ok()? })
    };
    text.lines().skip(1).filter_map(row).collect()
}

/// HTTP clients insist on a `Host` of their own; only the status line is wanted anyway.
fn get(target: SocketAddr, path: &str, probe: &Probe<'_>) -> Result<u16, Unanswered> {
    let ask = || -> io::Result<String> {
        let deadline = Instant::now() + probe.timeout;
        let mut stream = TcpStream::connect_timeout(&target, probe.timeout)?;
        stream.set_write_timeout(Some(probe.timeout))?;
        stream.write_all(request(path, probe).as_bytes())?;
        let (mut line, mut byte) = (Vec::new(), [0]);
        while line.len() < LONGEST_STATUS_LINE {
            // A zero time-out would mean none.
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            stream.set_read_timeout(Some(left))?;
            match stream.read(&mut byte)? {
                1 if byte != *b"\n" => line.push(byte[0]),
                _ => break,
            }
        }
        drain(&mut stream);
        Ok(String::from_utf8_lossy(&line).into_owned())
    };
    match ask() {
        Ok(line) => status(&line),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Err(Unanswered::Late(probe.timeout))
        }
        Err(error) => Err(Unanswered::Failed(error.to_string())),
    }
}

const LONGEST_STATUS_LINE: usize = 4096;
/// How much of a page is read.
const LONGEST_PAGE: usize = 256 * 1024;
/// How much of an answer is waited for once its status is known.
const REST: usize = 64 * 1024;
const REST_WITHIN: Duration = Duration::from_millis(200);

/// Takes the rest of the answer: a connection closed on unread bytes is a reset to the app, which may complain of it.
fn drain(stream: &mut TcpStream) {
    let _ = stream.set_read_timeout(Some(REST_WITHIN));
    let mut chunk = [0; 4096];
    let mut left = REST;
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        left = left.saturating_sub(read);
        if left == 0 {
            return;
        }
    }
}

fn request(path: &str, probe: &Probe<'_>) -> String {
    let clean = |text: &str| text.chars().filter(|char| !char.is_control() && *char != ' ').collect::<String>();
    format!(
        "GET /{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: RailwayHealthCheck/1.0\r\nAccept: */*\r\n{}Connection: close\r\n\r\n",
        clean(path.trim_start_matches('/')),
        clean(probe.host),
        probe.forwarded()
    )
}

fn status(line: &str) -> Result<u16, Unanswered> {
    let code = line.strip_prefix("HTTP/").and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
    code.ok_or_else(|| match line.trim() {
        "" => Unanswered::Closed,
        other => Unanswered::NotHttp(other.chars().filter(|c| !c.is_control()).take(60).collect()),
    })
}

/// The same by the shell's own `/dev/tcp`, in the app's network. It ends with [`TOO_LATE`] where nothing came in time.
const SHELL_GET: &str = r#"exec 3<>"/dev/tcp/$1/$2" && printf %s "$3" >&3 || exit 1
IFS= read -t "$4" -n 4096 -r line <&3
[ $? -gt 128 ] && [ -z "$line" ] && exit 142
printf %s "$line"
for _ in {1..64}; do IFS= read -r -t 0.2 -N 1024 _ <&3 || break; done"#;

/// As bash ends where `read -t` ended it: by SIGALRM's number.
const TOO_LATE: i32 = 142;

/// The same, for the whole answer.
const SHELL_PAGE: &str = r#"exec 3<>"/dev/tcp/$1/$2" && printf %s "$3" >&3
IFS= read -r -d '' -t "$4" -n 262144 page <&3; printf %s "$page""#;

/// Words that lead to where the app's listeners are: the run's own network, else that of a process inside.
fn entering(network: &Network, pid: u32) -> Vec<OsString> {
    if !network.is_offline() {
        return network.enter().to_vec();
    }
    let pid = pid.to_string();
    ["nsenter", "--target", &pid, "--user", "--net", "--preserve-credentials", "--"].map(OsString::from).to_vec()
}

/// Without a network of the host's, the app can be reached from inside only.
fn get_from_inside(enter: &[OsString], target: SocketAddr, path: &str, probe: &Probe<'_>) -> Result<u16, Unanswered> {
    let output = ask_from_inside(enter, SHELL_GET, target, &request(path, probe), probe)
        .map_err(|error| Unanswered::Failed(format!("could not enter the app's network: {error}")))?;
    match output.status.code() {
        Some(TOO_LATE) => Err(Unanswered::Late(probe.timeout)),
        _ => status(&String::from_utf8_lossy(&output.stdout)),
    }
}

fn ask_from_inside(
    enter: &[OsString],
    script: &str,
    target: SocketAddr,
    request: &str,
    probe: &Probe<'_>,
) -> io::Result<Output> {
    let Some((program, arguments)) = enter.split_first() else { return Err(io::ErrorKind::NotFound.into()) };
    Command::new(program)
        .args(arguments)
        .args(["bash", "-c", script, "bash", &target.ip().to_string(), &target.port().to_string()])
        .args([request, &format!("{:.1}", probe.timeout.as_secs_f64())])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_hangs_is_told_from_what_hangs_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap();
        let probe = Probe {
            pid: 1,
            port: target.port(),
            path: None,
            host: "health.example",
            by_edge: false,
            timeout: Duration::from_millis(1500),
        };
        let ask = || get_from_inside(&["env".into()], target, "/", &probe);
        assert_eq!(ask(), Err(Unanswered::Late(probe.timeout)));
        let server = std::thread::spawn(move || {
            for answer in ["", "HTTP/1.1 204 No Content\r\n\r\n"] {
                // The one that hung waits there as well.
                drop(listener.accept());
                let (mut stream, _) = listener.accept().unwrap();
                // The shell writes a line at a time, and what is left unread resets the connection.
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.extend(byte);
                }
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let second = ask();
        assert_eq!(second, Err(Unanswered::Closed));
        let _ = std::net::TcpStream::connect(target);
        assert_eq!(ask(), Ok(204));
        server.join().unwrap();
    }

    #[test]
    fn own_sockets_are_found_and_others_are_not() {
        let (own, kernel) = (TcpListener::bind("127.0.0.1:0").unwrap(), "/proc/self/net/tcp");
        let port = own.local_addr().unwrap().port();
        let table = parse_table(&fs::read_to_string(kernel).unwrap());
        let inode = table.iter().find(|row| row.is_listening() && row.local.port() == port).unwrap().inode;
        assert!(sockets(std::process::id()).contains(&inode));
        let mut child = Command::new("sleep").arg("5").spawn().unwrap();
        assert!(descendants(std::process::id()).contains(&child.id()));
        assert!(!sockets(child.id()).contains(&inode));
        child.kill().unwrap();
        // Ended, and not waited for yet.
        let deadline = Instant::now() + Duration::from_secs(5);
        while descendants(std::process::id()).contains(&child.id()) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!descendants(std::process::id()).contains(&child.id()));
        child.wait().unwrap();
    }

    #[test]
    fn a_connection_to_a_service_of_this_machine_is_told_from_one_to_itself() {
        let row = |local: &str, remote: &str| Row {
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
            state: "01".to_owned(),
            inode: 1,
        };
        let listening = ["0.0.0.0:8080".parse().unwrap()];
        let rows = [
            row("127.0.0.1:40000", "127.0.0.1:5432"),
            row("127.0.0.1:40001", "127.0.0.1:8080"),
            row("127.0.0.1:8080", "127.0.0.1:40002"),
            row("10.0.0.2:40003", "10.0.0.9:443"),
        ];
        assert_eq!(outside(&rows, &listening, |to| to.ip().is_loopback()), ["127.0.0.1:5432".parse().unwrap()]);
    }

    #[test]
    fn a_damaged_table_is_harmless() {
        assert!(parse_table("head\n a b\n\u{0}\n 1: 2 3 0A\n").is_empty());
    }
}
