//! Installers that nixpkgs has and machines mostly lack, or have for their own Python only: from the package index, once for
//! each interpreter.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::declared::Declared;
use super::layer::{self, in_root, store_path};
use super::open::open;
use super::seed;
use super::store_paths::Stored;
use crate::fs::temporary;
use crate::plan::{Image, Plan, Vars};
use crate::sandbox::cache::Cache;
use crate::sandbox::process::{self, Ended, Exit, Limits};
use crate::sandbox::python::Interpreter;
use crate::sandbox::{Interrupted, Progress, Role, Sandbox, Spec, Step};

/// A program by its Nix attribute, which is its distribution's name too.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub(super) attribute: &'static str,
    /// About as old as the nixpkgs that Nixpacks pins.
    pub(super) version: Cow<'static, str>,
    /// How Python runs it; empty for one that is no Python program.
    start: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool { attribute: "pipenv", version: Cow::Borrowed("2024.0.1"), start: "from pipenv import cli as main" },
    Tool { attribute: "poetry", version: Cow::Borrowed("1.8.4"), start: "from poetry.console.application import main" },
    Tool { attribute: "pdm", version: Cow::Borrowed("2.20.1"), start: "from pdm.core import main" },
    Tool { attribute: "uv", version: Cow::Borrowed("0.4.30"), start: "" },
];

const WITHIN: Limits = Limits { total: Duration::from_secs(300), silence: Some(Duration::from_secs(60)) };

/// The tool that a Nix attribute stands for.
pub(super) fn tool(attribute: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.attribute == attribute)
}

impl Tool {
    /// The same tool, of another release.
    pub(super) fn of_release(&self, version: &str) -> Self {
        Self { version: Cow::Owned(version.to_owned()), ..self.clone() }
    }

    /// The tool as a store path, or why it cannot be had: the index did not give it, or nobody may ask it as nobody watches.
    pub(super) fn fetch(
        &self,
        cache: &Cache,
        image: &Image,
        python: &Interpreter,
        mut progress: Option<&mut Progress<'_>>,
    ) -> Result<Result<Stored, String>> {
        let name = format!("{}-{}", self.attribute, self.version);
        let store = store_path(&name);
        let make = |dir: &Path| {
            let progress = progress.as_deref_mut().context("there is no network")?;
            progress.report(&format!("{} {} from the package index", self.attribute, self.version));
            self.make(cache, image, python, &store, dir, progress.interrupted)
        };
        let made = cache.entry("fetched", &format!("2-{name}-{}", python.full_version()), make);
        if progress.is_some_and(|progress| progress.is_cancelled()) {
            return Err(Interrupted.into());
        }
        Ok(match made {
            Ok(dir) => Ok(Stored { dir, store, commands: vec![self.attribute.to_owned()] }),
            Err(error) => Err(format!("the package index did not give it: {error:#}")),
        })
    }

    fn make(
        &self,
        cache: &Cache,
        image: &Image,
        python: &Interpreter,
        store: &str,
        dir: &Path,
        interrupted: &AtomicBool,
    ) -> Result<()> {
        let Self { attribute, version, start } = self;
        let (plan, project) = (Plan { image: image.clone(), ..Plan::default() }, temporary::folder()?);
        let spec = Spec { network: true, ..Spec::of(project.path(), &plan) };
        let declared = Declared::only(python.clone());
        let seed = seed::of(cache, image, &declared, interrupted)?;
        let sandbox = open(cache, &spec, &declared, seed.as_deref())?;
        let program = format!("{}/bin/{}", layer::interpreter_store(python, image.installs), python.name());
        // Wheels alone: nothing that they bring is run while they are installed.
        let script = format!(
            "{program} -m venv --copies /opt/fetch && /opt/fetch/bin/pip install --disable-pip-version-check \
             --only-binary :all: --target /opt/tool {attribute}=={version}"
        );
        let argv = image.entrypoint.command(&script).argv;
        let line = sandbox.command(&Step { role: Role::Build, argv: &argv, vars: &Vars::new(), caches: &[] });
        let mut last = String::new();
        let ended = process::run(&line, WITHIN, interrupted, &mut |text| text.clone_into(&mut last))?;
        ensure!(ended == Ended::Exited(Exit::Code(0)), "{attribute} could not be installed: {last}");
        // A virtual environment in all but its making: what the tool starts by `sys.executable` finds its packages, too.
        let packages = format!("lib/{}/site-packages", python.name());
        fs::create_dir_all(dir.join("bin"))?;
        fs::create_dir_all(dir.join(&packages).parent().unwrap_or(dir))?;
        fs::rename(in_root(&sandbox.bubblewrap.rootfs, "/opt/tool"), dir.join(&packages))?;
        let home = Path::new(&program).parent().unwrap_or(Path::new("/"));
        fs::write(
            dir.join("pyvenv.cfg"),
            format!("home = {}\ninclude-system-site-packages = false\n", home.display()),
        )?;
        symlink(&program, dir.join("bin/python"))?;
        let text = match start.is_empty() {
            true => format!("#!/bin/sh\nexec {store}/{packages}/bin/{attribute} \"$@\"\n"),
            false => format!("#!{store}/bin/python\nimport sys\n{start}\nsys.exit(main())\n"),
        };
        layer::script(dir, &format!("/bin/{attribute}"), &text)
    }
}
