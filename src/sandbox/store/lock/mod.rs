//! What an installer took of a lock that it obeys, told by what it installed.

mod distribution;
mod listed;
mod pdm;
mod uv;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

pub(in crate::sandbox) use self::distribution::{Distribution, file_name, tags_of};
pub(in crate::sandbox) use self::listed::{Listed, Named, PYPI, archives_of_poetry};
pub(in crate::sandbox) use self::pdm::only_installs;
use super::tree::{Kind, Tree};
use crate::plan::Vars;

/// The most bytes of a lock, and of one file of a distribution.
const MOST: u64 = 32 << 20;
/// What has PDM write the addresses of archives into its lock.
const STATIC: [&str; 2] = ["static_urls", "static-urls"];
/// Where a project says what it requires.
pub(in crate::sandbox) const PROJECT: &str = "pyproject.toml";

/// An installer that takes what its lock names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Locker {
    Uv,
    Poetry,
    Pipenv,
    /// Which may look afterwards whether there is a newer PDM.
    Pdm {
        looks_for_newer: bool,
    },
}

/// Where the archives are from that were installed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Taken {
    /// By address: no page was asked for it.
    pub(in crate::sandbox) addresses: BTreeSet<String>,
    /// From pages of an index.
    pub(in crate::sandbox) listed: Vec<Listed>,
    /// A page that was looked at for something else, all of which counts.
    pub(in crate::sandbox) page: Option<String>,
}

impl Locker {
    /// Its lock.
    pub(in crate::sandbox) fn lock(self) -> &'static str {
        match self {
            Self::Uv => "uv.lock",
            Self::Poetry => "poetry.lock",
            Self::Pipenv => "Pipfile.lock",
            Self::Pdm { .. } => "pdm.lock",
        }
    }

    /// What begins the names of its settings.
    pub(in crate::sandbox) fn settings(self) -> &'static str {
        match self {
            Self::Uv => "UV_",
            Self::Poetry => "POETRY_",
            Self::Pipenv => "PIPENV_",
            Self::Pdm { .. } => "PDM_",
        }
    }

    /// Whether a distribution's `INSTALLER` names it; pipenv has pip install, and an older PDM (2.19) writes none.
    pub(in crate::sandbox) fn is_named(self, installer: &str) -> bool {
        let installer = installer.trim();
        match self {
            Self::Uv => installer == "uv",
            Self::Poetry => {
                installer == "Poetry" || installer.starts_with("Poetry ") || installer.starts_with("poetry ")
            }
            Self::Pipenv => installer == "pip",
            Self::Pdm { .. } => installer.is_empty() || installer == "pdm",
        }
    }
}

/// What an installer has installed below `root`, whose files are `tree`.
///
/// # Errors
/// Something that is from no index, or that does not say what it is.
pub(in crate::sandbox) fn installed(locker: Locker, root: &Path, tree: &Tree) -> Result<Vec<Distribution>> {
    let mut found = Vec::new();
    let files = tree.iter().filter(|(_, entry)| entry.kind == Kind::File);
    let folders: BTreeSet<&Path> =
        files.filter_map(|(path, _)| path.parent()).filter(|folder| is_distribution(folder)).collect();
    for folder in folders {
        let is_there = |name: &str| root.join(folder).join(name).symlink_metadata().is_ok();
        let read = |name: &str| -> Result<String> {
            let text = crate::fs::read(&root.join(folder).join(name), MOST)?;
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        let installer = if is_there("INSTALLER") { read("INSTALLER")? } else { String::new() };
        if locker.is_named(&installer) {
            found.push(Distribution::read(folder, is_there("direct_url.json"), || read("WHEEL"))?);
        }
    }
    Ok(found)
}

/// Whether a folder tells of something that was installed, rather than of what a package carries with it.
pub(in crate::sandbox) fn is_distribution(folder: &Path) -> bool {
    folder.extension().is_some_and(|end| end == "dist-info") && !folder.iter().any(|part| part == "_vendor")
}

/// Where the archives are from of what was installed by the lock in `app`.
///
/// # Errors
/// One cannot be told: it was built, or the lock does not have it, or has several that it may be.
pub(in crate::sandbox) fn taken(locker: Locker, app: &Path, installed: &[Distribution]) -> Result<Taken> {
    let lock = crate::fs::read(&app.join(locker.lock()), MOST)?;
    let lock = std::str::from_utf8(&lock)?;
    let project = || -> Result<String> { Ok(String::from_utf8(crate::fs::read(&app.join(PROJECT), MOST)?)?) };
    match locker {
        Locker::Uv => Ok(Taken { addresses: uv::wheels(lock, installed)?, ..Taken::default() }),
        Locker::Poetry => Ok(Taken { listed: listed::of_poetry(lock, &project()?, installed)?, ..Taken::default() }),
        Locker::Pipenv => Ok(Taken { listed: listed::of_pipenv(lock, installed)?, ..Taken::default() }),
        Locker::Pdm { looks_for_newer } => {
            let page = looks_for_newer.then(pdm::own_page);
            let (addresses, listed) = pdm::taken(lock, &project()?, installed)?;
            Ok(Taken { addresses, listed, page })
        }
    }
}

/// Whether the PDM that installs the project in `app` asks PyPI, for want of an index of the project's own, and writes no address down.
pub(in crate::sandbox) fn asks_pypi(app: &Path) -> bool {
    let names_none = |project: Vec<u8>| std::str::from_utf8(&project).is_ok_and(pdm::names_no_index);
    let writes = |name: &str| STATIC.iter().any(|word| mentions(app, name, word));
    crate::fs::read(&app.join(PROJECT), MOST).is_ok_and(names_none)
        && ![PROJECT, "pdm.lock", "pdm.toml"].iter().any(|name| writes(name))
}

/// Whether uv keeps its cache in `app`, where what it writes down of addresses stays.
pub(in crate::sandbox) fn keeps_uv_cache(app: &Path, vars: &Vars) -> bool {
    let is_in_app = vars.get("UV_CACHE_DIR").is_some_and(|place| !place.starts_with('/') || place.starts_with("/app"));
    is_in_app || [PROJECT, "uv.toml"].iter().any(|name| mentions(app, name, "cache-dir"))
}

fn mentions(app: &Path, name: &str, word: &str) -> bool {
    crate::fs::read(&app.join(name), MOST).is_ok_and(|text| memchr::memmem::find(&text, word.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::distribution::distribution;
    use super::*;

    #[test]
    fn what_an_installer_installed_is_told_from_what_others_did() {
        let dir = tempfile::tempdir().unwrap();
        for (name, installer) in [("a_b-1.0", "uv\n"), ("c-2", "pip\n")] {
            let folder = dir.path().join(format!("lib/{name}.dist-info"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("INSTALLER"), installer).unwrap();
            std::fs::write(folder.join("WHEEL"), "Wheel-Version: 1.0\nTag: py3-none-any\n").unwrap();
        }
        let list = || crate::sandbox::store::tree::list(dir.path()).unwrap();
        assert_eq!(
            installed(Locker::Uv, dir.path(), &list()).unwrap(),
            [distribution("a-b", "1.0", &["py3-none-any"])]
        );
        std::fs::write(dir.path().join("lib/a_b-1.0.dist-info/direct_url.json"), "{}").unwrap();
        assert!(installed(Locker::Uv, dir.path(), &list()).is_err());
    }
    #[test]
    fn installers_that_would_write_addresses_down_are_known() {
        let app = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(app.path().join(name), text).unwrap();
        assert!(!asks_pypi(app.path()));
        write(PROJECT, "[project]\nname = \"app\"\n");
        write("pdm.lock", "[metadata]\nstrategy = [\"cross_platform\"]\n");
        assert!(asks_pypi(app.path()));
        write("pdm.lock", "[metadata]\nstrategy = [\"cross_platform\", \"static_urls\"]\n");
        assert!(!asks_pypi(app.path()));
        let cache = |place: &str| Vars::from([("UV_CACHE_DIR".to_owned(), place.to_owned())]);
        let keeps = |vars: &Vars| keeps_uv_cache(app.path(), vars);
        assert!(
            !keeps(&Vars::new())
                && !keeps(&cache("/root/.cache/uv"))
                && keeps(&cache("/app/.uv"))
                && keeps(&cache(".uv"))
        );
        write("uv.toml", "cache-dir = \"./.uv\"\n");
        assert!(keeps(&Vars::new()));
    }
}
