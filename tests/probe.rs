//! How the started app is asked.

#![allow(clippy::unwrap_used)]

mod support;

use std::process::{Command, Output};

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

/// Speaks as Streamlit 1.67 does: the page is there at once, and `app.py` runs for each session, which wants `rerun_script` and
/// gets `script_finished`.
const PAGES: &str = r#"
import http.server, os, runpy, sys, traceback
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != '/_stcore/stream':
            self.send_response(200)
            self.end_headers()
            return
        self.wfile.write(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n')
        assert self.rfile.read(8) == b'\x82\x82\0\0\0\0\x5a\0'
        try:
            runpy.run_path(sys.argv[2])
        except Exception:
            print('Uncaught app execution\n' + traceback.format_exc(), file=sys.stderr, flush=True)
        self.wfile.write(b'\x82\x7e\x20\0' + bytes(0x2000) + b'\x82\x06\x12\x02ab\x30\0')
        self.rfile.read(1)
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), Page).serve_forever()
"#;

fn rehearsed(files: &[(&str, &str)]) -> (Output, String) {
    let (app, home) = (folder(files), tempfile::tempdir().unwrap());
    let run = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(["run", "--backend", "host", "--format", "json"])
        .arg(app.path())
        .env("XDG_STATE_HOME", home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    (run, said)
}

#[test]
fn a_page_is_opened_as_its_visitors_do() {
    if host_is_missing("a_page_is_opened_as_its_visitors_do") {
        return;
    }
    let opened = |page| {
        let start = ("Procfile", "web: python -m streamlit run app.py\n");
        rehearsed(&[("requirements.txt", "# nothing\n"), ("streamlit/__main__.py", PAGES), ("app.py", page), start])
    };
    let (run, said) = opened("print('high tide')\n");
    assert_eq!(run.status.code(), Some(0), "{said}");
    assert!(said.contains("\"answered\"") && !said.contains("the code of the page"), "{said}");
    let (run, said) = opened("tides = {}\ntides['low']\n");
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("\"page-failed\"") && said.contains("app.py"), "{said}");
}

#[test]
fn a_redirect_is_followed_to_the_page_that_a_visitor_sees() {
    if host_is_missing("a_redirect_is_followed_to_the_page_that_a_visitor_sees") {
        return;
    }
    const APP: &str = "\
import http.server, os
class Up(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302 if self.path == '/' else 500)
        self.send_header('Location', '/login/?next=/')
        self.end_headers()
http.server.ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), Up).serve_forever()
";
    let (run, said) = rehearsed(&[("requirements.txt", "# nothing\n"), ("main.py", APP)]);
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("sends its visitors to, /login/?next=/, answers HTTP 500"), "{said}");
}
