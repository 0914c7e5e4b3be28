//! `uv.lock`, which gives every archive's address and hash, so that all that is asked of the network is whether it is still there.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::distribution::{Distribution, file_name, one, tags_of};

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

/// The addresses of the wheels that were installed.
pub(super) fn wheels(lock: &str, installed: &[Distribution]) -> Result<BTreeSet<String>> {
    let lock: Lock = toml::from_str(lock).context("the lock is of another kind")?;
    installed.iter().map(|distribution| wheel(&lock, distribution)).collect()
}

fn wheel(lock: &Lock, distribution: &Distribution) -> Result<String> {
    let Distribution { name, tags, .. } = distribution;
    let is_it = |package: &&Package| distribution.is(&package.name, package.version.as_deref());
    let mut packages = lock.package.iter().filter(is_it);
    let (Some(package), None) = (packages.next(), packages.next()) else {
        bail!("the lock does not tell {name} apart")
    };
    ensure!(package.source.registry.is_some(), "{name} is from no index");
    let addresses = package.wheels.iter().filter(|wheel| wheel.hash.is_some()).filter_map(|wheel| wheel.url.as_deref());
    let fitting = addresses.filter(|address| tags_of(&file_name(address)).as_ref() == Some(tags));
    Ok(one(fitting, name)?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::distribution::distribution;
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

    #[test]
    fn the_wheel_with_the_tags_of_what_was_installed_is_the_one() {
        let tags = ["cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux2014_x86_64"];
        let found = wheels(LOCK, &[distribution("ruamel-yaml", "1.0", &tags)]).unwrap();
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
            let error = wheels(LOCK, &[other]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
