//! pip, as nixpkgs packages it and Railpack's builder image has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::layer::store_path;
use crate::sandbox::cache::Cache;
use crate::sandbox::python::{self, Interpreter};

/// Unpacks and compiles one wheel: `argv` is the wheel, its folder, and the place it will be shown at.
const UNPACK: &str = "
import sys, zipfile, compileall
zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])
compileall.compile_dir(sys.argv[2], ddir=sys.argv[3], quiet=2)
";

/// pip as nixpkgs packages it: new enough to know about externally managed interpreters, also where the one that comes
/// with an old Python is not.
pub(super) fn pip(cache: &Cache, python: &Interpreter) -> Result<Option<PathBuf>> {
    let Some(wheel) = python::bundled_pips(python).into_iter().find(|wheel| suits(wheel, python.version)) else {
        return Ok(None);
    };
    let file = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let inside = format!("{}/lib/{}/site-packages", store_path(&format!("{}-pip", python.name())), python.name());
    let key = format!("{}-{}", file.trim_end_matches(".whl"), python.full_version());
    let unpack = |dir: &Path| {
        let status = Command::new(&python.program)
            .args(["-E", "-s", "-S", "-B", "-c", UNPACK])
            .args([&wheel, dir, Path::new(&inside)])
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("could not run {}", python.program.display()))?
            .status;
        if !status.success() || !fs::exists(dir.join("pip/__init__.py"))? {
            bail!("could not unpack {}", wheel.display());
        }
        Ok(())
    };
    cache.entry("pip", &key, unpack).map(Some)
}

/// Which pip runs on which Python, for the wheels that interpreters bundle.
fn suits(wheel: &Path, version: (u32, u32, u32)) -> bool {
    let Some(pip) = python::pip_version(wheel) else { return false };
    let newest = match (version.0, version.1) {
        (2, _) | (3, ..=6) => return false,
        (3, 7) => (24, 0),
        (3, 8) => (25, 0),
        _ => (u32::MAX, 0),
    };
    // Older ones do not run on an interpreter without distutils.
    let oldest = if version.1 >= 12 { (23, 2) } else { (0, 0) };
    (oldest..=newest).contains(&pip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_python_gets_a_pip_it_can_run() {
        let suits = |pip: &str, minor| suits(Path::new(&format!("pip-{pip}-py3-none-any.whl")), (3, minor, 1));
        assert!(suits("24.0", 7) && !suits("24.2", 7) && suits("24.2", 8) && suits("22.0.4", 7));
        assert!(suits("23.2.1", 12) && !suits("23.0.1", 13));
    }
}
