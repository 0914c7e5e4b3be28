//! What an installer may have run beside itself: the project's own code, or what was installed before. What that asks of the network nobody knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::lock::Locker;
use super::pip::names_far_requirements;

/// Files that pip reads and does not run. A command that read any other of the project's may have done anything.
const DATA: &[&str] = &["txt", "in", "pip", "lock", "toml", "whl"];
/// The same by their names.
const NAMED_DATA: &[&str] = &[".python-version", ".python-versions", "Pipfile"];
/// What makes an installer do more than take what its lock names, and what that is.
const OTHERWISE: &[(&str, &str)] =
    &[("no-binary", "the installer build what it installs"), ("requires-plugins", "the installer run plugins")];
/// Files that setuptools and uv put where they run, and that do nothing of this kind.
const OWN_CODE: &[&str] = &["distutils-precedence.pth", "_virtualenv.pth"];
/// The most bytes of a list of requirements, a lock or a configuration.
const MOST: u64 = 32 << 20;

/// Whether a file of the project, by its path in `app`, is one that an installer only reads.
///
/// # Errors
/// It may be the project's own code, or a list that names other lists by address.
pub(in crate::sandbox) fn is_data(app: &Path, read: &Path) -> Result<()> {
    let is_data = read.extension().is_some_and(|extension| DATA.iter().any(|data| extension == *data))
        || NAMED_DATA.iter().any(|name| read == Path::new(name));
    ensure!(is_data, "it read {}, and may have run it", read.display());
    if is_wheel(read) {
        return Ok(());
    }
    let names = names_far_requirements(&String::from_utf8_lossy(&text(app, read)?));
    ensure!(!names, "{} names requirements by their address", read.display());
    Ok(())
}

fn is_wheel(read: &Path) -> bool {
    read.extension().is_some_and(|extension| extension == "whl")
}

/// What an installer has read: all of it, since what follows may change what comes before.
fn text(app: &Path, read: &Path) -> Result<Vec<u8>> {
    crate::fs::read(&app.join(read), MOST).with_context(|| format!("{} cannot be looked through", read.display()))
}

/// Whether an installer has obeyed its lock, and built nothing; `read` are the files of `app` that it read.
///
/// # Errors
/// It may have done something else.
pub(in crate::sandbox) fn obeys_lock(locker: Locker, app: &Path, read: &BTreeMap<PathBuf, String>) -> Result<()> {
    ensure!(read.contains_key(Path::new(locker.lock())), "{} was not read", locker.lock());
    for path in read.keys().filter(|path| !is_wheel(path)) {
        let text = text(app, path)?;
        for (words, does) in OTHERWISE {
            let is_said = memchr::memmem::find(&text, words.as_bytes()).is_some();
            ensure!(!is_said, "{} has {does}", path.display());
        }
    }
    Ok(())
}

/// Whether a file is one that an installed package has run whenever a Python starts.
pub(in crate::sandbox) fn is_code_of_packages(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_installed = path.iter().any(|part| part == "site-packages" || part == "dist-packages");
    let is_run = name == "sitecustomize.py" || name.ends_with(".pth") && !OWN_CODE.contains(&&*name);
    is_installed && is_run || name == "usercustomize.py"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn lists_are_data_and_code_is_not() {
        let app = tempfile::tempdir().unwrap();
        fs::write(app.path().join("far.txt"), "-r https://lists.example/all.txt\n").unwrap();
        for name in ["requirements.txt", "pyproject.toml", ".python-version"] {
            fs::write(app.path().join(name), "").unwrap();
        }
        let is_data = |path: &str| is_data(app.path(), Path::new(path)).is_ok();
        assert!(is_data("requirements.txt") && is_data("pyproject.toml") && is_data(".python-version"));
        assert!(!is_data("setup.py") && !is_data("far.txt"));
    }

    #[test]
    fn what_cannot_be_looked_through_is_not_vouched_for() {
        let app = tempfile::tempdir().unwrap();
        for name in ["long.txt", "long.whl"] {
            fs::File::create(app.path().join(name)).unwrap().set_len(MOST + 1).unwrap();
        }
        let is_data = |path: &str| is_data(app.path(), Path::new(path)).is_ok();
        assert!(is_data("long.whl") && !is_data("long.txt"));
    }

    #[test]
    fn a_path_file_runs_with_every_python() {
        let is_code = |path: &str| is_code_of_packages(Path::new(path));
        assert!(is_code("opt/venv/lib/python3.12/site-packages/hook.pth") && is_code("root/usercustomize.py"));
        assert!(is_code("usr/local/lib/python3.11/dist-packages/hook.pth"));
        assert!(is_code("opt/venv/lib/python3.12/site-packages/sitecustomize.py") && !is_code("app/sitecustomize.py"));
        assert!(
            !is_code("opt/venv/lib/python3.12/site-packages/distutils-precedence.pth") && !is_code("app/notes.pth")
        );
    }
}
