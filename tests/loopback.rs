//! A service of this machine is not one of the cloud's: an app that leans on it is not said to work.

#![allow(clippy::unwrap_used)]

mod support;

use std::net::TcpListener;
use std::process::Command;
use std::thread;

use serde_json::Value;

use support::{folder, host_is_missing};

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

fn run(app: &std::path::Path, more: &[&str]) -> Value {
    let state = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(["run", "--quiet", "--backend", "host", "--format", "json"])
        .args(more)
        .arg(app)
        .env("XDG_STATE_HOME", state.path())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_app_that_talks_to_a_service_of_this_machine_is_not_said_to_work() {
    if host_is_missing("an_app_that_talks_to_a_service_of_this_machine") {
        return;
    }
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = database.local_addr().unwrap();
    // Held open, as a database holds them.
    thread::spawn(move || database.incoming().flatten().for_each(std::mem::forget));
    let app = folder(&[("main.py", WEB)]);
    let leaning = run(app.path(), &["--env", &format!("DATABASE={}", address.port())]);
    assert_eq!(leaning["verdict"], "cannot-tell", "{leaning}");
    let noted = leaning["unverified"].as_array().unwrap();
    assert!(noted.iter().any(|note| note["what"] == address.to_string()), "{leaning}");
    let alone = run(app.path(), &[]);
    assert_eq!(alone["verdict"], "works", "{alone}");
    let shut_out = run(app.path(), &["--offline", "--env", &format!("DATABASE={}", address.port())]);
    assert_eq!(shut_out["verdict"], "fails", "{shut_out}");
}
