//! What the platform says of a deploy, whoever builds it.

pub mod railway;

pub use railway::Deploy;

/// Where the project is deployed: whose files count beside the builder's own, and who builds where no file says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Platform {
    /// Railway, where the project has such a file.
    #[default]
    Auto,
    /// Railway.
    Railway,
    /// Coolify.
    Coolify,
    /// Dokploy.
    Dokploy,
    /// Dokku.
    Dokku,
    /// Nobody's: the plan is what the builder alone would make.
    None,
}

impl Platform {
    /// Whether railway.json and railway.toml count.
    pub fn reads_railway(self) -> bool {
        matches!(self, Self::Auto | Self::Railway)
    }
}
