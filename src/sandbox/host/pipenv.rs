//! pipenv, which Nixpacks takes from nixpkgs and which no distribution packages apart from its own Python: from the package
//! index, once for each interpreter.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::layer::{self, in_root, store_path};
use super::open::open_with;
use super::packages::Declared;
use super::seed;
use super::shelf::Shelved;
use crate::plan::{Plan, Vars};
use crate::sandbox::cache::Cache;
use crate::sandbox::process::{self, Ended, Exit, Limits};
use crate::sandbox::python::Interpreter;
use crate::sandbox::{Sandbox, Shell, Spec, Step};

/// The release in the nixpkgs that Nixpacks pins.
pub(super) const VERSION: &str = "2024.0.1";
const WITHIN: Limits = Limits { total: Duration::from_secs(300), silence: Some(Duration::from_secs(60)) };

/// pipenv on the shelf. `None` where the index did not give it, or nobody may ask it.
pub(super) fn of(cache: &Cache, python: &Interpreter, network: bool) -> Option<Shelved> {
    let name = format!("pipenv-{VERSION}");
    let store = store_path(&name);
    let key = format!("1-{VERSION}-{}", python.full_version());
    let make = |dir: &Path| {
        ensure!(network, "there is no network to fetch pipenv by");
        make(cache, python, &store, dir)
    };
    let dir = cache.entry("pipenv", &key, make).ok()?;
    Some(Shelved { dir, store, commands: vec!["pipenv".to_owned()] })
}

fn make(cache: &Cache, python: &Interpreter, store: &str, dir: &Path) -> Result<()> {
    let (plan, project) = (Plan::default(), tempfile::tempdir()?);
    let spec = Spec { project: project.path(), plan: &plan, python: None, network: true, memory: None };
    let sandbox = open_with(cache, &spec, Declared::only(python.clone()), seed::of(cache, python)?.as_deref())?;
    // Wheels alone: nothing that they bring is run while they are installed.
    let script = format!(
        "python -m venv --copies /opt/venv && /opt/venv/bin/pip install --disable-pip-version-check --only-binary :all: \
         --target /opt/pipenv pipenv=={VERSION}"
    );
    let line = sandbox.command(&Step { shell: Shell::Build, script: &script, vars: &Vars::new() });
    let mut last = String::new();
    let ended = process::run(&line, WITHIN, &AtomicBool::new(false), &mut |text| text.clone_into(&mut last))?;
    ensure!(ended == Ended::Exited(Exit::Code(0)), "pipenv could not be installed: {last}");
    fs::rename(in_root(&sandbox.jail.rootfs, "/opt/pipenv"), dir.join("lib"))?;
    let text = format!(
        "#!{}/bin/{}\nimport sys\nsys.path.insert(0, '{store}/lib')\nfrom pipenv import cli\nsys.exit(cli())\n",
        layer::interpreter_store(python),
        python.name(),
    );
    layer::script(dir, "/bin/pipenv", &text)
}
