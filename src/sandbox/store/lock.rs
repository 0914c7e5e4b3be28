//! What uv took of a lock that it obeys without a look at any index, told by what it installed.
//!
//! The lock gives every archive's address and hash, so that all that is asked of the network is whether it is still there.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::pip::file_name;
use super::tree::{Kind, Tree};

/// uv's lock.
pub(in crate::sandbox) const UV_LOCK: &str = "uv.lock";
/// The most bytes of a lock, and of one file of a distribution.
const MOST: u64 = 32 << 20;

/// Something that uv has installed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Distribution {
    name: String,
    version: String,
    tags: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    #[serde(default)]
    wheels: Vec<Archive>,
    source: Source,
}

#[derive(Deserialize)]
struct Archive {
    url: Option<String>,
    hash: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    registry: Option<String>,
}

/// Whether a distribution's `INSTALLER` names uv.
pub(in crate::sandbox) fn is_of_uv(installer: &str) -> bool {
    installer.trim() == "uv"
}

impl Distribution {
    /// What is installed in a `.dist-info` folder. `is_elsewhere` says that it is from no index, `wheel` gives its `WHEEL`.
    ///
    /// # Errors
    /// It is, or it does not say what it is.
    pub(in crate::sandbox) fn read(
        folder: &Path,
        is_elsewhere: bool,
        wheel: impl FnOnce() -> Result<String>,
    ) -> Result<Self> {
        let stem = folder.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        ensure!(!is_elsewhere, "{stem} is from no index");
        let (name, version) = stem.split_once('-').context("a distribution without a version")?;
        let wheel = wheel().with_context(|| format!("{stem} does not say which wheel it is from"))?;
        let tags: BTreeSet<String> =
            wheel.lines().filter_map(|line| line.strip_prefix("Tag:")).map(|tag| tag.trim().to_owned()).collect();
        ensure!(!tags.is_empty(), "{stem} does not say which wheel it is from");
        Ok(Self { name: normal(name), version: version.to_owned(), tags })
    }
}

/// What uv has installed below `root`, whose files are `tree`.
///
/// # Errors
/// Something that is from no index, or that does not say what it is.
pub(in crate::sandbox) fn installed(root: &Path, tree: &Tree) -> Result<Vec<Distribution>> {
    let mut found = Vec::new();
    for (path, _) in tree.iter().filter(|(path, entry)| path.ends_with("INSTALLER") && entry.kind == Kind::File) {
        let Some(folder) = path.parent().filter(|folder| folder.extension().is_some_and(|end| end == "dist-info"))
        else {
            continue;
        };
        let read = |name: &str| -> Result<String> {
            let text = crate::fs::read(&root.join(folder).join(name), MOST)?;
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        if is_of_uv(&read("INSTALLER")?) {
            let is_elsewhere = tree.contains_key(&folder.join("direct_url.json"));
            found.push(Distribution::read(folder, is_elsewhere, || read("WHEEL"))?);
        }
    }
    Ok(found)
}

/// The addresses of the wheels of the `uv.lock` in `app` that were installed.
///
/// # Errors
/// One cannot be told: it was built, or the lock has none or several that it may be.
pub(in crate::sandbox) fn wheels(app: &Path, installed: &[Distribution]) -> Result<BTreeSet<String>> {
    wheels_of(&crate::fs::read(&app.join(UV_LOCK), MOST)?, installed)
}

fn wheels_of(lock: &[u8], installed: &[Distribution]) -> Result<BTreeSet<String>> {
    let lock: Lock = toml::from_str(std::str::from_utf8(lock)?).context("the lock is of another kind")?;
    installed.iter().map(|distribution| wheel(&lock, distribution)).collect()
}

fn wheel(lock: &Lock, distribution: &Distribution) -> Result<String> {
    let Distribution { name, version, tags } = distribution;
    let is_it = |package: &&Package| {
        normal(&package.name) == *name
            && package.version.as_deref().is_some_and(|locked| plain(locked) == plain(version))
    };
    let mut packages = lock.package.iter().filter(is_it);
    let (Some(package), None) = (packages.next(), packages.next()) else {
        bail!("the lock does not tell {name} apart")
    };
    ensure!(package.source.registry.is_some(), "{name} is from no index");
    let addresses = package.wheels.iter().filter(|wheel| wheel.hash.is_some()).filter_map(|wheel| wheel.url.as_deref());
    let mut fitting = addresses.filter(|address| tags_of(&file_name(address)).as_ref() == Some(tags));
    match (fitting.next(), fitting.next()) {
        (Some(address), None) => Ok(address.to_owned()),
        (None, _) => bail!("{name} was built, and what its code does is not known"),
        _ => bail!("the lock does not tell the wheels of {name} apart"),
    }
}

/// The tags of a wheel by its name: `py2.py3-none-any` is two.
fn tags_of(file: &str) -> Option<BTreeSet<String>> {
    let mut parts = file.strip_suffix(".whl")?.rsplitn(4, '-');
    let (platforms, abis, pythons) = (parts.next()?, parts.next()?, parts.next()?);
    let mut tags = BTreeSet::new();
    for python in pythons.split('.') {
        for abi in abis.split('.') {
            tags.extend(platforms.split('.').map(|platform| format!("{python}-{abi}-{platform}")));
        }
    }
    Some(tags)
}

fn normal(name: &str) -> String {
    let parts: Vec<&str> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

/// A version as folders write it.
fn plain(version: &str) -> String {
    version.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 1
[[package]]
name = "app"
source = { virtual = "." }
[[package]]
name = "ruamel.yaml"
version = "1.0"
source = { registry = "https://index.example/simple" }
wheels = [
  { url = "https://f.example/ruamel_yaml-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", hash = "sha256:00" },
  { url = "https://f.example/ruamel_yaml-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", hash = "sha256:01" },
]
[[package]]
name = "own"
version = "2"
source = { git = "https://g.example/own" }
"#;

    fn distribution(name: &str, version: &str, tags: &[&str]) -> Distribution {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Distribution { name: name.to_owned(), version: version.to_owned(), tags }
    }

    #[test]
    fn the_wheel_with_the_tags_of_what_was_installed_is_the_one() {
        let tags = ["cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux2014_x86_64"];
        let found = wheels_of(LOCK.as_bytes(), &[distribution("ruamel-yaml", "1.0", &tags)]).unwrap();
        let expected = "https://f.example/ruamel_yaml-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        assert_eq!(found.iter().collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        for (other, why) in [
            (distribution("ruamel-yaml", "1.0", &["py3-none-any"]), "was built"),
            (distribution("ruamel-yaml", "1.1", &["py3-none-any"]), "does not tell"),
            (distribution("own", "2", &["py3-none-any"]), "is from no index"),
        ] {
            let error = wheels_of(LOCK.as_bytes(), &[other]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_uv_installed_is_told_from_what_others_did() {
        let dir = tempfile::tempdir().unwrap();
        for (name, installer) in [("a_b-1.0", "uv\n"), ("c-2", "pip\n")] {
            let folder = dir.path().join(format!("lib/{name}.dist-info"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("INSTALLER"), installer).unwrap();
            std::fs::write(folder.join("WHEEL"), "Wheel-Version: 1.0\nTag: py3-none-any\n").unwrap();
        }
        let list = || super::super::tree::list(dir.path()).unwrap();
        assert_eq!(installed(dir.path(), &list()).unwrap(), [distribution("a-b", "1.0", &["py3-none-any"])]);
        std::fs::write(dir.path().join("lib/a_b-1.0.dist-info/direct_url.json"), "{}").unwrap();
        assert!(installed(dir.path(), &list()).is_err());
    }
}
