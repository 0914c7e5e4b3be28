//! Which of the builders that we plan for it is, and what each calls its things.

use std::fmt;

use super::{nixpacks, railpack};

/// A builder that we plan for. Whoever does one thing for one of them and another for the next matches on it, so that the compiler
/// leads whoever adds a builder to every such place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuilderKind {
    /// Nixpacks.
    Nixpacks,
    /// Railpack.
    Railpack,
}

impl BuilderKind {
    /// Every one; that whose configuration chooses it before another's comes first.
    pub const ALL: [Self; 2] = [Self::Railpack, Self::Nixpacks];

    /// The files in the project's root that configure it, at least one; of two that are there it reads the first.
    pub fn config_files(self) -> &'static [&'static str] {
        match self {
            Self::Nixpacks => &nixpacks::CONFIG_FILES,
            Self::Railpack => &[railpack::CONFIG_FILE],
        }
    }

    /// The configuration that is written where there is none.
    pub fn config_file(self) -> &'static str {
        self.config_files()[0]
    }

    /// The configurations of every builder.
    pub fn all_config_files() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().flat_map(|kind| kind.config_files().iter().copied())
    }

    /// What begins the names of the variables that set it.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Nixpacks => "NIXPACKS_",
            Self::Railpack => "RAILPACK_",
        }
    }

    /// Whether a variable of that name is there to set a builder, whichever.
    pub fn any_reads(variable: &str) -> bool {
        Self::ALL.into_iter().any(|kind| variable.starts_with(kind.prefix()))
    }

    /// The name of the [`Choice`](crate::plan::Choice) that holds its start command.
    pub fn start_choice(self) -> &'static str {
        match self {
            Self::Nixpacks => "start.cmd",
            Self::Railpack => "deploy.startCommand",
        }
    }

    /// The key of the start command in that file.
    pub fn start_key(self) -> &'static [&'static str] {
        match self {
            Self::Nixpacks => &["start", "cmd"],
            Self::Railpack => &["deploy", "startCommand"],
        }
    }

    /// The table of the deploy's variables in that file.
    pub fn variables_key(self) -> &'static [&'static str] {
        match self {
            Self::Nixpacks => &["variables"],
            Self::Railpack => &["deploy", "variables"],
        }
    }

    /// What `builder` of railway.json and railway.toml calls it.
    pub fn name_on_railway(self) -> &'static str {
        match self {
            Self::Nixpacks => "NIXPACKS",
            Self::Railpack => "RAILPACK",
        }
    }

    /// The keys of its choices that list packages of nixpkgs.
    pub fn nix_lists(self) -> &'static [&'static str] {
        match self {
            Self::Nixpacks => &["phases.setup.nixPkgs", "phases.setup.nixLibs"],
            Self::Railpack => &[],
        }
    }

    /// The keys of its choices that list packages of Debian.
    pub fn apt_lists(self) -> &'static [&'static str] {
        match self {
            Self::Nixpacks => &["phases.setup.aptPkgs"],
            Self::Railpack => &["packages:apt:build.packages", "packages:apt:runtime.packages"],
        }
    }

    /// Whether the app starts in an image of its own, with less in it than the one that builds.
    pub fn has_runtime_image(self) -> bool {
        match self {
            Self::Nixpacks => false,
            Self::Railpack => true,
        }
    }

    /// Whether the project's files are copied over what the install made.
    pub fn copies_over_the_install(self) -> bool {
        match self {
            Self::Nixpacks => false,
            Self::Railpack => true,
        }
    }

    /// Where it installs the project's packages.
    pub fn venv(self) -> &'static str {
        match self {
            Self::Nixpacks => "/opt/venv",
            Self::Railpack => "/app/.venv",
        }
    }
}

impl fmt::Display for BuilderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nixpacks => "Nixpacks",
            Self::Railpack => "Railpack",
        })
    }
}
