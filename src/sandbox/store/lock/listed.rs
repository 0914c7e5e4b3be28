//! Locks that give hashes alone: of Poetry and pipenv, which look for the archives on an index's pages.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::value::Table;

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
    reference: Option<String>,
}

/// The indexes that a project names to Poetry.
#[derive(Debug)]
struct Indexes {
    /// Their addresses by their names in small letters; PyPI has none.
    named: BTreeMap<String, Option<String>>,
    /// Whether what is from none of them is from PyPI: the first of another kind takes its place in some versions of Poetry.
    are_beside_pypi: bool,
}

impl Indexes {
    /// `project` is its `pyproject.toml`.
    fn of(project: &str) -> Result<Self> {
        let project: Table = toml::from_str(project).context("pyproject.toml cannot be read")?;
        let sources = project.get("tool").and_then(|tool| tool.get("poetry")?.get("source")?.as_array());
        let mut indexes = Self { named: BTreeMap::new(), are_beside_pypi: true };
        for source in sources.into_iter().flatten() {
            let text = |key: &str| source.get(key).and_then(toml::Value::as_str);
            let name = text("name").unwrap_or_default().to_lowercase();
            let is_beside = ["supplemental", "explicit", "secondary"].contains(&text("priority").unwrap_or_default());
            indexes.are_beside_pypi &= is_beside || name == "pypi";
            indexes.named.insert(name, text("url").map(str::to_owned));
        }
        Ok(indexes)
    }

    /// The one that Poetry asks for a package: that which the project has by the name that the lock gives.
    fn of_package<'p>(&self, package: &'p Package) -> Result<&'p str> {
        let name = &package.name;
        let Some(source) = &package.source else {
            ensure!(self.are_beside_pypi, "pyproject.toml names an index that {name} may be from");
            return Ok(PYPI);
        };
        ensure!(source.kind.as_deref() == Some("legacy"), "{name} is from no index");
        let url = source.url.as_deref().with_context(|| format!("the lock does not say where {name} is from"))?;
        let named = source.reference.as_ref().and_then(|name| self.named.get(&name.to_lowercase())?.as_deref());
        let is_same = named.is_some_and(|named| named.trim_end_matches('/') == url.trim_end_matches('/'));
        ensure!(is_same, "pyproject.toml and the lock say otherwise where {name} is from");
        Ok(url)
    }
}

/// Where what Poetry installed is from. `project` is its `pyproject.toml`.
pub(super) fn of_poetry(lock: &str, project: &str, installed: &[Distribution]) -> Result<Vec<Listed>> {
    let lock: Lock = toml::from_str(lock).context("the lock is of another kind")?;
    let indexes = Indexes::of(project)?;
    let listed = |distribution: &Distribution| {
        let package = lock.package(distribution)?;
        lock.listed(package, indexes.of_package(package)?, distribution)
    };
    installed.iter().map(listed).collect()
}

/// An archive that a lock names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Named {
    pub(in crate::sandbox) file: String,
    /// The address of the page that Poetry looks for it on.
    pub(in crate::sandbox) page: String,
}

/// The archives that a `poetry.lock` names, and that Poetry takes from a known index, by their sha256.
///
/// # Errors
/// It is no such lock, or `project` no `pyproject.toml`.
pub(in crate::sandbox) fn archives_of_poetry(lock: &str, project: &str) -> Result<BTreeMap<String, Named>> {
    let lock: Lock = toml::from_str(lock).context("the lock is of another kind")?;
    let indexes = Indexes::of(project)?;
    let mut named = BTreeMap::new();
    for package in &lock.package {
        let Ok(index) = indexes.of_package(package) else { continue };
        let page = page(index, &normal(&package.name));
        let sha256 = |file: &File| Some((file.hash.strip_prefix("sha256:")?.to_owned(), file.file.clone()));
        let archives = lock.files(package).iter().filter_map(sha256);
        named.extend(archives.map(|(sha256, file)| (sha256, Named { file, page: page.clone() })));
    }
    Ok(named)
}

fn page(index: &str, name: &str) -> String {
    format!("{}/{name}/", index.trim_end_matches('/'))
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

    fn files<'l>(&'l self, package: &'l Package) -> &'l [File] {
        let older = || self.metadata.files.get(&package.name).map(Vec::as_slice).unwrap_or_default();
        if package.files.is_empty() { older() } else { &package.files }
    }

    /// An archive on a page of `index`.
    fn listed(&self, package: &Package, index: &str, distribution: &Distribution) -> Result<Listed> {
        let files = self.files(package);
        let names = files.iter().map(|file| file.file.as_str());
        one(names.filter(|name| tags_of(name).as_ref() == Some(&distribution.tags)), &distribution.name)?;
        let hashes = files.iter().map(|file| file.hash.clone()).collect();
        Ok(Listed::new(index, distribution, hashes))
    }
}

impl Listed {
    pub(super) fn new(index: &str, distribution: &Distribution, hashes: BTreeSet<String>) -> Self {
        Self { page: page(index, &distribution.name), hashes, tags: distribution.tags.clone() }
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
    /// An index in the place of PyPI.
    const SOURCE: &str = "[[tool.poetry.source]]\nname = \"Own\"\nurl = \"https://i.example/simple/\"\n";

    fn hashes(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|hash| (*hash).to_owned()).collect()
    }

    #[test]
    fn poetry_looks_on_the_page_of_the_project_for_what_the_lock_allows() {
        let newer = "[[package]]\nname = \"Tide.Table\"\nversion = \"1.0\"\nfiles = [\n  {file = \"tide_table-1.0-py3-none-any.whl\", hash = \"sha256:00\"},\n  {file = \"tide_table-1.0.tar.gz\", hash = \"sha256:01\"},\n]\n";
        let older = "[[package]]\nname = \"Tide.Table\"\nversion = \"1.0\"\n[metadata.files]\n\"Tide.Table\" = [\n  {file = \"tide_table-1.0-py3-none-any.whl\", hash = \"sha256:00\"},\n  {file = \"tide_table-1.0.tar.gz\", hash = \"sha256:01\"},\n]\n";
        for lock in [newer, older] {
            let found = of_poetry(lock, "", &[distribution("tide-table", "1.0", TAGS)]).unwrap();
            let [Listed { page, hashes: allowed, .. }] = &found[..] else { panic!("{found:?}") };
            assert_eq!(page, "https://pypi.org/simple/tide-table/");
            assert_eq!(*allowed, hashes(&["sha256:00", "sha256:01"]));
        }
        let own = format!(
            "{newer}[package.source]\ntype = \"legacy\"\nurl = \"https://i.example/simple\"\nreference = \"own\"\n"
        );
        let found = of_poetry(&own, SOURCE, &[distribution("tide-table", "1.0", TAGS)]).unwrap();
        assert_eq!(found[0].page, "https://i.example/simple/tide-table/");
        let beside = format!("{SOURCE}priority = \"supplemental\"\n");
        assert!(of_poetry(newer, &beside, &[distribution("tide-table", "1.0", TAGS)]).is_ok());
        let archive = |lock: &str, project: &str| archives_of_poetry(lock, project).unwrap().get("00").cloned();
        assert_eq!(archive(&own, SOURCE).unwrap().page, "https://i.example/simple/tide-table/");
        assert_eq!(
            (archive(newer, SOURCE), archive(older, "").unwrap().file.as_str()),
            (None, "tide_table-1.0-py3-none-any.whl")
        );
        let other = SOURCE.replace("i.example", "j.example");
        for (lock, project, why) in
            [(newer, SOURCE, "names an index"), (&own, "", "otherwise"), (&own, &other, "otherwise")]
        {
            let error = of_poetry(lock, project, &[distribution("tide-table", "1.0", TAGS)]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
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
            let error = of_poetry(lock, "", &[distribution("tide-table", version, tags)]).unwrap_err().to_string();
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
