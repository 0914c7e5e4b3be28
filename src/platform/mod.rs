//! What the platform says of a deploy, whoever builds it.

pub mod railway;

pub use railway::Deploy;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the project is deployed: whose files count beside the builder's own, and who builds where no file says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Railway where railway.json or railway.toml is there
    #[default]
    Auto,
    /// Railway
    Railway,
    /// Coolify
    Coolify,
    /// Dokploy
    Dokploy,
    /// Dokku
    Dokku,
    /// Nowhere: the builder alone
    None,
}

impl Platform {
    /// Whether railway.json and railway.toml count there, as long as anybody reads them.
    pub fn reads_railway(self) -> bool {
        matches!(self, Self::Auto | Self::Railway)
    }
}
