//! What a step installs, by who installs it.

use serde::{Deserialize, Serialize};

/// Everything that a step installs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages {
    /// Files of the project that are copied first, because the packages' own installation reads them.
    pub files: Vec<String>,
    /// Nix environments, in the order in which they are installed.
    pub nix: Vec<NixEnvironment>,
    /// Debian packages.
    pub apt: Option<Apt>,
    /// What mise installs.
    pub mise: Vec<Tool>,
}

/// A tool of mise's, by name and release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// mise's name for it.
    pub name: String,
    /// Its release.
    pub version: String,
}

/// Names under the key of the builder's configuration that lists them, for example `nixPkgs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageList {
    /// The key, for messages.
    pub key: String,
    /// In the plan's own order.
    pub names: Vec<String>,
}

/// One Nix expression and what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NixEnvironment {
    /// The expression's file, relative to `/app`.
    pub file: String,
    /// Its text.
    pub expression: String,
    /// The attributes that go into the profile.
    pub packages: PackageList,
    /// The attributes whose libraries go onto the loader's path.
    pub libraries: PackageList,
    /// The command that installs it, as the build shows it.
    pub command: String,
    /// What Nix prints in its place, where it is known to refuse one of the names.
    pub refusal: Option<Vec<String>>,
}

/// Debian packages and the command that installs them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apt {
    /// The packages.
    pub packages: PackageList,
    /// The command, as the build shows it.
    pub command: String,
}

impl PackageList {
    /// The names of all lists, sorted, each once, under the first one's key.
    pub fn joined<'a>(lists: impl Iterator<Item = &'a Self>) -> Self {
        let mut joined = Self::default();
        for list in lists {
            if joined.key.is_empty() {
                joined.key.clone_from(&list.key);
            }
            joined.names.extend(list.names.iter().cloned());
        }
        joined.names.sort_unstable();
        joined.names.dedup();
        joined
    }

    /// A name with its key, as reports say it: `nixPkgs: gcc`.
    pub fn label(&self, name: &str) -> String {
        format!("{}: {name}", self.key)
    }
}

impl Packages {
    /// Whether there is nothing to install.
    pub fn is_empty(&self) -> bool {
        self.nix.is_empty() && self.apt.is_none() && self.mise.is_empty()
    }

    /// What is installed, as the plan lists it; libraries are left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let nix = self.nix.iter().flat_map(|nix| &nix.packages.names);
        let apt = self.apt.iter().flat_map(|apt| &apt.packages.names);
        let mise = self.mise.iter().map(|tool| &tool.name);
        mise.chain(nix).chain(apt).map(String::as_str)
    }
}
