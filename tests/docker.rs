//! The docker backend on a real engine, with the stand-in base image that `tests/base-image/build` makes.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use shakedown::plan::Plan;
use shakedown::run::{SmokeKind, SmokeResult, Status};
use shakedown::sandbox::docker::{self, Docker, Engine, Options, Pull};
use shakedown::sandbox::process::{self, Ended, Exit, Limits};
use shakedown::sandbox::{Backend, MachineFailure, Quotas, Role, Spec, Step};

use support::*;

fn docker() -> Docker {
    Docker::new(Options { pull: Pull::Never, ..Options::default() })
}

/// Why the tests of the engine cannot run here.
fn missing() -> Option<String> {
    docker().check(&support::plan()).err().map(|unavailable| unavailable.missing)
}

fn client(arguments: &[&str]) -> String {
    let program = Engine::find().unwrap().program().to_owned();
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Our containers whose plan carries this variable's name, so that tests do not see each other's.
fn containers_of(project: &std::path::Path) -> usize {
    let volume = docker::cache_volume_name(project, "/root/.cache/pip").unwrap();
    client(&["ps", "-aq", "--filter", &format!("volume={volume}")]).lines().count()
}

fn forget(project: &std::path::Path) {
    for cache in ["/root/.cache/pip", "/opt/pip-cache", "/opt/words-cache", "kept/cache"] {
        let volume = docker::cache_volume_name(project, cache).unwrap();
        // The engine lets go of a volume a moment after its container.
        for _ in 0..50 {
            client(&["volume", "rm", "--force", &volume]);
            if client(&["volume", "ls", "--quiet", "--filter", &format!("name={volume}")]).is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn the_founding_bot_fails_with_the_text_of_the_store_and_its_cure_works() {
    if skipped("the_founding_bot", missing()) {
        return;
    }
    let (project, founding) = (bot(), founding_plan());
    let ran = rehearse(&docker(), &spec(project.path(), &founding), &settings(None), &NEVER);
    assert_eq!(ran.status("setup"), Status::Passed, "{}", ran.log);
    assert_eq!(ran.status("install"), Status::Failed(Exit::Code(1)), "{}", ran.log);
    assert!(ran.log.contains("externally-managed-environment"), "{}", ran.log);
    assert!(ran.log.contains("`/nix/store` filesystem."), "{}", ran.log);

    let cured = plan();
    let ran = rehearse(&docker(), &spec(project.path(), &cured), &settings(None), &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::StayedUp, "{}", ran.log);
    assert!(ran.log.contains("up /opt/venv"), "{}", ran.log);
    assert_eq!(containers_of(project.path()), 0);
    forget(project.path());
}

#[test]
fn railpacks_app_starts_in_an_image_of_its_own() {
    let main = "import os, shutil, sys, time\nprint('gcc', shutil.which('gcc'), 'words', os.path.exists('/opt/words'), os.listdir('/app/kept'), sys.prefix, flush=True)\ntime.sleep(600)\n";
    let config = r#"{
        "caches": {"words": {"directory": "/opt/words-cache"}, "kept": {"directory": "kept/cache"}},
        "steps": {"build": {
            "commands": ["...", "gcc --version > made.txt && mkdir /opt/words && touch /opt/words-cache/x kept/cache/x kept/y"],
            "caches": ["words", "kept"]
        }}
    }"#;
    let project = folder(&[("main.py", main), ("requirements.txt", ""), ("railpack.json", config)]);
    let plan = support::railpack_plan(project.path());
    if skipped("railpacks_app", docker().check(&plan).err().map(|unavailable| unavailable.missing)) {
        return;
    }
    let ran = rehearse(&docker(), &spec(project.path(), &plan), &settings(None), &NEVER);
    assert_eq!(ran.status("build"), Status::Passed, "{}", ran.log);
    assert_eq!(ran.smoke(), &SmokeResult::StayedUp, "{}", ran.log);
    assert!(ran.log.contains("gcc None words False ['y'] /app/.venv"), "{}", ran.log);
    // Whether or not they are kept, caches are there.
    let options = Options { pull: Pull::Never, no_cache: true, ..Options::default() };
    let ran = rehearse(&Docker::new(options), &spec(project.path(), &plan), &settings(None), &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::StayedUp, "{}", ran.log);
    forget(project.path());
}

#[test]
fn an_undefined_package_fails_setup_with_its_name_and_place() {
    if skipped("an_undefined_package", missing()) {
        return;
    }
    let (project, mut plan) = (bot(), nixpacks_plan());
    phase(&mut plan, "setup").nix_pkgs = ["python311", "no-such-package"].into();
    phase(&mut plan, "install").cache_directories = Default::default();
    let plan = lowered(&plan);
    let ran = rehearse(&docker(), &spec(project.path(), &plan), &settings(None), &NEVER);
    assert_eq!(ran.status("setup"), Status::Failed(Exit::Code(1)), "{}", ran.log);
    assert!(ran.log.contains("/app/.nixpacks/nixpkgs-"), "{}", ran.log);
    assert!(ran.log.contains("undefined variable"), "{}", ran.log);
    assert_eq!(ran.status("install"), Status::Skipped);
}

/// A project that installs nothing, for what happens at start.
fn starts(main: &str) -> (tempfile::TempDir, Plan) {
    let mut plan = nixpacks_plan();
    plan.phases.as_mut().unwrap().remove("install");
    let plan = lowered(&plan);
    (folder(&[("main.py", main)]), plan)
}

const SERVER: &str = "import http.server, os, sys\nclass H(http.server.SimpleHTTPRequestHandler):\n    def do_GET(self):\n        \
    self.send_response(200 if self.path == '/ok' else 500); self.end_headers()\n\
    http.server.HTTPServer((sys.argv[1], int(os.environ['PORT'])), H).serve_forever()\n";

#[test]
fn the_probe_sees_who_answers_and_who_only_talks_to_itself() {
    if skipped("the_probe", missing()) {
        return;
    }
    let (project, plan) = starts(SERVER);
    let mut settings = settings(Some(SmokeKind::Answers));
    settings.smoke.path = Some("/ok".into());
    let open = with_start(plan.clone(), "python main.py 0.0.0.0");
    let ran = rehearse(&docker(), &spec(project.path(), &open), &settings, &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::Answered { status: 200 }, "{}", ran.log);
    // It has no handler, and what the cloud starts is process 1, which the kernel then spares.
    assert_eq!(ran.outcome().smoke.as_ref().unwrap().stops_on_sigterm, Some(false));

    let handled = with_start(plan.clone(), "trap 'exit 0' TERM; python main.py 0.0.0.0 & wait");
    let ran = rehearse(&docker(), &spec(project.path(), &handled), &settings, &NEVER);
    assert_eq!(ran.outcome().smoke.as_ref().unwrap().stops_on_sigterm, Some(true), "{}", ran.log);

    let closed = with_start(plan, "python main.py 127.0.0.1");
    let ran = rehearse(&docker(), &spec(project.path(), &closed), &settings, &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::LoopbackOnly("127.0.0.1:8080".parse().unwrap()), "{}", ran.log);
}

/// Calls a port of every machine that it is told, and of the one that leads outward.
const SCOUT: &str = r#"
import os, socket, struct

def gateways():
    for line in open("/proc/net/route").readlines()[1:]:
        gateway = int(line.split()[2], 16)
        if gateway:
            yield socket.inet_ntoa(struct.pack("<L", gateway))

for place in [*os.environ["PLACES"].split(), *gateways()]:
    try:
        socket.create_connection((place, int(os.environ["TARGET"])), 3).close()
        print("reached", place)
    except OSError as error:
        print("not reached:", error.strerror)
print("names lead", "out" if socket.gethostbyname("pypi.org") else "nowhere")
"#;

#[test]
fn neither_the_engines_machine_nor_another_container_is_within_reach_and_the_world_is() {
    if skipped("neither_the_engines_machine_nor_another_container", missing()) {
        return;
    }
    let everywhere = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = everywhere.local_addr().unwrap().port().to_string();
    let (project, mut plan) = starts(SCOUT);
    let other = client(&["run", "--detach", "--rm", "--pull", "never", docker().image(&plan), "sleep", "60"]);
    let template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let neighbour = client(&["inspect", "--format", template, &other]);
    let addresses = Command::new("hostname").arg("-I").output().unwrap();
    let addresses = String::from_utf8_lossy(&addresses.stdout).into_owned();
    let own = addresses.split_whitespace().filter(|address| !address.contains(':'));
    let places: Vec<&str> = own.chain([neighbour.as_str()]).collect();
    plan.variables.insert("PLACES".to_owned(), places.join(" "));
    plan.variables.insert("TARGET".to_owned(), port);
    let ran = rehearse(&docker(), &spec(project.path(), &plan), &settings(Some(SmokeKind::Exits)), &NEVER);
    client(&["rm", "--force", &other]);
    assert_eq!(ran.smoke(), &SmokeResult::Exited, "{}", ran.log);
    let shut = ran.log.matches("not reached: Network is unreachable").count();
    assert_eq!((shut, ran.log.contains("reached 1")), (places.len() + 1, false), "{}", ran.log);
    assert!(ran.log.contains("names lead out"), "{}", ran.log);
}

#[test]
fn a_kill_for_memory_is_told_from_a_crash() {
    if skipped("a_kill_for_memory", missing()) {
        return;
    }
    let (project, plan) = starts("x = [bytearray(1 << 20) for _ in range(4096)]\n");
    let spec = shakedown::sandbox::Spec { memory: Some(200 << 20), ..spec(project.path(), &plan) };
    let ran = rehearse(&docker(), &spec, &settings(Some(SmokeKind::Exits)), &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::OutOfMemory, "{}", ran.log);

    let (project, plan) = starts("import os\nos.kill(os.getpid(), 9)\n");
    let ran = rehearse(&docker(), &support::spec(project.path(), &plan), &settings(Some(SmokeKind::Exits)), &NEVER);
    assert_eq!(ran.smoke(), &SmokeResult::Crashed(Exit::Code(137)), "{}", ran.log);
}

#[test]
fn a_run_that_wants_more_than_half_of_the_engines_memory_is_no_verdict() {
    if skipped("a_run_that_wants_more_than_half_of_the_engines_memory", missing()) {
        return;
    }
    let (project, mut plan) = (bot(), nixpacks_plan());
    phase(&mut plan, "install").cmds = ["sleep 6; head -c 2G /dev/zero | tail > /dev/null"].into();
    let plan = lowered(&plan);
    let volume = docker::cache_volume_name(project.path(), "/root/.cache/pip").unwrap();
    let (ran, limit) = thread::scope(|scope| {
        let limit = scope.spawn(|| {
            let deadline = Instant::now() + Duration::from_secs(60);
            let running = || client(&["ps", "-q", "--filter", &format!("volume={volume}")]);
            while running().is_empty() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(50));
            }
            let container = running();
            let limit = client(&["inspect", "--format", "{{.HostConfig.Memory}}", &container]);
            // As on a small machine.
            client(&["update", "--memory", "200m", "--memory-swap", "200m", &container]);
            limit.parse::<u64>().unwrap()
        });
        let ran = rehearse(&docker(), &spec(project.path(), &plan), &settings(None), &NEVER);
        (ran, limit.join().unwrap())
    });
    assert_eq!(limit, client(&["info", "--format", "{{.MemTotal}}"]).parse::<u64>().unwrap() / 2);
    let failure = machine_failure(&ran);
    assert!(failure.what.contains("half of the memory") && failure.next.contains("--memory"), "{failure}");
    forget(project.path());
}

/// What the machine, not the project, failed in.
fn machine_failure(ran: &Ran) -> &MachineFailure {
    let error = ran.outcome.as_ref().unwrap_err();
    error.downcast_ref::<MachineFailure>().unwrap_or_else(|| panic!("{error:#}\n{}", ran.log))
}

/// A run of an install command that is held to these quotas.
fn held_to(docker: &Docker, quotas: Quotas, script: &str) -> (Ran, tempfile::TempDir) {
    let (project, mut plan) = (bot(), nixpacks_plan());
    phase(&mut plan, "install").cmds = [script].into();
    let plan = lowered(&plan);
    let spec = Spec { quotas, ..spec(project.path(), &plan) };
    let mut settings = settings(None);
    // An engine that compares whole images to say what was written may take minutes where much else is done.
    settings.limits.total = Duration::from_secs(240);
    (rehearse(docker, &spec, &settings, &NEVER), project)
}

const MUCH: Quotas = Quotas { processes: 4096, disk: 100_000_000 };

#[test]
fn a_run_that_writes_too_much_to_the_engines_disk_is_ended_and_told_why() {
    if skipped("a_run_that_writes_too_much_to_the_engines_disk", missing()) {
        return;
    }
    for file in ["/app/large", "/root/.cache/pip/large"] {
        let script = format!("dd if=/dev/zero of={file} bs=1M count=300 && sync && sleep 200");
        let (ran, project) = held_to(&docker(), MUCH, &script);
        assert_eq!(
            machine_failure(&ran).to_string(),
            "the run wrote more than 100.0 MB to disk; --disk sets another limit"
        );
        // What an earlier run left in the project's cache is not this one's.
        let (ran, _) = held_to(&docker(), MUCH, "dd if=/dev/zero of=/app/small bs=1M count=30 && sleep 12");
        assert_eq!(ran.status("install"), Status::Passed, "{}", ran.log);
        forget(project.path());
    }
}

#[test]
fn an_app_that_ends_between_two_looks_at_the_disk_has_written_too_much_all_the_same() {
    if skipped("an_app_that_ends_between_two_looks", missing()) {
        return;
    }
    let (project, plan) = (bot(), plan());
    let plan = with_start(plan, "dd if=/dev/zero of=/tmp/large bs=1M count=300 && sync");
    let spec = Spec { quotas: MUCH, ..spec(project.path(), &plan) };
    let ran = rehearse(&docker(), &spec, &settings(Some(SmokeKind::Exits)), &NEVER);
    assert!(machine_failure(&ran).what.contains("more than 100.0 MB to disk"), "{:?}", ran.outcome);
    forget(project.path());
}

#[test]
fn an_engine_on_another_machine_is_asked_what_was_written_and_its_addresses_are_not_verified() {
    if skipped("an_engine_on_another_machine", missing()) {
        return;
    }
    // A client that does not say which process of this machine a container is.
    let real = Engine::find().unwrap().program().display().to_string();
    let script = format!("#!/bin/sh\ncase \"$*\" in *State.Pid*) echo 0 ;; *) exec {real} \"$@\" ;; esac\n");
    let client = folder(&[("docker", &script)]);
    let program = client.path().join("docker");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let vars = std::env::vars().collect();
    let options = Options { pull: Pull::Never, ..Options::default() };
    let docker = Docker::with_engine(Engine::new(program, vars), options);
    let (ran, project) = held_to(&docker, MUCH, "dd if=/dev/zero of=/app/large bs=1M count=300 && sync && sleep 200");
    assert!(machine_failure(&ran).what.contains("more than 100.0 MB to disk"), "{:?}", ran.outcome);
    let plan = plan();
    let told = |network| {
        let sandbox = open(&docker, &Spec { network, ..spec(project.path(), &plan) }).unwrap();
        sandbox.unverified().iter().any(|note| note.what == "network" && note.why.contains("is on another machine"))
    };
    assert_eq!((told(true), told(false)), (true, false));
    forget(project.path());
}

#[test]
fn a_run_that_is_refused_processes_is_told_why() {
    if skipped("a_run_that_is_refused_processes", missing()) {
        return;
    }
    let few = Quotas { processes: 60, ..Quotas::default() };
    let (ran, project) = held_to(&docker(), few, "for i in {1..100}; do sleep 60 & done; wait");
    let told = machine_failure(&ran).to_string();
    assert_eq!(told, "the run had more than 60 processes at once; --processes sets another limit");
    forget(project.path());
}

#[test]
fn variables_reach_the_command_whatever_their_name_and_never_the_command_line() {
    if skipped("variables_reach_the_command", missing()) {
        return;
    }
    let (project, plan) = starts("");
    let sandbox = open(&docker(), &spec(project.path(), &plan)).unwrap();
    let values = [("TOKEN", "s3cret\nline"), ("DOCKER_HOST", "tcp://s3cret"), ("HOME", "/s3cret"), ("A-B", "odd")];
    let vars = vars(&values);
    let script = "printf '%s|%s|%s' \"$TOKEN\" \"$DOCKER_HOST\" \"$HOME\"";
    let command =
        sandbox.command(&Step { role: Role::Build, argv: &support::build_argv(script), vars: &vars, caches: &[] });
    assert!(command.argv.iter().all(|word| !word.to_string_lossy().contains("s3cret")), "{command:?}");
    let mut lines = Vec::new();
    let limits = Limits { total: Duration::from_secs(30), silence: None };
    let ended = process::run(&command, limits, &NEVER, &mut |line| lines.push(line.to_owned())).unwrap();
    assert_eq!(ended, Ended::Exited(Exit::Code(0)), "{lines:?}");
    assert_eq!(lines, ["s3cret", "line|tcp://s3cret|/s3cret"]);
}

#[test]
fn each_command_is_a_login_shell_of_its_own_with_pipefail() {
    if skipped("each_command", missing()) {
        return;
    }
    let (project, mut plan) = (bot(), nixpacks_plan());
    let install = phase(&mut plan, "install");
    install.cmds = ["cd /tmp && export LOST=1", "pwd; echo lost=$LOST path=$PATH", "false | true"].into();
    install.cache_directories = Default::default();
    let plan = lowered(&plan);
    let ran = rehearse(&docker(), &spec(project.path(), &plan), &settings(None), &NEVER);
    assert!(ran.log.contains("\n/app\nlost= path=/opt/venv/bin::"), "{}", ran.log);
    assert_eq!(ran.status("install"), Status::Failed(Exit::Code(1)), "{}", ran.log);
}

#[test]
fn a_time_out_leaves_nothing_behind() {
    if skipped("a_time_out", missing()) {
        return;
    }
    let (project, mut plan) = (bot(), nixpacks_plan());
    phase(&mut plan, "install").cmds = ["sleep 300 & setsid sleep 300 & sleep 300"].into();
    let plan = lowered(&plan);
    let mut settings = settings(None);
    settings.limits.silence = Some(Duration::from_secs(2));
    let ran = rehearse(&docker(), &spec(project.path(), &plan), &settings, &NEVER);
    assert_eq!(ran.status("install"), Status::TimedOut { silent: true }, "{}", ran.log);
    assert_eq!(containers_of(project.path()), 0);
    forget(project.path());
}

/// Run by the test below in a process of its own, which is then killed.
#[test]
#[ignore = "part of a_killed_run_takes_its_container_along"]
fn holds_a_container_until_killed() {
    let project = PathBuf::from(std::env::var_os("SHAKEDOWN_TEST_PROJECT").unwrap());
    let plan = plan();
    let _sandbox = open(&docker(), &spec(&project, &plan)).unwrap();
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_killed_run_takes_its_container_along() {
    if skipped("a_killed_run", missing()) {
        return;
    }
    let project = bot();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "holds_a_container_until_killed"])
        .env("SHAKEDOWN_TEST_PROJECT", project.path())
        .spawn()
        .unwrap();
    let until = |wanted: usize| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while containers_of(project.path()) != wanted && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
        containers_of(project.path())
    };
    assert_eq!(until(1), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(until(0), 0);
    forget(project.path());
}

#[test]
fn a_container_killed_from_outside_says_nothing_of_the_project() {
    if skipped("a_container_killed_from_outside", missing()) {
        return;
    }
    let (project, mut plan) = (bot(), nixpacks_plan());
    phase(&mut plan, "install").cmds = ["sleep 60"].into();
    let plan = lowered(&plan);
    let volume = docker::cache_volume_name(project.path(), "/root/.cache/pip").unwrap();
    let filter = format!("volume={volume}");
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            let deadline = Instant::now() + Duration::from_secs(60);
            let container = || Some(client(&["ps", "-q", "--filter", &filter])).filter(|found| !found.is_empty());
            let is_installing = |container: &String| client(&["top", container]).contains("sleep 60");
            while container().is_none_or(|container| !is_installing(&container)) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(100));
            }
            client(&["kill", &container().unwrap()]);
        });
        rehearse(&docker(), &spec(project.path(), &plan), &settings(None), &NEVER)
    });
    let error = ran.outcome.unwrap_err();
    let failure = error.downcast_ref::<MachineFailure>().unwrap_or_else(|| panic!("{error:#}"));
    assert!(failure.transient && failure.what.contains("from outside"), "{failure}");
    forget(project.path());
}

#[test]
fn an_image_that_is_not_there_is_named_with_its_cure() {
    if skipped("an_image_that_is_not_there", missing()) {
        return;
    }
    let image = Some("localhost:1/no/such:1".into());
    let own = |pull| {
        let base_image = image.clone();
        Docker::new(Options { base_image, pull, no_cache: true, ..Options::default() })
    };
    let unavailable = own(Pull::Never).check(&support::plan()).unwrap_err();
    assert!(unavailable.missing.contains("localhost:1/no/such:1"), "{unavailable:?}");
    let (project, plan) = starts("");
    let error = open(&own(Pull::Missing), &spec(project.path(), &plan)).err().unwrap();
    let failure = error.downcast_ref::<MachineFailure>().unwrap_or_else(|| panic!("{error:#}"));
    assert!(failure.transient && failure.next.contains("--pull never"), "{failure}");
}

#[test]
fn an_image_without_bash_is_named() {
    if skipped("an_image_without_bash", missing()) {
        return;
    }
    let name = "shakedown-test-without-bash:1";
    let engine = Engine::find().unwrap();
    let made = Command::new("sh")
        .args(["-c", "tar -c --files-from /dev/null | \"$0\" import - \"$1\""])
        .args([engine.program().as_os_str(), name.as_ref()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let base_image = Some(name.into());
    let own = Docker::new(Options { base_image, pull: Pull::Never, no_cache: true, ..Options::default() });
    let (project, plan) = starts("");
    let error = open(&own, &spec(project.path(), &plan)).err().unwrap();
    client(&["rmi", name]);
    assert!(error.to_string().contains("no /bin/bash"), "{error:#}");
}

#[test]
fn an_engine_that_does_not_run_is_told_with_its_cure() {
    let Ok(program) = which::which("docker") else {
        skipped("an_engine_that_does_not_run", Some("docker is not installed".into()));
        return;
    };
    let engine = Engine::new(program, vars(&[("DOCKER_HOST", "unix:///nonexistent/docker.sock")]));
    let docker = Docker::with_engine(engine, Options::default());
    let unavailable = docker.check(&support::plan()).unwrap_err();
    assert!(unavailable.missing.contains("not running"), "{unavailable:?}");
    assert!(unavailable.cures[0].contains("DOCKER_HOST"), "{unavailable:?}");
}

/// Starts a container of an owner who has gone.
fn stale_container(image: &str) {
    let labels = ["--label", "dev.shakedown=run", "--label", "dev.shakedown.owner=gone"];
    let name = "shakedown-test-stale";
    client(&["rm", "--force", name]);
    client(&[&["run", "-d"], &labels[..], &["--name", name, image, "sleep", "300"]].concat());
}

#[test]
fn leftovers_are_found_by_their_label_and_only_stale_ones_removed() {
    if skipped("leftovers", missing()) {
        return;
    }
    let engine = Engine::find().unwrap();
    let (project, plan) = starts("");
    let sandbox = open(&docker(), &spec(project.path(), &plan)).unwrap();
    let is = |leftover: &&docker::Leftover| leftover.name == "shakedown-test-stale";
    // A run of another test sweeps away what it saw made and not yet started, here after the start: then it is tried again.
    let tried = (0..10).find_map(|_| {
        stale_container(&plan.image.name);
        let found = docker::leftovers(&engine).unwrap();
        let removed = docker::clean(&engine).unwrap();
        (removed.iter().filter(is).count() == 1).then_some((found, removed))
    });
    drop(sandbox);
    let (found, removed) = tried.unwrap();
    assert!(!found.iter().find(is).unwrap().in_use, "{found:?}");
    assert!(found.iter().any(|leftover| leftover.in_use), "{found:?}");
    assert!(removed.iter().all(|leftover| !leftover.in_use));
}
