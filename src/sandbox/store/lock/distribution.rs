//! Something that was installed, and the names that archives, projects and versions go by.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// What comes with a virtual environment, by whatever makes one, and is asked of nobody.
const SEEDS: &[&str] = &["pip", "setuptools", "wheel"];

/// Something that was installed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Distribution {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) tags: BTreeSet<String>,
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

    /// Whether it is what a lock names so.
    pub(super) fn is(&self, name: &str, version: Option<&str>) -> bool {
        normal(name) == self.name && version.is_some_and(|locked| plain(locked) == plain(&self.version))
    }

    /// Whether it may have come with a virtual environment.
    pub(super) fn is_seed(&self) -> bool {
        SEEDS.contains(&self.name.as_str())
    }
}

/// The last part of an address, as a file would be called.
pub(in crate::sandbox) fn file_name(address: &str) -> String {
    let path = address.split(['#', '?']).next().unwrap_or(address);
    path.rsplit('/').next().unwrap_or(path).replace("%2B", "+").replace("%2b", "+")
}

/// The tags of a wheel by its name: `py2.py3-none-any` is two.
pub(in crate::sandbox) fn tags_of(file: &str) -> Option<BTreeSet<String>> {
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

pub(super) fn normal(name: &str) -> String {
    let parts: Vec<&str> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

/// A version as folders write it.
pub(super) fn plain(version: &str) -> String {
    version.replace('-', "_")
}

/// The one of the archives of `name` that fits what was installed.
pub(super) fn one<T>(mut fitting: impl Iterator<Item = T>, name: &str) -> Result<T> {
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => bail!("{name} was built, and what its code does is not known"),
        _ => bail!("the lock does not tell the wheels of {name} apart"),
    }
}

#[cfg(test)]
pub(super) fn distribution(name: &str, version: &str, tags: &[&str]) -> Distribution {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Distribution { name: name.to_owned(), version: version.to_owned(), tags }
}
