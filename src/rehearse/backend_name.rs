//! The backends by name.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A backend by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackendName {
    /// The quickest that can provide everything the plan names
    #[default]
    Auto,
    /// Bubblewrap over this machine's own Python and libraries
    Host,
    /// The plan's own Nix expression
    Nix,
    /// Docker or podman
    Docker,
}

impl BackendName {
    /// As the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Host => "host",
            Self::Nix => "nix",
            Self::Docker => "docker",
        }
    }

    /// The backend of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::value_variants().iter().copied().find(|backend| backend.name() == name)
    }
}
