//! A service of this machine is not one of the cloud's: an app that leans on it is not said to work.

#![allow(clippy::unwrap_used)]

mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::Value;

use support::{folder, host_is_missing, no_network_of_its_own};

const WEB: &str = r#"
import os, socket
from http.server import BaseHTTPRequestHandler, HTTPServer

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

if os.environ.get("DATABASE"):
    database = socket.create_connection(("127.0.0.1", int(os.environ["DATABASE"])))
HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Page).serve_forever()
"#;

/// A `PATH` without the programs that give a sandbox a network of its own.
fn path_without_engines(place: &Path) -> OsString {
    for directory in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        for program in fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = program.file_name();
            if name != "slirp4netns" && name != "pasta" {
                let _ = std::os::unix::fs::symlink(program.path(), place.join(name));
            }
        }
    }
    place.as_os_str().to_owned()
}

fn run(app: &Path, path: Option<&OsStr>, more: &[&str]) -> Value {
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
    command.envs(path.map(|path| ("PATH", path)));
    let output = command
        .args(["run", "--quiet", "--backend", "host", "--format", "json"])
        .args(more)
        .arg(app)
        .env("XDG_STATE_HOME", state.path())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A service of this machine on loopback, and how an app is told of it.
fn service() -> (String, String) {
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = database.local_addr().unwrap();
    // Held open, as a database holds them.
    thread::spawn(move || database.incoming().flatten().for_each(std::mem::forget));
    (address.to_string(), format!("DATABASE={}", address.port()))
}

fn notes(report: &Value, what: &str) -> bool {
    report["unverified"].as_array().unwrap().iter().any(|note| note["what"] == what)
}

#[test]
fn an_app_that_talks_to_a_service_of_this_machine_is_not_said_to_work() {
    if host_is_missing("an_app_that_talks_to_a_service_of_this_machine") {
        return;
    }
    let programs = tempfile::tempdir().unwrap();
    let path = path_without_engines(programs.path());
    let (address, told) = service();
    let app = folder(&[("main.py", WEB)]);
    let leaning = run(app.path(), Some(&path), &["--env", &told]);
    assert_eq!(leaning["verdict"], "cannot-tell", "{leaning}");
    assert!(notes(&leaning, &address) && notes(&leaning, "loopback"), "{leaning}");
    let alone = run(app.path(), Some(&path), &[]);
    assert_eq!(alone["verdict"], "works", "{alone}");
    let let_in = run(app.path(), Some(&path), &["--env", &told, "--reach", &address]);
    assert_eq!(let_in["verdict"], "works", "{let_in}");
    let shut_out = run(app.path(), Some(&path), &["--offline", "--env", &told]);
    assert_eq!(shut_out["verdict"], "fails", "{shut_out}");
}

#[test]
fn no_service_of_this_machine_is_within_reach_of_a_network_of_its_own() {
    if no_network_of_its_own("no_service_of_this_machine_is_within_reach") {
        return;
    }
    let (address, told) = service();
    let app = folder(&[("main.py", WEB)]);
    let leaning = run(app.path(), None, &["--env", &told]);
    assert_eq!(leaning["verdict"], "fails", "{leaning}");
    assert!(!notes(&leaning, "loopback"), "{leaning}");
    let let_in = run(app.path(), None, &["--env", &told, "--reach", &address]);
    assert_eq!(let_in["verdict"], "works", "{let_in}");
    assert!(notes(&let_in, &format!("--reach {address}")), "{let_in}");
    assert_eq!(let_in["smoke"]["listening"], serde_json::json!(["0.0.0.0:8080"]), "{let_in}");
    let at_once: Vec<Value> = thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| run(app.path(), None, &[]))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for report in at_once {
        assert_eq!(report["verdict"], "works", "{report}");
        assert_eq!(report["smoke"]["listening"], serde_json::json!(["0.0.0.0:8080"]), "{report}");
    }
}

/// Looks from inside for what listens on this machine, by every address that this machine has.
const SCOUT: &str = r#"
import os, socket, sys

def at(address, port, bound):
    with socket.socket() as one:
        one.settimeout(1)
        try:
            if bound:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, bound.encode())
            one.connect((address, port))
            return True
        except OSError:
            return False

port = int(os.environ["TARGET"])
devices = [""] + [name for _, name in socket.if_nameindex() if name != "lo"]
places = os.environ["ADDRESSES"].split() + ["127.0.0.1", "127.0.0.53", "10.0.2.2", "10.0.2.3", "169.254.169.254"]
found = [(place, device) for place in places for device in devices if at(place, port, device)]
with socket.socket(socket.AF_UNIX) as one:
    try:
        one.connect("\0" + os.environ["ABSTRACT"])
        found.append("an abstract socket")
    except OSError:
        pass
print("reached", found)
sys.exit(bool(found))
"#;

#[test]
fn neither_loopback_nor_this_machines_addresses_nor_abstract_sockets_are_within_reach() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};
    if no_network_of_its_own("neither_loopback_nor_this_machines_addresses") {
        return;
    }
    let everywhere = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = everywhere.local_addr().unwrap().port();
    let name = format!("shakedown-test-{port}");
    let _abstract = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let addresses = Command::new("hostname").arg("-I").output().unwrap();
    let addresses = String::from_utf8_lossy(&addresses.stdout).into_owned();
    let ipv4: Vec<&str> = addresses.split_whitespace().filter(|address| !address.contains(':')).collect();
    let app = folder(&[("main.py", SCOUT)]);
    let told = [format!("TARGET={port}"), format!("ABSTRACT={name}"), format!("ADDRESSES={}", ipv4.join(" "))];
    let options: Vec<&str> = told.iter().flat_map(|told| ["--env", told]).chain(["--expect", "exits"]).collect();
    let report = run(app.path(), None, &options);
    assert_eq!(report["verdict"], "works", "{report}");
}
