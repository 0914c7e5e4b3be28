//! The answer that `ensurepip` computes for every new venv, computed once.
//!
//! `python -m venv` runs `python -m ensurepip`, which unpacks and compiles the same wheels each time: seconds of work for the
//! same files. The interpreter shown inside carries an `ensurepip` that copies them instead, where the outcome is known to be
//! the same, and the real one otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Result, ensure};
use xxhash_rust::xxh3::xxh3_128;

use super::declared::Declared;
use super::layer::{SEED_PACKAGES, in_root, interpreter_store};
use super::open;
use crate::fs::stamp;
use crate::plan::{Image, Vars};
use crate::sandbox::cache::Cache;
use crate::sandbox::process::{self, Ended, Exit, Limits};
use crate::sandbox::python::Interpreter;
use crate::sandbox::{Role, Sandbox, Step};

/// Any place will do: nothing of it is in what is kept.
const VENV: &str = "/opt/seed";

const WITHIN: Limits = Limits { total: Duration::from_secs(300), silence: None };

/// What a new venv of the declared Python holds beyond the interpreter itself, made by the real `ensurepip` once. `None` where
/// that cannot be made, or was interrupted.
pub(super) fn of(
    cache: &Cache,
    image: &Image,
    declared: &Declared,
    interrupted: &AtomicBool,
) -> Result<Option<PathBuf>> {
    let Some(python) = &declared.python else { return Ok(None) };
    let Some(wheels) = python.wheels.as_ref().filter(|_| python.version.0 == 3) else { return Ok(None) };
    let mut text = String::from("1;");
    for path in [&python.program, &python.stdlib, wheels] {
        text.push_str(&stamp(path));
    }
    let key = format!("{}-{:032x}", python.full_version(), xxh3_128(text.as_bytes()));
    // A venv that cannot be made here is not this function's news: the plan's own command will tell.
    Ok(cache.entry("seed", &key, |dir| make(cache, image, declared, python, interrupted, dir)).ok())
}

fn make(
    cache: &Cache,
    image: &Image,
    declared: &Declared,
    python: &Interpreter,
    interrupted: &AtomicBool,
    dir: &Path,
) -> Result<()> {
    // With all that is declared, so that its root is the one that the plan needs.
    let sandbox = open::of_image(cache, image, declared)?;
    // By its place: an image whose steps say what is on the path has none of its own to find it by.
    let program = format!("{}/bin/{}", interpreter_store(python, image.installs), python.name());
    let script = format!("{program} -m venv --copies {VENV}");
    let argv = image.entrypoint.command(&script).argv;
    let line = sandbox.command(&Step { role: Role::Build, argv: &argv, vars: &Vars::new(), caches: &[] });
    let mut last = String::new();
    let ended = process::run(&line, WITHIN, interrupted, &mut |text| text.clone_into(&mut last))?;
    ensure!(ended == Ended::Exited(Exit::Code(0)), "{script} failed: {last}");
    let venv = in_root(&sandbox.bubblewrap.rootfs, VENV);
    fs::rename(venv.join("lib").join(python.name()).join("site-packages"), dir.join(SEED_PACKAGES))?;
    fs::create_dir(dir.join("bin"))?;
    for entry in fs::read_dir(venv.join("bin"))?.flatten() {
        let name = entry.file_name();
        if ["pip", "easy_install"].iter().any(|own| name.to_string_lossy().starts_with(own)) {
            fs::rename(entry.path(), dir.join("bin").join(name))?;
        }
    }
    Ok(())
}
