//! Ctrl-C on every backend: the same outcome, at once, and nothing left behind.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use shakedown::plan::Plan;
use shakedown::run::{SmokeResult, Status, Verdict};
use shakedown::sandbox::cache::Cache;
use shakedown::sandbox::docker::{Docker, Engine, Options, Pull};
use shakedown::sandbox::host::Host;
use shakedown::sandbox::nix::{Nix, Nixpkgs};
use shakedown::sandbox::{Backend, Interrupted, Progress};

use support::*;

/// How soon the user has the prompt back. It is a second or two; the rest is for machines that are busy.
const SOON: Duration = Duration::from_secs(10);
/// How long packages may take that have to be made first.
const UP_WITHIN: Duration = Duration::from_secs(240);

/// Where a backend could leave something.
struct Traces<'a> {
    cache: &'a Cache,
    engine: Option<Engine>,
}

impl Traces<'_> {
    /// Scratch directories, the roots that Nix keeps for them, and containers.
    fn left(&self) -> Vec<String> {
        let names = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let runs = names(self.cache.root().join("runs"));
        let of_ours = |link: &PathBuf| fs::read_link(link).is_ok_and(|target| target.starts_with(self.cache.root()));
        let roots = names("/nix/var/nix/gcroots/auto".into()).filter(of_ours);
        runs.chain(roots).map(|path| path.display().to_string()).chain(self.containers()).collect()
    }

    /// Those of this process, so that tests do not see each other's.
    fn containers(&self) -> Vec<String> {
        let Some(engine) = &self.engine else { return Vec::new() };
        let owners = "{{.Label \"dev.shakedown.owner\"}}";
        let output = Command::new(engine.program()).args(["ps", "--all", "--format", owners]).output().unwrap();
        let own = format!("/{}/", std::process::id());
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        listed.lines().filter(|owner| owner.contains(&own)).map(|owner| format!("container of {owner}")).collect()
    }
}

/// Processes with exactly this command line, wherever they run: a container's are the machine's too.
fn running(words: &[&str]) -> usize {
    let wanted: Vec<u8> = words.iter().flat_map(|word| word.bytes().chain([0])).collect();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter(|entry| fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == wanted)).count()
}

/// A time that no other test sleeps for.
fn marker() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("300.{}{:02}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Runs the plan and interrupts it as soon as two processes sleep for `marker`, the second in a session of its own.
fn interrupted(backend: &dyn Backend, project: &Path, plan: &Plan, marker: &str, traces: &Traces<'_>) -> Ran {
    let (flag, started) = (AtomicBool::new(false), Instant::now());
    let (ran, (seen, asked)) = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while running(&["sleep", marker]) < 2 && started.elapsed() < UP_WITHIN {
                thread::sleep(Duration::from_millis(50));
            }
            let seen = running(&["sleep", marker]);
            flag.store(true, Ordering::Relaxed);
            (seen, Instant::now())
        });
        let ran = rehearse(backend, &spec(project, plan), &settings(None), &flag);
        (ran, watcher.join().unwrap())
    });
    let took = asked.elapsed();
    assert_eq!(seen, 2, "they were not both there to be ended\n{}", ran.log);
    assert!(took < SOON, "it took {took:?}\n{}", ran.log);
    assert_eq!(ran.outcome().verdict(), Verdict::CannotTell, "{}", ran.log);
    assert!(ran.outcome().was_interrupted(), "{}", ran.log);
    // The kernel takes its time to end what a namespace held.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(running(&["sleep", marker]), 0);
    assert_eq!(traces.left(), [] as [&str; 0]);
    ran
}

/// The same for every backend: while it builds, and while the app is up.
fn leaves_nothing_behind(backend: &dyn Backend, cache: &Cache, engine: Option<Engine>) {
    let traces = Traces { cache, engine };
    let (project, marker) = (bot(), marker());
    let sleep = format!("setsid sleep {marker} & sleep {marker}");
    let mut building = nixpacks_plan();
    phase(&mut building, "install").cmds = [&*sleep].into();
    phase(&mut building, "install").cache_directories = Default::default();
    let ran = interrupted(backend, project.path(), &lowered(&building), &marker, &traces);
    assert_eq!(ran.status("install"), Status::Interrupted, "{}", ran.log);
    assert!(ran.outcome().smoke.is_none());

    phase(&mut building, "install").cmds = Default::default();
    let started = with_start(lowered(&building), &sleep);
    let ran = interrupted(backend, project.path(), &started, &marker, &traces);
    assert_eq!(ran.smoke(), &SmokeResult::Interrupted, "{}", ran.log);
}

/// A cache of its own, so that what is left in it was left by this test.
fn cache() -> (Cache, tempfile::TempDir) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    (Cache::at(dir.path().to_owned()), dir)
}

#[test]
fn interrupted_on_host() {
    let (cache, _dir) = cache();
    let backend = Host::new().with_cache(cache.clone());
    let missing = backend.check(&plan()).err().map(|unavailable| unavailable.missing);
    if !skipped("interrupted_on_host", missing) {
        leaves_nothing_behind(&backend, &cache, None);
    }
}

#[test]
fn interrupted_on_nix() {
    let (cache, _dir) = cache();
    let nixpkgs = Nixpkgs::Path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nixpkgs"));
    let backend = Nix::new().with_nixpkgs(nixpkgs).with_cache(cache.clone());
    let missing = backend.check(&plan()).err().map(|unavailable| unavailable.missing).or_else(|| {
        which::which("patchelf")
            .err()
            .map(|_| "patchelf, which the small nixpkgs is made with, is not installed".into())
    });
    if !skipped("interrupted_on_nix", missing) {
        leaves_nothing_behind(&backend, &cache, None);
    }
}

#[test]
fn interrupted_on_docker() {
    let (cache, _dir) = cache();
    let backend = Docker::new(Options { pull: Pull::Never, ..Options::default() });
    let missing = backend.check(&plan()).err().map(|unavailable| unavailable.missing);
    if !skipped("interrupted_on_docker", missing) {
        leaves_nothing_behind(&backend, &cache, Engine::find().ok());
    }
}

/// Where connections are taken and never answered.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[test]
fn interrupted_while_a_tool_is_fetched() {
    let missing = Host::new().check(&plan()).err().map(|unavailable| unavailable.missing);
    if skipped("interrupted_while_a_tool_is_fetched", missing) {
        return;
    }
    let (project, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
    fs::write(project.path().join("Pipfile"), "[packages]\nrich = \"*\"\n").unwrap();
    fs::write(project.path().join("main.py"), "").unwrap();
    let (_index, address) = silent();
    let mut child = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(["run", "--backend", "host"])
        .arg(project.path())
        .env("XDG_CACHE_HOME", home.path())
        .env("PIP_INDEX_URL", format!("http://{address}/simple"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let waits = stderr.into_iter().any(|line| line.contains("waiting for pipenv"));
    assert!(waits, "nobody was told of what takes long");
    thread::sleep(Duration::from_secs(1));
    let asked = Instant::now();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(asked.elapsed() < SOON, "it took {:?}", asked.elapsed());
    let cache = Cache::at(home.path().join("shakedown"));
    assert_eq!(Traces { cache: &cache, engine: None }.left(), [] as [&str; 0]);
}

#[test]
fn interrupted_while_an_image_is_pulled() {
    let (_registry, address) = silent();
    let base_image = Some(format!("{address}/slow:1"));
    let docker = Docker::new(Options { base_image, ..Options::default() });
    let missing = docker.check(&plan()).err().map(|unavailable| unavailable.missing);
    if skipped("interrupted_while_an_image_is_pulled", missing) {
        return;
    }
    let (flag, project, mut reported) = (AtomicBool::new(false), bot(), Vec::new());
    let error = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_secs(1));
            flag.store(true, Ordering::Relaxed);
        });
        let mut progress = Progress { interrupted: &flag, report: &mut |what| reported.push(what.to_owned()) };
        docker.open(&spec(project.path(), &plan()), &mut progress).err().unwrap()
    });
    assert!(error.is::<Interrupted>(), "{error:#}");
    assert!(reported[0].ends_with(&format!("to pull {address}/slow:1")), "{reported:?}");
}
