//! Figures, not verdicts: what entering a sandbox costs, and a whole run against `nixpacks build` and `docker run`.
//! `cargo test --release --test figures -- --ignored --nocapture --test-threads=1`

#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use shakedown::builder::nixpacks;
use shakedown::plan::Plan;
use shakedown::run::{SmokeKind, SmokeResult};
use shakedown::sandbox::docker::{Docker, Options, Pull};
use shakedown::sandbox::host::Host;
use shakedown::sandbox::nix::{Nix, Nixpkgs};
use shakedown::sandbox::process::{self, Ended, Exit, Limits};
use shakedown::sandbox::{Backend, Role, Spec, Step};

use support::*;

const ROUNDS: usize = 9;

fn backends() -> [Box<dyn Backend>; 3] {
    let nixpkgs = Nixpkgs::Path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nixpkgs"));
    let docker = Docker::new(Options { pull: Pull::Never, no_cache: true, ..Options::default() });
    [Box::new(Host::new()), Box::new(Nix::new().with_nixpkgs(nixpkgs)), Box::new(docker)]
}

fn median(mut times: Vec<Duration>) -> String {
    times.sort();
    let milliseconds = |at: usize| times[at].as_secs_f64() * 1000.0;
    format!("{:.0} ms ({:.0}-{:.0})", milliseconds(times.len() / 2), milliseconds(0), milliseconds(times.len() - 1))
}

#[test]
#[ignore = "a measurement"]
fn entering_a_sandbox() {
    let (project, plan) = (bot(), plan());
    let limits = Limits { total: Duration::from_secs(240), silence: None };
    for backend in backends() {
        if skipped("entering_a_sandbox", backend.check(&plan).err().map(|unavailable| unavailable.missing)) {
            continue;
        }
        let opening = Instant::now();
        let mut sandbox = open(&*backend, &spec(project.path(), &plan)).unwrap();
        let opened = opening.elapsed();
        for step in sandbox.setup().unwrap() {
            if let shakedown::sandbox::SetupStep::Run { command, .. } = step {
                process::run(&command, limits, &NEVER, &mut |_| {}).unwrap();
            }
        }
        let set_up = opening.elapsed() - opened;
        sandbox.copy_in(None, &[]).unwrap();
        let vars = vars(&[("A", "b")]);
        let command = sandbox.command(&Step { role: Role::Build, argv: &build_argv("true"), vars: &vars, caches: &[] });
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let ended = process::run(&command, limits, &NEVER, &mut |_| {}).unwrap();
            assert_eq!(ended, Ended::Exited(Exit::Code(0)));
            times.push(started.elapsed());
        }
        let name = backend.name();
        eprintln!("{name}: open {opened:.2?}, setup {set_up:.2?}, a command that does nothing {}", median(times));
    }
}

/// What a network of the run's own adds to opening and closing a sandbox, which is done once a run.
#[test]
#[ignore = "a measurement"]
fn a_network_of_its_own() {
    if support::no_network_of_its_own("a_network_of_its_own") {
        return;
    }
    let (project, plan, host) = (bot(), plan(), Host::new());
    let once = |network| {
        let started = Instant::now();
        open(&host, &Spec { network, ..spec(project.path(), &plan) }).unwrap().close().unwrap();
        started.elapsed()
    };
    // In turns, so that what else the machine does falls to both.
    let times: Vec<[Duration; 2]> = (0..5 * ROUNDS).map(|_| [once(true), once(false)]).skip(1).collect();
    let of = |at: usize| median(times.iter().map(|pair| pair[at]).collect());
    let mut more: Vec<f64> =
        times.iter().map(|[with, without]| (with.as_secs_f64() - without.as_secs_f64()) * 1000.0).collect();
    more.sort_by(f64::total_cmp);
    eprintln!("a run with a network of its own {}, without any {}: {:.1} ms more", of(0), of(1), more[more.len() / 2]);
}

fn quietly(program: &str, arguments: &[&str], folder: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Nixpacks' plan for the same folder.
fn real_plan(folder: &Path) -> Plan {
    let output = Command::new("nixpacks").args(["plan", "."]).current_dir(folder).output().unwrap();
    let plan: nixpacks::Plan = serde_json::from_slice(&output.stdout).unwrap();
    lowered(&plan)
}

#[test]
#[ignore = "a measurement"]
fn a_whole_run_against_the_peer() {
    let docker = Docker::new(Options { pull: Pull::Never, no_cache: true, ..Options::default() });
    let missing = docker.check(&support::plan()).err().map(|unavailable| unavailable.missing);
    let missing = missing.or_else(|| which::which("nixpacks").err().map(|error| error.to_string()));
    if skipped("a_whole_run_against_the_peer", missing) {
        return;
    }
    let project = folder(&[("requirements.txt", "# nothing\n"), ("main.py", "print('hello')\n")]);
    let plan = real_plan(project.path());
    for round in 0..4 {
        fs::write(project.path().join("main.py"), format!("print('hello {round}')\n")).unwrap();
        let what = if round == 0 { "cold" } else { "main.py changed" };
        let started = Instant::now();
        let ran = rehearse(&docker, &spec(project.path(), &plan), &settings(Some(SmokeKind::Exits)), &NEVER);
        assert_eq!(ran.smoke(), &SmokeResult::Exited, "{}", ran.log);
        let own = started.elapsed();
        let started = Instant::now();
        let tag = "shakedown-test-peer";
        let built = quietly("nixpacks", &["build", ".", "--name", tag], project.path());
        let ran = built && quietly("docker", &["run", "--rm", tag], project.path());
        let peer = started.elapsed();
        eprintln!("{what}: shakedown {own:.2?}, nixpacks build + docker run {peer:.2?} (worked: {ran})");
    }
    quietly("docker", &["rmi", "--force", "shakedown-test-peer"], project.path());
}

#[test]
#[ignore = "a measurement"]
fn checking_a_project() {
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/works-django/app");
    let large = tempfile::tempdir().unwrap();
    fs::create_dir(large.path().join("tides")).unwrap();
    for index in 0..5000 {
        let next = (index + 1) % 5000;
        let code =
            format!("import json\nfrom tides.m{next} import f{next}\n\ndef f{index}(x):\n    return json.dumps(x)\n");
        fs::write(large.path().join(format!("tides/m{index}.py")), code).unwrap();
    }
    fs::write(large.path().join("main.py"), "from tides.m0 import f0\n").unwrap();
    fs::write(large.path().join("requirements.txt"), "flask==3.0.3\n").unwrap();
    for (folder, most) in [(&*small, 20), (large.path(), 1000)] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
            command.arg("check").arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().unwrap();
            times.push(started.elapsed());
        }
        times.sort();
        eprintln!("check {}: {}", folder.display(), median(times.clone()));
        assert!(times[0] < Duration::from_millis(most), "{times:?}");
    }
}
