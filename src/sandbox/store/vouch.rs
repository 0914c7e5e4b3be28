//! What an installer may have run beside itself: the project's own code, or what was installed before. What that asks of the network nobody knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::lock::{self, Locker};
use super::pip::names_far_requirements;
use super::tree::{Kind, Tree};

/// Files that pip reads and does not run. A command that read any other of the project's may have done anything.
const DATA: &[&str] = &["txt", "in", "pip", "lock", "toml", "whl"];
/// The same by their names.
const NAMED_DATA: &[&str] = &[".python-version", ".python-versions", "Pipfile"];
/// What makes an installer do more than take what its lock names, and what that is.
const OTHERWISE: &[(&str, &str)] =
    &[("no-binary", "the installer build what it installs"), ("requires-plugins", "the installer run plugins")];
/// Files that setuptools and uv put where they run, and that do nothing of this kind.
const OWN_CODE: &[&str] = &["distutils-precedence.pth", "_virtualenv.pth"];
/// Files of the project that PDM reads; of others nobody knows what they have it do.
const READ_BY_PDM: &[&str] = &[lock::PROJECT, "pdm.lock", ".python-version"];
/// What has an installer load code when it starts, and the package that may: Poetry brings it along, and it adds a command of its own.
const PLUGINS: &[&str] = &["[pdm]", "[pdm.plugin]", "[poetry.plugin]", "[poetry.application.plugin]"];
const OWN_PLUGIN: &str = "poetry_plugin_export-";
/// Where installers keep settings: an earlier command may have put them there.
const SETTINGS: &[&str] = &["pip.conf", "pdm/config.toml", "pypoetry/config.toml", "uv/uv.toml"];
/// What pip is told of the mirror and its log by, and there is in every sandbox.
const MACHINES_OWN: &str = "etc/pip.conf";
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
    let is_pdm = matches!(locker, Locker::Pdm { .. });
    if let Some(other) = read.keys().find(|path| is_pdm && !READ_BY_PDM.iter().any(|name| *path == Path::new(name))) {
        bail!("PDM read {}", other.display());
    }
    if is_pdm {
        let project = crate::fs::read(&app.join(lock::PROJECT), MOST)?;
        lock::only_installs(std::str::from_utf8(&project)?)?;
    }
    for path in read.keys().filter(|path| !is_wheel(path)) {
        let text = text(app, path)?;
        for (words, does) in OTHERWISE {
            let is_said = memchr::memmem::find(&text, words.as_bytes()).is_some();
            ensure!(!is_said, "{} has {does}", path.display());
        }
    }
    Ok(())
}

/// Whether nothing below `root`, whose files are `tree`, has an installer do something else.
///
/// # Errors
/// It has settings or plugins, or has fetched a Python.
pub(in crate::sandbox) fn installs_alone(root: &Path, tree: &Tree) -> Result<()> {
    for (path, entry) in tree {
        is_no_setting(path)?;
        if path.ends_with("entry_points.txt") && entry.kind == Kind::File {
            is_no_plugin(path, &crate::fs::read(&root.join(path), MOST)?)?;
        }
    }
    Ok(())
}

/// Whether a path of the machine is neither a setting of an installer nor a Python that one fetched.
///
/// # Errors
/// It is.
pub(in crate::sandbox) fn is_no_setting(path: &Path) -> Result<()> {
    ensure!(!path.ends_with("uv/python") && !path.ends_with("pdm/python"), "the installer fetched a Python");
    let is_own = path.strip_prefix("/").unwrap_or(path) == Path::new(MACHINES_OWN);
    let is_setting = SETTINGS.iter().any(|setting| path.ends_with(setting)) && !is_own;
    ensure!(!is_setting, "{} says more of what the installer does", path.display());
    Ok(())
}

/// Whether what a package registers has nothing to do with installers.
///
/// # Errors
/// They load it.
pub(in crate::sandbox) fn is_no_plugin(path: &Path, entry_points: &[u8]) -> Result<()> {
    let package = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let text = String::from_utf8_lossy(entry_points);
    let mut lines = text.lines().map(str::trim);
    let is_plugin = !package.starts_with(OWN_PLUGIN) && lines.any(|line| PLUGINS.contains(&line));
    ensure!(!is_plugin, "{package} may have run with the installer");
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
    fn what_pdm_reads_beside_its_lock_is_refused() {
        let app = tempfile::tempdir().unwrap();
        let obeys = |files: &[(&str, &str)]| {
            let write = |(name, text): &(&str, &str)| {
                fs::write(app.path().join(name), text).unwrap();
                (PathBuf::from(name), String::new())
            };
            let pdm = Locker::Pdm { looks_for_newer: false };
            obeys_lock(pdm, app.path(), &files.iter().map(write).collect())
        };
        let plain = [("pyproject.toml", "[project]\n"), ("pdm.lock", "")];
        assert!(obeys(&plain).is_ok());
        for other in [("pdm.toml", "[pypi]\nurl = \"x\"\n"), (".pdm-python", "/usr/bin/python3")] {
            assert_eq!(obeys(&[plain[0], plain[1], other]).unwrap_err().to_string(), format!("PDM read {}", other.0));
        }
        let hook = ("pyproject.toml", "[tool.pdm.scripts]\npost_install = \"curl https://a.example\"\n");
        assert!(obeys(&[hook, plain[1]]).unwrap_err().to_string().ends_with("post_install"));
    }

    #[test]
    fn a_setting_of_an_installer_is_refused() {
        let is_none = |path: &str| is_no_setting(Path::new(path)).is_ok();
        assert!(
            is_none("etc/pip.conf")
                && is_none("/etc/pip.conf")
                && is_none("opt/venv/lib/python3.12/site-packages/pdm/models/config.toml")
        );
        for path in [
            "root/.config/pdm/config.toml",
            "root/.config/pypoetry/config.toml",
            "opt/venv/pip.conf",
            "root/.local/share/uv/python",
        ] {
            assert!(!is_none(path), "{path}");
        }
    }

    #[test]
    fn a_plugin_of_an_installer_is_refused() {
        let is_none = |package: &str, text: &str| {
            is_no_plugin(&Path::new("lib").join(package).join("entry_points.txt"), text.as_bytes()).is_ok()
        };
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("lib/pdm_x-1.dist-info");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("entry_points.txt"), "[pdm.plugin]\n").unwrap();
        assert!(installs_alone(dir.path(), &crate::sandbox::store::tree::list(dir.path()).unwrap()).is_err());
        assert!(is_none("poetry-1.8.5.dist-info", "[console_scripts]\npoetry = poetry:main\n"));
        assert!(is_none("poetry_plugin_export-1.8.0.dist-info", "[poetry.application.plugin]\nexport = x:y\n"));
        assert!(!is_none("poetry_plugin_pypi_mirror-0.4.dist-info", "[poetry.plugin]\nx = x:y\n"));
        assert!(!is_none("pdm_x-1.dist-info", "\n[pdm]\nx = x:y\n"));
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
