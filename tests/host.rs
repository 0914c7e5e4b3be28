//! The host sandbox with real bubblewrap and real interpreters.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use shakedown::plan::{Phase, Plan, Vars};
use shakedown::sandbox::cache::Cache;
use shakedown::sandbox::host::Host;
use shakedown::sandbox::{Backend, CommandLine, Sandbox, SetupStep, Shell, Spec, Step};

/// One cache for all tests, as one user has.
fn cache() -> Cache {
    Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-cache"))
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
    let setup = Phase {
        nix_pkgs: packages.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().into(),
        nix_libs: ["zlib", "stdenv.cc.cc.lib"].into(),
        nixpkgs_archive: Some("bc8f8d1be58e8c8383e683a06e1e1e57893fff87".to_owned()),
        ..Phase::default()
    };
    let install = Phase { paths: ["/opt/venv/bin"].into(), ..Phase::default() };
    let phases = [("setup".to_owned(), setup), ("install".to_owned(), install)];
    Plan { phases: Some(phases.into()), ..Plan::default() }
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn open(plan: &Plan, project: &Path, network: bool) -> Box<dyn Sandbox> {
    let mut sandbox = host().open(&Spec { project, plan, python: None, network, memory: None }).unwrap();
    sandbox.copy_in(None).unwrap();
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
    run_line(&sandbox.command(&Step { shell: Shell::Build, script, vars: &vars() }))
}

const AUTO: &str = "python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt";

#[test]
fn the_founding_bot_fails_with_the_clouds_own_text() {
    let plan = plan(&["gcc", "python311", "python311Packages.pip"]);
    if lacks("the_founding_bot_fails_with_the_clouds_own_text", &plan) {
        return;
    }
    let project = project(&[("requirements.txt", "discord.py\n")]);
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
    let project = project(&[]);
    let sandbox = open(&plan, project.path(), false);
    assert_eq!(run(&*sandbox, "pip install x"), (127, "/bin/bash: line 1: pip: command not found\n".to_owned()));
    assert_eq!(
        run(&*sandbox, "python -m pip install x"),
        (1, "/root/.nix-profile/bin/python: No module named pip\n".to_owned())
    );
    let (code, text) = run(&*sandbox, "python -m ensurepip --upgrade");
    assert!(code == 1 && text.contains("externally-managed-environment"), "{code} {text}");
}

#[test]
fn a_venv_installs_and_starts() {
    let plan = plan(&["gcc", "python311"]);
    if lacks("a_venv_installs_and_starts", &plan) {
        return;
    }
    let project = project(&[("requirements.txt", ""), ("main.py", "import sys, os; print(sys.prefix, os.__file__)")]);
    let sandbox = open(&plan, project.path(), false);
    let (code, text) = run(&*sandbox, AUTO);
    assert_eq!(code, 0, "{text}");
    let (code, text) =
        run_line(&sandbox.command(&Step { shell: Shell::Start, script: "python main.py", vars: &vars() }));
    assert_eq!((code, text.as_str()), (0, "/opt/venv /root/.nix-profile/lib/python3.11/os.py\n"));
}

#[test]
fn setup_says_what_nix_would() {
    let plan = plan(&["python311", "pip"]);
    if lacks("setup_says_what_nix_would", &plan) {
        return;
    }
    let project = project(&[]);
    let mut sandbox = open(&plan, project.path(), false);
    let SetupStep::Known { output, code, .. } = &sandbox.setup().unwrap()[0] else { panic!("ran something") };
    assert_eq!(*code, 1);
    assert!(output.join("\n").contains("undefined variable 'pip'"), "{output:?}");
}
