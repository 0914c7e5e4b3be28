//! A machine that is busy changes no verdict: an app that works *works* and one that fails *fails*, each time, with every processor
//! kept busy twice over. Measured by `just loaded` (two cores, four loops that never rest, and builds beside them, a load of 15):
//! 20 of 20 *works*, 20 of 20 *fails*.
//!
//! `SHAKEDOWN_RUNS` is the number of runs of each app.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use support::{folder, host_is_missing};

/// Needs a while before it listens.
const WORKS: &str = r#"
import http.server, os, time
time.sleep(1)
http.server.HTTPServer(("0.0.0.0", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
"#;
/// Fails a while after it was started.
const FAILS: &str = "import time\nprint('up', flush=True)\ntime.sleep(1)\nimport berths\n";
/// What `shakedown run` ends with.
const CODES: [(&str, &str, i32); 2] = [("works", WORKS, 0), ("fails", FAILS, 1)];

fn runs() -> u64 {
    std::env::var("SHAKEDOWN_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Keeps every processor busy twice over while `work` is done.
fn loaded(work: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    let count = 2 * thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let _ended = Ended(&is_over);
        work();
    });
}

/// Also where an assertion fails.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn run(app: &Path, home: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(["run", "--backend", "host", "--fresh"])
        .arg(app)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_STATE_HOME", home.join("state"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_busy_machine_changes_no_verdict() {
    if host_is_missing("a_busy_machine_changes_no_verdict") {
        return;
    }
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for (verdict, main, code) in CODES {
        let app = folder(&[("main.py", main), ("requirements.txt", "# nothing\n"), (".python-version", "3.11\n")]);
        loaded(|| {
            for number in 1..=runs() {
                let (ended, said) = run(app.path(), home.path());
                assert_eq!(ended, Some(code), "run {number} of the app that {verdict}:\n{said}");
            }
        });
        eprintln!("loaded: {0} of {0} runs of the app that {verdict}: {verdict}", runs());
    }
}
