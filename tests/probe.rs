//! How the started app is asked.

#![allow(clippy::unwrap_used)]

mod support;

use std::process::Command;

use support::{folder, host_is_missing};

const APP: &str = "\
import http.server, os, signal, threading
stopping = threading.Event()
class Up(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print('asked while', 'stopping' if stopping.is_set() else 'up', flush=True)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments):
        pass
def stop(*_):
    stopping.set()
    threading.Timer(1.5, lambda: os._exit(0)).start()
signal.signal(signal.SIGTERM, stop)
http.server.ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), Up).serve_forever()
";

#[test]
fn an_app_that_is_asked_to_stop_is_asked_nothing_else() {
    if host_is_missing("an_app_that_is_asked_to_stop_is_asked_nothing_else") {
        return;
    }
    let app = folder(&[("requirements.txt", "# nothing\n"), ("main.py", APP)]);
    let home = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(["run", "--backend", "host", "--expect", "answers"])
        .arg(app.path())
        .env("XDG_STATE_HOME", home.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("asked while up"), "{stderr}");
    assert!(!stderr.contains("asked while stopping"), "{stderr}");
}
