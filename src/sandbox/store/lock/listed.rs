//! Locks that give hashes alone: of Poetry and pipenv, which look for the archives on an index's pages.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::distribution::{Distribution, normal, one, plain, tags_of};

/// Where Poetry and PDM look when nothing else is said.
pub(in crate::sandbox) const PYPI: &str = "https://pypi.org/simple";

/// An archive that was found on an index's page, among others that the lock allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Listed {
    /// The page's address.
    pub(in crate::sandbox) page: String,
    /// The hashes that the lock has for this project, as `sha256:` and digits.
    pub(in crate::sandbox) hashes: BTreeSet<String>,
    /// What the wheel fits, which tells it from the others.
    pub(in crate::sandbox) tags: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    /// By name, where Poetry kept them until its 1.3.
    #[serde(default)]
    files: BTreeMap<String, Vec<File>>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    files: Vec<File>,
    source: Option<Source>,
}

#[derive(Deserialize)]
struct File {
    file: String,
    hash: String,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: Option<String>,
    url: Option<String>,
}

/// Where what Poetry installed is from.
pub(super) fn of_poetry(lock: &str, installed: &[Distribution]) -> Result<Vec<Listed>> {
    let lock: Lock = toml::from_str(lock).context("the lock is of another kind")?;
    let listed = |distribution: &Distribution| {
        let package = lock.package(distribution)?;
        let name = &distribution.name;
        let index = match &package.source {
            None => PYPI,
            Some(source) if source.kind.as_deref() == Some("legacy") => {
                source.url.as_deref().with_context(|| format!("the lock does not say where {name} is from"))?
            }
            Some(_) => bail!("{name} is from no index"),
        };
        lock.listed(package, index, distribution)
    };
    installed.iter().map(listed).collect()
}

/// The archives that a `poetry.lock` names, by their sha256.
///
/// # Errors
/// It is no such lock.
pub(in crate::sandbox) fn archives_of_poetry(lock: &str) -> Result<BTreeMap<String, String>> {
    let Lock { package, metadata } = toml::from_str(lock).context("the lock is of another kind")?;
    let files = package.into_iter().flat_map(|package| package.files).chain(metadata.files.into_values().flatten());
    let archive = |File { file, hash }: File| Some((hash.strip_prefix("sha256:")?.to_owned(), file));
    Ok(files.filter_map(archive).collect())
}

impl Lock {
    fn package(&self, distribution: &Distribution) -> Result<&Package> {
        let name = &distribution.name;
        let is_it = |package: &&Package| distribution.is(&package.name, Some(&package.version));
        let mut packages = self.package.iter().filter(is_it);
        match (packages.next(), packages.next()) {
            (Some(package), None) => Ok(package),
            _ => bail!("the lock does not tell {name} apart"),
        }
    }

    /// An archive on a page of `index`.
    fn listed(&self, package: &Package, index: &str, distribution: &Distribution) -> Result<Listed> {
        let older = || self.metadata.files.get(&package.name).map(Vec::as_slice).unwrap_or_default();
        let files = if package.files.is_empty() { older() } else { &package.files };
        let names = files.iter().map(|file| file.file.as_str());
        one(names.filter(|name| tags_of(name).as_ref() == Some(&distribution.tags)), &distribution.name)?;
        let hashes = files.iter().map(|file| file.hash.clone()).collect();
        Ok(Listed::new(index, distribution, hashes))
    }
}

impl Listed {
    pub(super) fn new(index: &str, distribution: &Distribution, hashes: BTreeSet<String>) -> Self {
        let page = format!("{}/{}/", index.trim_end_matches('/'), distribution.name);
        Self { page, hashes, tags: distribution.tags.clone() }
    }
}

#[derive(Deserialize)]
struct PipenvLock {
    #[serde(rename = "_meta")]
    meta: Meta,
    #[serde(default)]
    default: BTreeMap<String, Pin>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    sources: Vec<Index>,
}

#[derive(Deserialize)]
struct Index {
    name: Option<String>,
    url: String,
}

#[derive(Deserialize)]
struct Pin {
    version: Option<String>,
    index: Option<String>,
    #[serde(default)]
    hashes: BTreeSet<String>,
}

/// The same of what pip installed for pipenv.
pub(super) fn of_pipenv(lock: &str, installed: &[Distribution]) -> Result<Vec<Listed>> {
    let lock: PipenvLock = serde_json::from_str(lock).context("the lock is of another kind")?;
    let mut listed = Vec::new();
    for distribution in installed {
        let Distribution { name, version, .. } = distribution;
        let pin = lock.default.iter().find(|(locked, _)| normal(locked) == *name).map(|(_, pin)| pin);
        let is_it = |pin: &&Pin| {
            let locked = pin.version.as_deref().and_then(|version| version.strip_prefix("=="));
            locked.is_some_and(|locked| plain(locked) == plain(version))
        };
        let Some(pin) = pin.filter(is_it) else {
            ensure!(distribution.is_seed(), "the lock does not name {name}");
            continue;
        };
        ensure!(!pin.hashes.is_empty(), "the lock has no hash of {name}");
        let index = match (&pin.index, lock.meta.sources.as_slice()) {
            (Some(index), sources) => sources.iter().find(|source| source.name.as_ref() == Some(index)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let index = index.with_context(|| format!("the lock does not say where {name} is from"))?;
        ensure!(!index.url.contains('$'), "the index wants a password");
        listed.push(Listed::new(&index.url, distribution, pin.hashes.clone()));
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::super::distribution::distribution;
    use super::*;

    const TAGS: &[&str] = &["py3-none-any"];

    fn hashes(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|hash| (*hash).to_owned()).collect()
    }

    #[test]
    fn poetry_looks_on_the_page_of_the_project_for_what_the_lock_allows() {
        let newer = "[[package]]\nname = \"Tide.Table\"\nversion = \"1.0\"\nfiles = [\n  {file = \"tide_table-1.0-py3-none-any.whl\", hash = \"sha256:00\"},\n  {file = \"tide_table-1.0.tar.gz\", hash = \"sha256:01\"},\n]\n";
        let older = "[[package]]\nname = \"Tide.Table\"\nversion = \"1.0\"\n[metadata.files]\n\"Tide.Table\" = [\n  {file = \"tide_table-1.0-py3-none-any.whl\", hash = \"sha256:00\"},\n  {file = \"tide_table-1.0.tar.gz\", hash = \"sha256:01\"},\n]\n";
        for lock in [newer, older] {
            let found = of_poetry(lock, &[distribution("tide-table", "1.0", TAGS)]).unwrap();
            let [Listed { page, hashes: allowed, .. }] = &found[..] else { panic!("{found:?}") };
            assert_eq!(page, "https://pypi.org/simple/tide-table/");
            assert_eq!(*allowed, hashes(&["sha256:00", "sha256:01"]));
        }
        let own = format!("{newer}[package.source]\ntype = \"legacy\"\nurl = \"https://i.example/simple\"\n");
        let found = of_poetry(&own, &[distribution("tide-table", "1.0", TAGS)]).unwrap();
        assert_eq!(found[0].page, "https://i.example/simple/tide-table/");
        for (lock, version, tags, why) in [
            (newer, "1.1", TAGS, "does not tell"),
            (newer, "1.0", &["cp312-cp312-linux_x86_64"], "was built"),
            (
                &format!("{newer}[package.source]\ntype = \"git\"\nurl = \"https://g.example\"\n"),
                "1.0",
                TAGS,
                "no index",
            ),
        ] {
            let error = of_poetry(lock, &[distribution("tide-table", version, tags)]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn pipenv_has_pip_look_on_the_pages_of_its_sources() {
        let lock = r#"{"_meta":{"sources":[{"name":"near","url":"https://i.example/simple/"}]},"default":{"Tide":{"hashes":["sha256:00","sha256:01"],"version":"==1.0"},"ebb":{"version":"==1.0"}}}"#;
        let found = of_pipenv(lock, &[distribution("tide", "1.0", TAGS), distribution("pip", "26.3", TAGS)]).unwrap();
        let [Listed { page, hashes: allowed, .. }] = &found[..] else { panic!("{found:?}") };
        assert_eq!((page.as_str(), allowed), ("https://i.example/simple/tide/", &hashes(&["sha256:00", "sha256:01"])));
        for (name, why) in [("ebb", "no hash"), ("flow", "does not name")] {
            let error = of_pipenv(lock, &[distribution(name, "1.0", TAGS)]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let two = lock.replace("\"sources\":[", "\"sources\":[{\"name\":\"far\",\"url\":\"https://j.example\"},");
        let error = of_pipenv(&two, &[distribution("tide", "1.0", TAGS)]).unwrap_err().to_string();
        assert!(error.contains("where tide is from"), "{error}");
    }
}
