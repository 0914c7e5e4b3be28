//! The host sandbox with real bubblewrap and real interpreters.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use shakedown::builder::nixpacks::{self, Phase, Start};
use shakedown::plan::{Plan, Vars};
use shakedown::sandbox::cache::Cache;
use shakedown::sandbox::host::Host;
use shakedown::sandbox::{Backend, CommandLine, Probe, Progress, Quotas, Role, Sandbox, SetupStep, Spec, Step};
use support::{ARCHIVE, build_argv, folder};

/// One cache for all tests, as one user has.
fn cache() -> Cache {
    let root =
        std::env::var_os("SHAKEDOWN_TEST_CACHE").map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
    Cache::at(root.join("host-cache"))
}

fn host() -> Host {
    Host::new().with_cache(cache())
}

/// Skips by name where the machine lacks something, unless backends must work here.
fn lacks(test: &str, plan: &Plan) -> bool {
    let Err(refusal) = host().check(plan) else { return false };
    assert!(std::env::var_os("SHAKEDOWN_BACKENDS_MUST_WORK").is_none(), "{refusal}: {:?}", refusal.cures);
    println!("skipped: {test}: {refusal}");
    true
}

fn plan(packages: &[&str]) -> Plan {
    plan_with(packages, &["zlib", "stdenv.cc.cc.lib"])
}

fn plan_with(packages: &[&str], libraries: &[&str]) -> Plan {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let setup = Phase {
        nix_pkgs: owned(packages).into(),
        nix_libs: owned(libraries).into(),
        nixpkgs_archive: Some(ARCHIVE.to_owned()),
        ..Phase::default()
    };
    let install = Phase { paths: ["/opt/venv/bin"].into(), ..Phase::default() };
    let phases = [("setup".to_owned(), setup), ("install".to_owned(), install)];
    let start = Some(Start { cmd: Some("python main.py".to_owned()), ..Start::default() });
    nixpacks::lower(&nixpacks::Plan { phases: Some(phases.into()), start, ..nixpacks::Plan::default() }).unwrap()
}

fn start_argv(script: &str) -> Vec<String> {
    ["/bin/bash", "-l", "-c", script].map(str::to_owned).to_vec()
}

fn opened(host: &Host, spec: &Spec<'_>) -> anyhow::Result<Box<dyn Sandbox>> {
    host.open(spec, &mut Progress { interrupted: &AtomicBool::new(false), report: &mut |_| {} })
}

fn open(plan: &Plan, project: &Path, network: bool) -> Box<dyn Sandbox> {
    let mut sandbox = opened(&host(), &Spec { network, ..Spec::of(project, plan) }).unwrap();
    sandbox.copy_in(None, &[]).unwrap();
    sandbox
}

fn vars() -> Vars {
    let all = [
        ("NIXPACKS_PATH", "/opt/venv/bin:"),
        ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
        ("PIP_NO_CACHE_DIR", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONUNBUFFERED", "1"),
        ("PIP_DEFAULT_TIMEOUT", "100"),
    ];
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn run_line(line: &CommandLine) -> (i32, String) {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "exec \"$@\" 2>&1", "sh"]).args(&line.argv).env_clear().envs(&line.vars);
    let output = command.output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn run(sandbox: &dyn Sandbox, script: &str) -> (i32, String) {
    run_line(&sandbox.command(&Step { role: Role::Build, argv: &build_argv(script), vars: &vars(), caches: &[] }))
}

/// Whether the interpreter is a distribution's, which installs elsewhere and says so.
fn is_altered(sandbox: &dyn Sandbox) -> bool {
    sandbox.unverified().iter().any(|note| note.what == "install locations")
}

const AUTO: &str = "python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt";

#[test]
fn the_founding_bot_fails_with_the_clouds_own_text() {
    let plan = plan(&["gcc", "python311", "python311Packages.pip"]);
    if lacks("the_founding_bot_fails_with_the_clouds_own_text", &plan) {
        return;
    }
    let project = folder(&[("requirements.txt", "discord.py\n")]);
    let sandbox = open(&plan, project.path(), false);
    let (code, text) = run(&*sandbox, "pip install -r requirements.txt");
    let expected = "error: externally-managed-environment\n\n\
        × This environment is externally managed\n\
        ╰─> This command has been disabled as it tries to modify the immutable\n    `/nix/store` filesystem.\n    \n    \
        To use Python with Nix and nixpkgs, have a look at the online documentation:\n    \
        <https://nixos.org/manual/nixpkgs/stable/#python>.\n\n\
        note: If you believe this is a mistake, please contact your Python installation or OS distribution provider. \
        You can override this, at the risk of breaking your Python installation or OS, by passing --break-system-packages.\n\
        hint: See PEP 668 for the detailed specification.\n";
    assert_eq!((code, text.as_str()), (1, expected));
}

#[test]
fn without_a_pip_package_there_is_no_pip() {
    let plan = plan(&["python311"]);
    if lacks("without_a_pip_package_there_is_no_pip", &plan) {
        return;
    }
    let project = folder(&[]);
    let sandbox = open(&plan, project.path(), false);
    assert_eq!(run(&*sandbox, "pip install x"), (127, "/bin/bash: line 1: pip: command not found\n".to_owned()));
    assert_eq!(
        run(&*sandbox, "python -m pip install x"),
        (1, "/root/.nix-profile/bin/python: No module named pip\n".to_owned())
    );
    if is_altered(&*sandbox) {
        return;
    }
    let (code, text) = run(&*sandbox, "python -m ensurepip --upgrade");
    assert!(code == 1 && text.contains("externally-managed-environment"), "{code} {text}");
}

#[test]
fn a_venv_installs_and_starts() {
    let plan = plan(&["gcc", "python311"]);
    if lacks("a_venv_installs_and_starts", &plan) {
        return;
    }
    let project = folder(&[("requirements.txt", ""), ("main.py", "import sys, os; print(sys.prefix, os.__file__)")]);
    let sandbox = open(&plan, project.path(), false);
    let (code, text) = run(&*sandbox, AUTO);
    assert_eq!(code, 0, "{text}");
    let (code, text) = run_line(&sandbox.command(&Step {
        role: Role::Start,
        argv: &start_argv("python main.py"),
        vars: &vars(),
        caches: &[],
    }));
    assert_eq!((code, text.as_str()), (0, "/opt/venv /root/.nix-profile/lib/python3.11/os.py\n"));
}

#[test]
fn setup_says_what_nix_would() {
    let plan = plan(&["python311", "pip"]);
    if lacks("setup_says_what_nix_would", &plan) {
        return;
    }
    let project = folder(&[]);
    let mut sandbox = open(&plan, project.path(), false);
    let SetupStep::Known { output, code, .. } = &sandbox.setup().unwrap()[0] else { panic!("ran something") };
    assert_eq!(*code, 1);
    assert!(output.join("\n").contains("undefined variable 'pip'"), "{output:?}");
}

#[test]
fn overriding_the_marker_installs_where_the_cloud_does() {
    let plan = plan(&["python311", "python311Packages.pip"]);
    if lacks("overriding_the_marker_installs_where_the_cloud_does", &plan) {
        return;
    }
    let project = folder(&[]);
    let sandbox = open(&plan, project.path(), false);
    if is_altered(&*sandbox) {
        println!("skipped: overriding_the_marker_installs_where_the_cloud_does: only a distribution's Python is here");
        return;
    }
    let wheel = r#"python - <<'E'
import zipfile
with zipfile.ZipFile('hello_there-1.0-py3-none-any.whl', 'w') as z:
    z.writestr('hello_there.py', "def main(): print('hello')\n")
    z.writestr('hello_there-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\nName: hello-there\nVersion: 1.0\n')
    z.writestr('hello_there-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
    z.writestr('hello_there-1.0.dist-info/entry_points.txt', '[console_scripts]\nhello-there = hello_there:main\n')
    z.writestr('hello_there-1.0.dist-info/RECORD', '')
E
pip install --break-system-packages --no-index ./hello_there-1.0-py3-none-any.whl"#;
    let (code, text) = run(&*sandbox, wheel);
    assert_eq!(code, 0, "{text}");
    let (_, text) = run(
        &*sandbox,
        "python -c 'import hello_there; print(hello_there.__file__)'; hello-there; ls /nix/store/*-python3-*/bin",
    );
    assert!(text.starts_with("/nix/store/"), "{text}");
    assert!(text.contains("/lib/python3.11/site-packages/hello_there.py\n"), "{text}");
    assert!(text.contains("hello-there: command not found"), "{text}");
    assert!(text.contains("\nhello-there\n"), "{text}");
}

#[test]
fn every_python_makes_the_venv_it_would_make_anywhere() {
    for package in ["python39", "python310", "python311", "python312", "python313"] {
        let plan = plan(&[package]);
        if lacks(&format!("every_python_makes_the_venv_it_would_make_anywhere: {package}"), &plan) {
            continue;
        }
        let project = folder(&[]);
        let sandbox = open(&plan, project.path(), false);
        // The name it is called by ends up in the scripts.
        let names: &[&str] = if package == "python311" { &["python", "python3"] } else { &["python"] };
        for name in names {
            for (options, venv) in [("--copies ", "/opt/venv"), ("", "/app/.venv")] {
                let script = format!(
                    "rm -rf {venv} && {name} -m venv {options}{venv} && mv {venv} /opt/quick && \
                     rm /nix/store/*/lib/python3*/ensurepip/__main__.py && \
                     echo 'import ensurepip, sys; sys.exit(ensurepip._main())' > $(echo /nix/store/*/lib/python3*/ensurepip)/__main__.py && \
                     {name} -m venv {options}{venv} && diff -r --no-dereference --exclude=__pycache__ /opt/quick {venv} && \
                     cd /opt/quick && find . | sort > /tmp/a && cd {venv} && find . | sort | diff /tmp/a -"
                );
                let fresh = open(&plan, project.path(), false);
                let (code, text) = run(&*fresh, &script);
                assert_eq!((code, text.as_str()), (0, ""), "{package} {name} {venv}");
            }
        }
        let (code, text) = run(
            &*sandbox,
            "python -m venv --copies /opt/venv && pip --version && python -c 'import ssl, sqlite3, ctypes, zlib, bz2, lzma, hashlib, json, asyncio, uuid'",
        );
        assert_eq!(code, 0, "{package}: {text}");
        assert!(text.contains("from /opt/venv/lib/python3."), "{text}");
    }
}

#[test]
fn nothing_of_the_host_is_seen() {
    let plan = plan(&["python311"]);
    if lacks("nothing_of_the_host_is_seen", &plan) {
        return;
    }
    let project = folder(&[]);
    let mut sleeper = Command::new("sleep").arg("30").spawn().unwrap();
    let sandbox = open(&plan, project.path(), false);
    let (code, text) = run(
        &*sandbox,
        // An interpreter looks for itself where it was built, which may be under /root: links into the store stand there.
        "ls /proc | grep -c '^[0-9]'; \
         find /home /root -mindepth 1 -path /root/.nix-profile -prune -o ! -type d -exec readlink -f {} ';' | grep -v ^/nix/; \
         echo ids; id -u; env | grep -c ^CARGO_; ls /etc; cat /etc/shadow; which python3 pip ps wget unzip; ls /sys; touch /usr/bin/x",
    );
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("\n/root/.profile\nids\n0\n0\n"), "{text}");
    assert!(text.contains("/etc/shadow: No such file or directory"), "{text}");
    assert!(text.contains("\n/root/.nix-profile/bin/python3\n"), "{text}");
    assert!(!text.contains("/bin/pip\n") && !text.contains("bin/wget"), "{text}");
    assert!(text.contains("touch: cannot touch '/usr/bin/x': Read-only file system"), "{text}");
    assert!(text.lines().next().unwrap().parse::<u32>().unwrap() < 6, "{text}");
}

#[test]
fn the_kernels_settings_are_read_and_not_written() {
    let plan = plan(&["python311"]);
    if lacks("the_kernels_settings_are_read_and_not_written", &plan) {
        return;
    }
    let project = folder(&[]);
    let sandbox = open(&plan, project.path(), false);
    let (code, text) = run(&*sandbox, "cat /proc/sys/kernel/ostype; (: >> /proc/sys/kernel/core_pattern)");
    assert_ne!(code, 0, "{text}");
    assert!(text.starts_with("Linux\n") && text.contains("Read-only file system"), "{text}");
}

#[test]
fn what_left_its_session_dies_with_the_sandbox() {
    let plan = plan(&["python311"]);
    if lacks("what_left_its_session_dies_with_the_sandbox", &plan) {
        return;
    }
    let project = folder(&[]);
    let sandbox = open(&plan, project.path(), false);
    let script = "setsid sleep 4321.75 & (setsid nohup sleep 4321.75 &) ; sleep 4321.75";
    let line = sandbox.command(&Step { role: Role::Build, argv: &build_argv(script), vars: &vars(), caches: &[] });
    let mut child = Command::new(&line.argv[0]).args(&line.argv[1..]).env_clear().envs(&line.vars).spawn().unwrap();
    let sleepers = || {
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter(|entry| fs::read(entry.path().join("cmdline")).is_ok_and(|text| text == b"sleep\x004321.75\0"))
            .count()
    };
    let until = |wanted: usize| {
        (0..100).any(|_| {
            sleepers() == wanted || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                false
            }
        })
    };
    assert!(until(3));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(until(0), "{} left", sleepers());
}

#[test]
fn values_are_not_in_the_command_line() {
    let plan = plan(&["python311"]);
    if lacks("values_are_not_in_the_command_line", &plan) {
        return;
    }
    let project = folder(&[]);
    let sandbox = open(&plan, project.path(), false);
    let mut vars = vars();
    vars.insert("TOKEN".to_owned(), "s3cret\nline".to_owned());
    let script = "printf %s \"$TOKEN\"";
    for (role, argv) in [(Role::Build, build_argv(script)), (Role::Start, start_argv(script))] {
        let line = sandbox.command(&Step { role, argv: &argv, vars: &vars, caches: &[] });
        assert!(line.argv.iter().all(|word| !word.to_string_lossy().contains("s3cret")));
        assert_eq!(run_line(&line), (0, "s3cret\nline".to_owned()));
    }
}

#[test]
fn the_run_is_gone_when_closed() {
    let plan = plan(&["python311"]);
    if lacks("the_run_is_gone_when_closed", &plan) {
        return;
    }
    let project = folder(&[]);
    let own = tempfile::tempdir().unwrap();
    let host = Host::new().with_cache(Cache::at(own.path().to_owned()));
    let spec = Spec { memory: Some(1 << 30), ..Spec::of(project.path(), &plan) };
    let mut sandbox = opened(&host, &spec).unwrap();
    let (code, _) = run(&*sandbox, "mkdir -p /opt/x/y && chmod 0 /opt/x && ln -s / /app/root && ln -s /etc /opt/venv");
    assert_eq!(code, 0);
    assert_eq!(sandbox.audit()().unwrap(), []);
    sandbox.close().unwrap();
    sandbox.close().unwrap();
    assert_eq!(fs::read_dir(own.path().join("runs")).unwrap().count(), 0);
}

/// Whether packages can be fetched; those tests skip by name where not.
fn lacks_network(test: &str, sandbox: &dyn Sandbox) -> bool {
    let (code, text) = run(sandbox, "python -m venv /tmp/probe && /tmp/probe/bin/pip download --no-deps -d /tmp idna");
    if code == 0 {
        return false;
    }
    println!("skipped: {test}: no package index: {}", text.lines().last().unwrap_or_default());
    true
}

#[test]
fn a_wheel_that_needs_the_systems_libgl_fails_and_nix_libs_cure_it() {
    const NAME: &str = "a_wheel_that_needs_the_systems_libgl_fails_and_nix_libs_cure_it";
    let bare = plan(&["python311"]);
    if lacks(NAME, &bare) {
        return;
    }
    let project = folder(&[("requirements.txt", "opencv-python==4.10.0.84\n")]);
    let sandbox = open(&bare, project.path(), true);
    if lacks_network(NAME, &*sandbox) {
        return;
    }
    let (code, text) = run(&*sandbox, AUTO);
    assert_eq!(code, 0, "{text}");
    let (code, text) = run(&*sandbox, "python -c 'import numpy'");
    assert_eq!((code, text.as_str()), (0, ""));
    let (code, text) = run(&*sandbox, "python -c 'import cv2'");
    assert!(code == 1 && text.contains("ImportError: libGL.so.1: cannot open shared object file"), "{code} {text}");
    let found = sandbox.audit()().unwrap();
    let gl = found.iter().find(|library| library.soname == "libGL.so.1").unwrap();
    assert_eq!((gl.distribution.as_deref(), gl.nix_lib.as_deref()), (Some("opencv-python"), Some("libGL")));
    let cured = plan_with(&["python311"], &["zlib", "stdenv.cc.cc.lib", "libGL", "glib"]);
    let cured = open(&cured, project.path(), true);
    if let Some(note) = cured.unverified().iter().find(|note| note.what.starts_with("nixLibs")) {
        println!("skipped: {NAME}: {note:?}");
        return;
    }
    let (code, text) = run(&*cured, &format!("{AUTO} && python -c 'import cv2; print(cv2.__version__)'"));
    assert!(code == 0 && text.ends_with("4.10.0\n"), "{code} {text}");
    assert_eq!(cured.audit()().unwrap(), []);
}

#[test]
fn a_c_extension_compiles_with_the_planned_gcc_and_not_without() {
    let with = plan(&["python311", "gcc"]);
    if lacks("a_c_extension_compiles_with_the_planned_gcc_and_not_without", &with) {
        return;
    }
    let code = "#include <Python.h>\n#include <math.h>\nint f(double x) { return (int)floor(x) + PY_MAJOR_VERSION; }\n";
    let project = folder(&[
        ("x.c", code),
        (
            "x.cc",
            "#include <vector>\n#include <string>\nint g() { std::vector<std::string> v{\"a\"}; return v.size(); }\n",
        ),
    ]);
    let sandbox = open(&with, project.path(), false);
    if sandbox.unverified().iter().any(|note| note.what == "nixPkgs: gcc") {
        println!("skipped: a_c_extension_compiles_with_the_planned_gcc_and_not_without: no gcc");
        return;
    }
    let compile = "gcc -shared -fPIC -I$(python -c 'import sysconfig; print(sysconfig.get_path(\"include\"))') x.c -o x.so -lm \
                   && g++ -shared -fPIC x.cc -o y.so && python -c 'import ctypes; ctypes.CDLL(\"./x.so\"); ctypes.CDLL(\"./y.so\")'";
    assert_eq!(run(&*sandbox, compile), (0, String::new()));
    let foreign = run(&*sandbox, "echo '#include <openssl/ssl.h>' | gcc -E -");
    assert!(foreign.0 == 1 && foreign.1.contains("openssl/ssl.h: No such file or directory"), "{foreign:?}");
    let without = open(&plan(&["python311"]), project.path(), false);
    assert_eq!(run(&*without, "gcc --version").0, 127);
}

const SERVER: &str = r#"
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.headers["Host"] == "healthcheck.railway.app" else 421)
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.HTTPServer((sys.argv[1], int(os.environ["PORT"])), Handler).serve_forever()
"#;

#[test]
fn what_is_built_against_a_planned_package_finds_its_library_when_it_runs_as_nixpkgs_linker_has_it() {
    let plan = plan(&["python311", "gcc", "zlib"]);
    let test = "what_is_built_against_a_planned_package_finds_its_library_when_it_runs_as_nixpkgs_linker_has_it";
    if lacks(test, &plan) {
        return;
    }
    let app = folder(&[("x.c", "#include <zlib.h>\n#include <stdio.h>\nint main(){puts(zlibVersion());}\n")]);
    let sandbox = open(&plan, app.path(), false);
    if sandbox.unverified().iter().any(|note| note.what.starts_with("nixPkgs: ")) {
        println!("skipped: {test}: no gcc or no headers of zlib");
        return;
    }
    let (code, text) = run(&*sandbox, "gcc x.c -o x -lz && ./x && readelf -d x");
    assert_eq!(code, 0, "{text}");
    let paths: Vec<&str> = text.lines().filter(|line| line.contains("RPATH")).collect();
    assert!(matches!(paths[..], [only] if only.contains("/nix/store/") && only.contains("-zlib-linked/lib")), "{text}");
}

#[test]
fn the_apps_own_listener_is_found_and_asked_with_and_without_a_network() {
    let plan = plan(&["python311"]);
    if lacks("the_apps_own_listener_is_found_and_asked_with_and_without_a_network", &plan) {
        return;
    }
    let project = folder(&[("main.py", SERVER)]);
    let foreign = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    for (network, address) in [(true, "0.0.0.0"), (false, "127.0.0.1")] {
        let sandbox = open(&plan, project.path(), network);
        let mut vars = vars();
        vars.insert("PORT".to_owned(), port.to_string());
        let script = format!("python main.py {address}");
        let line = sandbox.command(&Step { role: Role::Start, argv: &start_argv(&script), vars: &vars, caches: &[] });
        let mut app = Command::new(&line.argv[0]).args(&line.argv[1..]).env_clear().envs(&line.vars).spawn().unwrap();
        let probe = Probe {
            pid: app.id(),
            port,
            path: Some("/health"),
            host: "healthcheck.railway.app",
            by_edge: false,
            timeout: Duration::from_secs(5),
        };
        let answer = (0..100)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(100));
                sandbox.probe(&probe)
            })
            .find(|answer| !answer.listening.is_empty())
            .unwrap();
        assert_eq!(answer.listening, [format!("{address}:{port}").parse().unwrap()]);
        assert!(!answer.listening.contains(&foreign.local_addr().unwrap()));
        assert_eq!(answer.http, Some(Ok(200)), "network {network}");
        // As process 1 of a container, an app without a handler does not notice SIGTERM.
        sandbox.ask_to_stop(app.id()).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(app.try_wait().unwrap(), None);
        app.kill().unwrap();
        app.wait().unwrap();
    }
}

#[test]
fn a_handler_for_sigterm_is_reached() {
    let plan = plan(&["python311"]);
    if lacks("a_handler_for_sigterm_is_reached", &plan) {
        return;
    }
    let code = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *a: sys.exit(7))\nopen('up', 'w')\ntime.sleep(60)\n";
    let project = folder(&[("main.py", code)]);
    let sandbox = open(&plan, project.path(), false);
    let line =
        sandbox.command(&Step { role: Role::Start, argv: &start_argv("python main.py"), vars: &vars(), caches: &[] });
    let mut app = Command::new(&line.argv[0]).args(&line.argv[1..]).env_clear().envs(&line.vars).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    sandbox.ask_to_stop(app.id()).unwrap();
    assert_eq!(app.wait().unwrap().code(), Some(7));
}

/// What [`run`] gives for a command that a signal ended.
const KILLED: i32 = -1;

#[test]
fn a_run_that_takes_too_many_processes_or_too_much_disk_is_ended_and_told_why() {
    let plan = plan(&["python311"]);
    if lacks("a_run_that_takes_too_many_processes_or_too_much_disk", &plan) {
        return;
    }
    let project = folder(&[]);
    let many = "for i in {1..200}; do sleep 20 & done; wait; sleep 20";
    let large = "dd if=/dev/zero of=/app/large bs=1M count=300; sleep 20";
    for (script, told) in [(many, "more than 100 processes"), (large, "more than 100.0 MB")] {
        let quotas = Quotas { processes: 100, disk: 100_000_000 };
        let sandbox = opened(&host(), &Spec { quotas, ..support::spec(project.path(), &plan) }).unwrap();
        assert_eq!(run(&*sandbox, "echo fine"), (0, "fine\n".to_owned()));
        assert!(sandbox.lost().is_none());
        let (code, text) = run(&*sandbox, script);
        let lost = sandbox.lost().map(|lost| lost.to_string()).unwrap_or_default();
        assert!([137, KILLED].contains(&code) && lost.contains(told), "{code} {lost} {text}");
    }
}

#[test]
fn a_run_that_ends_between_two_looks_at_the_disk_has_written_too_much_all_the_same() {
    let plan = plan(&["python311"]);
    if lacks("a_run_that_ends_between_two_looks_at_the_disk", &plan) {
        return;
    }
    let project = folder(&[]);
    let quotas = Quotas { disk: 100_000_000, ..Quotas::default() };
    let sandbox = opened(&host(), &Spec { quotas, ..support::spec(project.path(), &plan) }).unwrap();
    run(&*sandbox, "dd if=/dev/zero of=/tmp/small bs=1M count=30");
    assert_eq!(sandbox.overspent(), None);
    run(&*sandbox, "dd if=/dev/zero of=/tmp/large bs=1M count=300");
    assert!(sandbox.overspent().unwrap().what.contains("more than 100.0 MB"));
}

#[test]
fn the_locale_that_every_image_has_is_there_and_no_other() {
    let plan = plan(&["python311"]);
    if lacks("the_locale_that_every_image_has_is_there_and_no_other", &plan) {
        return;
    }
    let project = folder(&[]);
    let sandbox = open(&plan, project.path(), false);
    let set =
        |name: &str| run(&*sandbox, &format!("python -c 'import locale; locale.setlocale(locale.LC_ALL, \"{name}\")'"));
    assert_eq!(set("C.UTF-8"), (0, String::new()));
    let (code, text) = set("en_US.UTF-8");
    assert!(code == 1 && text.contains("unsupported locale setting"), "{code} {text}");
}

#[test]
fn openssl_has_its_settings() {
    let plan = plan(&["python311"]);
    if lacks("openssl_has_its_settings", &plan) {
        return;
    }
    let project = folder(&[]);
    let sandbox = open(&plan, project.path(), false);
    let request =
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/key -out /tmp/certificate -subj /CN=mole 2>&1";
    let (code, text) = run(&*sandbox, request);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn memory_is_capped_and_the_kill_is_told() {
    let plan = plan(&["python311"]);
    if lacks("memory_is_capped_and_the_kill_is_told", &plan) {
        return;
    }
    let project = folder(&[]);
    let spec = Spec { memory: Some(200 << 20), ..Spec::of(project.path(), &plan) };
    let sandbox = opened(&host(), &spec).unwrap();
    assert_eq!(run(&*sandbox, "python -c 'print(1)'"), (0, "1\n".to_owned()));
    assert!(!sandbox.ran_out_of_memory());
    let (code, text) = run(&*sandbox, "python -c 'x = bytearray(600 << 20); x[::4096] = b\"1\" * len(x[::4096])'");
    assert!([137, KILLED].contains(&code) && sandbox.ran_out_of_memory(), "{code} {text}");
}
