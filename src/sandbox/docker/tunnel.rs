//! A way from a container's loopback to a server of ours on this machine, over the engine's own stream to a command in it: no port of
//! this machine is opened to the engine's network, and the engine may be on another machine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::container::Container;
use super::engine::{SOON, own_group};

/// Listens on a port of loopback, and carries what comes and goes over its own input and output, each piece after the number of its
/// connection and its length; a piece of no length ends one, and one of the greatest length begins one. It ends with its input.
const SCRIPT: &str = r#"
use strict;
use Socket;
$SIG{PIPE} = "IGNORE";
socket(my $server, PF_INET, SOCK_STREAM, 0) or die "$!\n";
bind($server, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK)) && listen($server, 64) or die "$!\n";
my ($last, $came, %clients) = (0, "");

sub say_all {
  my ($to, $text) = @_;
  while (length $text) {
    my $written = syswrite($to, $text);
    return 0 if !$written;
    substr($text, 0, $written, "");
  }
  return 1;
}

say_all(\*STDOUT, "open\n");
while (1) {
  my $ready = "";
  vec($ready, fileno $_, 1) = 1 for \*STDIN, $server, values %clients;
  select($ready, undef, undef, undef) > 0 or next;
  if (vec($ready, fileno STDIN, 1)) {
    sysread(STDIN, $came, 65536, length $came) or exit;
    while (length $came >= 8) {
      my ($number, $length) = unpack "N N", $came;
      last if length $came < 8 + $length;
      my $text = substr($came, 8, $length);
      substr($came, 0, 8 + $length, "");
      my $client = $clients{$number} or next;
      next if $length && say_all($client, $text);
      delete $clients{$number};
      $length && (say_all(\*STDOUT, pack("N N", $number, 0)) or exit);
    }
  }
  for my $number (keys %clients) {
    next if !vec($ready, fileno $clients{$number}, 1);
    sysread($clients{$number}, my $text, 65536) or delete $clients{$number};
    $text //= "";
    say_all(\*STDOUT, pack("N N", $number, length $text) . $text) or exit;
  }
  # The last: a new connection may get the number of a file that has just been closed.
  next if !vec($ready, fileno $server, 1);
  accept($clients{++$last}, $server) or delete $clients{$last}, next;
  say_all(\*STDOUT, pack("N N", $last, 0xffffffff)) or exit;
}
"#;

/// What stands for a length where a connection begins.
const BEGINS: usize = u32::MAX as usize;
/// The most bytes of one piece.
const MOST: usize = 64 << 10;
/// Connections at once. Commands in the container may open as many as they like.
const MOST_CONNECTIONS: usize = 64;

/// How long the command inside may take to end with its input.
const GONE_WITHIN: Duration = Duration::from_secs(3);
/// How often it is looked whether it has.
const TICK: Duration = Duration::from_millis(5);

/// The way. Dropping it shuts it, and nothing listens inside any more.
#[derive(Debug)]
pub(super) struct Tunnel {
    client: Child,
    /// None once it has ended.
    input: Input,
}

type Input = Arc<Mutex<Option<ChildStdin>>>;
/// By number; each until either side hangs up.
type Connections = Arc<Mutex<BTreeMap<u32, TcpStream>>>;

impl Tunnel {
    /// Opens one from the same address inside.
    ///
    /// # Errors
    /// An image without perl, a port that is taken there, or an engine that does not answer.
    pub(super) fn open(container: &Container, server: SocketAddr) -> Result<Self> {
        let engine = container.engine();
        let port = server.port().to_string();
        let mut command = Command::new(engine.program());
        command.args(["exec", "--interactive", "--user", "0", container.name(), "perl", "-e", SCRIPT, &port]);
        command.env_clear().envs(engine.vars());
        Self::over(command, server)
    }

    /// The same by a command that runs [`SCRIPT`].
    fn over(mut command: Command, server: SocketAddr) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        own_group(&mut command)?;
        let mut client = command.spawn().context("cannot run a command in the container")?;
        let (output, input) = (client.stdout.take(), Arc::new(Mutex::new(client.stdin.take())));
        let tunnel = Self { client, input: Arc::clone(&input) };
        let Some(output) = output else { bail!("a client without a stream") };
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            let is_open = output.by_ref().take(16).read_until(b'\n', &mut line).is_ok() && line == b"open\n";
            if tell.send(is_open).is_ok() && is_open {
                let _ = carry(&mut output, &input, server);
                drop(input.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        });
        match told.recv_timeout(SOON) {
            Ok(true) => Ok(tunnel),
            _ => bail!("nothing can listen in the container"),
        }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        // Whoever does not read what came keeps a writer waiting, who has it then.
        if let Ok(mut input) = self.input.try_lock() {
            drop(input.take());
            let deadline = Instant::now() + GONE_WITHIN;
            while matches!(self.client.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(TICK);
            }
        }
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}

/// Carries what comes out of the container to the server, and its answers back, until the stream ends.
fn carry(output: &mut impl Read, input: &Input, server: SocketAddr) -> Result<()> {
    let connections = Connections::default();
    loop {
        let mut head = [0; 8];
        output.read_exact(&mut head)?;
        let [a, b, c, d, rest @ ..] = head;
        let (number, length) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes(rest) as usize);
        if length == BEGINS {
            begin(number, &connections, input, server)?;
            continue;
        }
        if length > MOST {
            bail!("a piece of {length} bytes");
        }
        let mut text = vec![0; length];
        output.read_exact(&mut text)?;
        // One that the server has hung up on is not known any more.
        let known = locked(&connections).get(&number).and_then(|stream| stream.try_clone().ok());
        let Some(mut stream) = known else { continue };
        // A server that hangs up just now is told by its answers' end.
        let _ = if text.is_empty() { stream.shutdown(Shutdown::Both) } else { stream.write_all(&text) };
    }
}

/// Leads a connection to the server.
fn begin(number: u32, connections: &Connections, input: &Input, server: SocketAddr) -> Result<()> {
    let is_room = locked(connections).len() < MOST_CONNECTIONS;
    let stream = if is_room { TcpStream::connect(server).ok() } else { None };
    let Some(answers) = stream.as_ref().and_then(|stream| stream.try_clone().ok()) else {
        return Ok(send(input, number, &[])?);
    };
    locked(connections).extend(stream.map(|stream| (number, stream)));
    let (input, connections) = (Arc::clone(input), Arc::clone(connections));
    thread::spawn(move || {
        answer(answers, number, &input);
        locked(&connections).remove(&number);
    });
    Ok(())
}

fn locked(connections: &Connections) -> MutexGuard<'_, BTreeMap<u32, TcpStream>> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries a server's answers back.
fn answer(mut answers: TcpStream, number: u32, input: &Input) {
    let mut text = vec![0; MOST];
    while let Ok(length @ 1..) = answers.read(&mut text) {
        if send(input, number, &text[..length]).is_err() {
            return;
        }
    }
    let _ = send(input, number, &[]);
}

fn send(input: &Input, number: u32, text: &[u8]) -> std::io::Result<()> {
    let mut piece = Vec::with_capacity(8 + text.len());
    piece.extend(number.to_be_bytes());
    piece.extend(u32::try_from(text.len()).unwrap_or_default().to_be_bytes());
    piece.extend(text);
    let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
    input.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?.write_all(&piece)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A server that answers each piece with itself until its client hangs up, and a way to it.
    fn echo() -> Option<(Tunnel, SocketAddr)> {
        way(|mut stream| {
            let mut answers = stream.try_clone().unwrap();
            let _ = std::io::copy(&mut stream, &mut answers);
        })
    }

    #[test]
    fn what_comes_and_goes_is_carried_whole_for_each_connection() {
        let Some((tunnel, port)) = echo() else { return };
        let one = |seed: u8| {
            thread::spawn(move || {
                let text: Vec<u8> = (0..1_000_003_u32).map(|number| number.to_le_bytes()[0] ^ seed).collect();
                let mut stream = TcpStream::connect(port).unwrap();
                let (mut writer, sent) = (stream.try_clone().unwrap(), text.clone());
                thread::spawn(move || writer.write_all(&sent).unwrap());
                let mut came = vec![0; text.len()];
                stream.read_exact(&mut came).unwrap();
                assert!(came == text);
            })
        };
        for thread in [one(0), one(1), one(2)] {
            thread.join().unwrap();
        }
        drop(tunnel);
        assert!(TcpStream::connect(port).is_err(), "nothing listens any more");
    }

    /// A server that does with each connection what is given, and a way to it.
    fn way(serve: fn(TcpStream)) -> Option<(Tunnel, SocketAddr)> {
        let [server, inside] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let (to, port) = (server.local_addr().unwrap(), inside.local_addr().unwrap());
        drop(inside);
        thread::spawn(move || {
            for stream in server.incoming().flatten() {
                thread::spawn(move || serve(stream));
            }
        });
        let mut command = Command::new(which::which("perl").ok()?);
        command.args(["-e", SCRIPT, &port.port().to_string()]);
        Some((Tunnel::over(command, to).unwrap(), port))
    }

    /// One byte of an answer to one of a question.
    fn ask(port: SocketAddr) -> Option<u8> {
        let mut stream = TcpStream::connect(port).unwrap();
        let mut answer = [0];
        stream.write_all(b"?").unwrap();
        stream.read_exact(&mut answer).ok().map(|()| answer[0])
    }

    #[test]
    fn whoever_hangs_up_first_leaves_room_for_others() {
        let once: fn(TcpStream) = |mut stream| {
            let _ = stream.read_exact(&mut [0]).and_then(|()| stream.write_all(b"!"));
        };
        let on_and_on: fn(TcpStream) = |mut stream| while stream.write_all(&[b'!'; 1 << 16]).is_ok() {};
        for serve in [once, on_and_on] {
            let Some((_tunnel, port)) = way(serve) else { return };
            for number in 0..2 * MOST_CONNECTIONS {
                assert_eq!(ask(port), Some(b'!'), "{number}");
            }
        }
    }

    #[test]
    fn what_is_no_piece_ends_the_way() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "printf 'open\\n\\000\\000\\000\\001\\177\\377\\377\\377'; read -r line; exit 1"]);
        let mut tunnel = Tunnel::over(command, server.local_addr().unwrap()).unwrap();
        // Its input ends, and the command with it.
        assert!(!tunnel.client.wait().unwrap().success());
    }

    #[test]
    fn a_command_that_listens_nowhere_is_an_error() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(Tunnel::over(Command::new("true"), server).is_err());
    }
}
