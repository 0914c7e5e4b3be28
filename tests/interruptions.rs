//! However a run is ended, at whatever moment: no process of it is alive a second later, and the next run of any project removes
//! what a kill has left.
//!
//! `SHAKEDOWN_MOMENTS` is the number of moments for each signal on host (a fifth of it on nix and docker, so none where it is
//! small), `SHAKEDOWN_SEED` chooses them: `just interruptions 50`.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use shakedown::plan::Plan;
use shakedown::sandbox::Backend;
use shakedown::sandbox::docker::{Docker, Options, Pull};
use shakedown::sandbox::host::Host;
use shakedown::sandbox::nix::{Nix, Nixpkgs};

use support::{folder, plan, skipped};

/// Deaf to signals, with children that have left it, and busy.
const DEAF: &str = r#"
import os, signal, subprocess, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", os.environ["MARK"]])
        os._exit(0)
print("up", flush=True)
end = time.time() + 300
while time.time() < end:
    pass
"#;
const SETTINGS: &str = "[phases.install]\ncmds = [\"sleep 0.1\"]\n[start]\ncmd = \"python main.py\"\n";
const SIGNALS: &[&str] = &["INT", "TERM", "HUP", "KILL"];

/// How long a process may outlive the run.
const GONE_WITHIN: Duration = Duration::from_secs(1);
/// How long the run itself may take to end on a machine that is busy.
const ENDS_WITHIN: Duration = Duration::from_secs(20);
/// How many runs are not in each other's way.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A small generator (splitmix64): the same moments for the same seed.
struct Moments(u64);

impl Moments {
    fn below(&mut self, most: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        most.mul_f64((word >> 11) as f64 / (1u64 << 53) as f64)
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Processes with exactly this command line, wherever they run: a container's are the machine's too.
fn sleeping(mark: &str) -> usize {
    let wanted = format!("sleep\0{mark}\0").into_bytes();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter(|entry| fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == wanted)).count()
}

/// Children of this process that are alive: as a reaper, it is given those whose parents are gone.
fn orphans() -> Vec<String> {
    while rustix::process::wait(rustix::process::WaitOptions::NOHANG).is_ok_and(|found| found.is_some()) {}
    let mut found = Vec::new();
    for task in fs::read_dir("/proc/self/task").unwrap().flatten() {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(children.split_whitespace().map(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            format!("{pid} {}", String::from_utf8_lossy(&line).replace('\0', " ").chars().take(200).collect::<String>())
        }));
    }
    found
}

struct Bench<'a> {
    options: &'a [&'a str],
    home: PathBuf,
}

impl Bench<'_> {
    fn start(&self, app: &Path, mark: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_shakedown"))
            .args(["run", "--quiet", "--env", &format!("MARK={mark}")])
            .args(self.options)
            .arg(app)
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env("XDG_STATE_HOME", self.home.join("state"))
            .env("TMPDIR", self.home.join("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// How long a run takes until the app and all that it made are there.
    fn takes(&self, app: &Path, mark: &str) -> Duration {
        let started = Instant::now();
        let mut child = self.start(app, mark);
        while sleeping(mark) < 3 {
            assert!(started.elapsed() < Duration::from_secs(240) && child.try_wait().unwrap().is_none(), "never up");
            thread::sleep(Duration::from_millis(20));
        }
        let took = started.elapsed();
        self.ended(&mut child, "TERM", mark, "at first");
        took
    }

    fn ended(&self, child: &mut Child, signal: &str, mark: &str, moment: &str) {
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        let asked = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(asked.elapsed() < ENDS_WITHIN, "{signal} {moment}: it does not end");
            thread::sleep(Duration::from_millis(10));
        }
        let gone = Instant::now();
        while sleeping(mark) > 0 || !orphans().is_empty() {
            let left = orphans();
            assert!(gone.elapsed() < GONE_WITHIN, "{signal} {moment}: {} sleep, left {left:?}", sleeping(mark));
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Folders of runs, their temporary ones, and control groups of theirs.
    fn left(&self) -> Vec<PathBuf> {
        let names = |place: &Path| fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
        names(&self.home.join("cache/shakedown/runs")).chain(names(&self.home.join("tmp"))).collect()
    }
}

fn nothing_is_left(backend: &str, options: &[&str], moments: u64) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::create_dir(home.path().join("tmp")).unwrap();
    let bench = Bench { options, home: home.path().to_owned() };
    let app = folder(&[("main.py", DEAF), (".python-version", "3.11\n"), ("nixpacks.toml", SETTINGS)]);
    let mark = format!("300.{}{}", std::process::id(), backend.len());
    bench.takes(app.path(), &mark);
    // Once more, with everything that is kept between runs there already.
    let whole = bench.takes(app.path(), &mark);
    let seed = number("SHAKEDOWN_SEED", 1);
    let mut chosen = Moments(seed);
    for signal in SIGNALS {
        for _ in 0..moments {
            let after = chosen.below(whole.mul_f64(1.2));
            let mut child = bench.start(app.path(), &mark);
            thread::sleep(after);
            bench.ended(&mut child, signal, &mark, &format!("after {after:?} of {whole:?} (seed {seed})"));
            if *signal != "KILL" {
                assert_eq!(bench.left(), [] as [PathBuf; 0], "{signal} after {after:?}");
            }
        }
    }
    // The next run of another project.
    let other = folder(&[
        ("main.py", "import time\ntime.sleep(1)\n"),
        (".python-version", "3.11\n"),
        ("nixpacks.toml", SETTINGS),
    ]);
    let mut next = bench.start(other.path(), &mark);
    next.wait().unwrap();
    assert_eq!(bench.left(), [] as [PathBuf; 0]);
    eprintln!(
        "{backend}: {} of {} moments left nothing",
        SIGNALS.len() as u64 * moments,
        SIGNALS.len() as u64 * moments
    );
}

fn moments() -> u64 {
    number("SHAKEDOWN_MOMENTS", 2)
}

/// Those for backends that are slow to start; none where few are tried at all.
fn few(test: &str) -> Option<u64> {
    let few = moments() / 5;
    if few == 0 {
        eprintln!("skipped: {test}: SHAKEDOWN_MOMENTS is below 5");
    }
    (few > 0).then_some(few)
}

#[test]
fn nothing_is_left_on_host() {
    let missing = Host::new().check(&plan()).err().map(|unavailable| unavailable.missing);
    if !skipped("nothing_is_left_on_host", missing) {
        nothing_is_left("host", &["--backend", "host", "--memory", "1GB"], moments());
    }
}

#[test]
fn nothing_is_left_on_nix() {
    let Some(moments) = few("nothing_is_left_on_nix") else { return };
    let nixpkgs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nixpkgs");
    let nix = Nix::new().with_nixpkgs(Nixpkgs::Path(nixpkgs.clone()));
    let lacks_patchelf = which::which("patchelf").err().map(|_| "patchelf is not installed".to_owned());
    let missing = nix.check(&plan()).or_else(|_| nix.check(&Plan::default())).err().map(|refusal| refusal.missing);
    if !skipped("nothing_is_left_on_nix", missing.or(lacks_patchelf)) {
        let options = ["--backend", "nix", "--nixpkgs", &*nixpkgs.to_string_lossy()];
        nothing_is_left("nix", &options, moments);
    }
}

#[test]
fn nothing_is_left_on_docker() {
    let Some(moments) = few("nothing_is_left_on_docker") else { return };
    let docker = Docker::new(Options { pull: Pull::Never, ..Options::default() });
    let missing = docker.check(&plan()).err().map(|unavailable| unavailable.missing);
    if !skipped("nothing_is_left_on_docker", missing) {
        nothing_is_left("docker", &["--backend", "docker", "--pull", "never"], moments);
    }
}
