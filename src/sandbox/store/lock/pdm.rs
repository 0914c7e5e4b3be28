//! `pdm.lock`, and what of `pyproject.toml` has PDM do more than take what the lock names.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::value::Table;

use super::distribution::{Distribution, file_name, one, tags_of};
use super::listed::{Listed, PYPI};

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
    files: Vec<File>,
    // Where it is from, if from no index.
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
}

/// An archive, by its name on an index's page or by its address.
#[derive(Deserialize, PartialEq)]
struct File {
    file: Option<String>,
    url: Option<String>,
    hash: String,
}

/// Where what PDM installed is from: addresses, and pages. `project` is its `pyproject.toml`.
pub(super) fn taken(lock: &str, project: &str, installed: &[Distribution]) -> Result<(BTreeSet<String>, Vec<Listed>)> {
    let lock: Lock = toml::from_str(lock).context("the lock is of another kind")?;
    let index = index(project)?;
    let (mut addresses, mut listed) = (BTreeSet::new(), Vec::new());
    for distribution in installed {
        let Distribution { name, tags, .. } = distribution;
        let files = lock.files(distribution)?;
        let fitting = files.iter().filter(|file| tags_of(&file.name()).as_ref() == Some(tags));
        match &one(fitting, name)?.url {
            Some(address) => _ = addresses.insert(address.clone()),
            None => {
                let hashes: BTreeSet<String> = files.iter().map(|file| file.hash.clone()).collect();
                listed.push(Listed::new(&index, distribution, hashes));
            }
        }
    }
    Ok((addresses, listed))
}

impl Lock {
    /// The archives that may be taken. What is required with extras too stands there several times, with the same ones.
    fn files(&self, distribution: &Distribution) -> Result<&[File]> {
        let name = &distribution.name;
        let is_it = |package: &&Package| distribution.is(&package.name, package.version.as_deref());
        let mut packages = self.package.iter().filter(is_it);
        let first = packages.next().with_context(|| format!("the lock does not name {name}"))?;
        let is_elsewhere = first.git.is_some() || first.url.is_some() || first.path.is_some();
        ensure!(!is_elsewhere, "{name} is from no index");
        ensure!(packages.all(|other| other.files == first.files), "the lock does not tell {name} apart");
        Ok(&first.files)
    }
}

impl File {
    fn name(&self) -> String {
        file_name(self.file.as_ref().or(self.url.as_ref()).map_or("", String::as_str))
    }
}

/// PDM's own part of a project.
fn settings(project: &Table) -> Option<&Table> {
    project.get("tool")?.get("pdm")?.as_table()
}

/// The one index that PDM asks.
fn index(project: &str) -> Result<String> {
    let project: Table = toml::from_str(project).context("pyproject.toml cannot be read")?;
    let Some(sources) = settings(&project).and_then(|settings| settings.get("source")) else {
        return Ok(PYPI.to_owned());
    };
    // One of any other name is asked beside PyPI, and of two nobody knows which gave the archive.
    let source = sources.as_array().filter(|sources| sources.len() == 1).and_then(|sources| sources[0].as_table());
    let source = source.filter(|source| source.get("name").and_then(toml::Value::as_str) == Some("pypi"));
    let source = source.context("PDM asks several indexes")?;
    let is_plain = source.keys().all(|key| ["name", "url", "verify_ssl"].contains(&key.as_str()));
    let url = source.get("url").and_then(toml::Value::as_str).filter(|url| is_plain && !url.contains('$'));
    url.map(str::to_owned).context("which index PDM asks cannot be told")
}

/// Whether a project leaves it to PDM whom to ask.
pub(super) fn names_no_index(project: &str) -> bool {
    toml::from_str(project)
        .is_ok_and(|project| settings(&project).is_none_or(|settings| !settings.contains_key("source")))
}

/// The page of PDM itself, which it looks at on PyPI whatever index the project names.
pub(super) fn own_page() -> String {
    format!("{PYPI}/pdm/")
}

/// Whether a `pyproject.toml` leaves it at installing what the lock names.
///
/// # Errors
/// It has PDM run something else, or obey other options than those of the command.
pub(in crate::sandbox) fn only_installs(project: &str) -> Result<()> {
    let table: Table = toml::from_str(project).context("pyproject.toml cannot be read")?;
    let is_dynamic = table.get("project").is_some_and(|project| project.get("dynamic").is_some());
    ensure!(!is_dynamic, "pyproject.toml has the project's own code say what it requires");
    let Some(settings) = settings(&table) else { return Ok(()) };
    let scripts = settings.get("scripts").and_then(toml::Value::as_table);
    let mut names = scripts.into_iter().flat_map(Table::keys);
    if let Some(hook) = names.find(|name| name.starts_with("pre_") || name.starts_with("post_")) {
        bail!("pyproject.toml has PDM run {hook}");
    }
    for other in ["options", "plugins", "workspace"] {
        ensure!(!settings.contains_key(other), "pyproject.toml sets PDM's {other}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::distribution::distribution;
    use super::*;

    const TAGS: &[&str] = &["py3-none-any"];
    const PROJECT: &str = "[project]\nname = \"app\"\n";
    const LOCK: &str = r#"
[[package]]
name = "Tide.Table"
version = "1.0"
files = [
    {file = "tide_table-1.0-py3-none-any.whl", hash = "sha256:00"},
    {file = "tide_table-1.0.tar.gz", hash = "sha256:01"},
]
[[package]]
name = "tide-table"
version = "1.0"
extras = ["moon"]
files = [
    {file = "tide_table-1.0-py3-none-any.whl", hash = "sha256:00"},
    {file = "tide_table-1.0.tar.gz", hash = "sha256:01"},
]
[[package]]
name = "ebb"
version = "2"
files = [{url = "https://f.example/ebb-2-py3-none-any.whl", hash = "sha256:02"}]
[[package]]
name = "own"
version = "3"
git = "https://g.example/own"
"#;

    #[test]
    fn pdm_looks_on_a_page_or_goes_to_an_address() {
        let found = taken(LOCK, PROJECT, &[distribution("tide-table", "1.0", TAGS), distribution("ebb", "2", TAGS)]);
        let (addresses, listed) = found.unwrap();
        assert_eq!(addresses.iter().collect::<Vec<_>>(), ["https://f.example/ebb-2-py3-none-any.whl"]);
        let [Listed { page, hashes, .. }] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!(page, "https://pypi.org/simple/tide-table/");
        assert_eq!(hashes.iter().collect::<Vec<_>>(), ["sha256:00", "sha256:01"]);
    }

    #[test]
    fn what_the_lock_does_not_tell_is_refused() {
        for (name, version, tags, why) in [
            ("tide-table", "1.1", TAGS, "does not name"),
            ("tide-table", "1.0", &["cp312-cp312-linux_x86_64"], "was built"),
            ("own", "3", TAGS, "no index"),
        ] {
            let error = taken(LOCK, PROJECT, &[distribution(name, version, tags)]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let other = LOCK.replacen("sha256:01", "sha256:09", 1);
        let error = taken(&other, PROJECT, &[distribution("tide-table", "1.0", TAGS)]).unwrap_err().to_string();
        assert!(error.contains("apart"), "{error}");
    }

    #[test]
    fn one_index_in_the_place_of_pypi_is_asked_and_others_are_refused() {
        let index = |sources: &str| index(&format!("{PROJECT}{sources}"));
        let source = |more: &str| format!("[[tool.pdm.source]]\nurl = \"https://i.example/simple\"\n{more}\n");
        assert_eq!(index("").unwrap(), PYPI);
        let names_none = |sources: &str| names_no_index(&format!("{PROJECT}{sources}"));
        assert!(names_none("") && names_none("[tool.pdm]\ndistribution = false\n"));
        assert!(!names_none(&source("name = \"pypi\"")) && !names_none("no toml"));
        assert_eq!(index(&source("name = \"pypi\"\nverify_ssl = true")).unwrap(), "https://i.example/simple");
        for other in [
            source("name = \"own\""),
            source("name = \"pypi\"") + &source("name = \"own\""),
            source("name = \"pypi\"\ntype = \"find_links\""),
            source("name = \"pypi\"\ninclude_packages = [\"tide\"]"),
            source("name = \"pypi\"").replace("i.example", "${INDEX}"),
        ] {
            assert!(index(&other).is_err(), "{other}");
        }
    }

    #[test]
    fn what_has_pdm_do_more_is_refused() {
        let only = |more: &str| only_installs(&format!("{PROJECT}{more}"));
        assert!(only("").is_ok() && only("[tool.pdm]\ndistribution = false\n").is_ok());
        assert!(only("[tool.pdm.scripts]\nstart = \"python main.py\"\n").is_ok());
        for more in [
            "dynamic = [\"version\"]\n",
            "[tool.pdm.scripts]\npost_install = \"curl https://a.example\"\n",
            "[tool.pdm.scripts]\npre_invoke = { call = \"hooks:main\" }\n",
            "[tool.pdm.options]\ninstall = [\"--frozen-lockfile\"]\n",
            "[tool.pdm]\nplugins = [\"pdm-x\"]\n",
        ] {
            assert!(only(more).is_err(), "{more}");
        }
    }
}
