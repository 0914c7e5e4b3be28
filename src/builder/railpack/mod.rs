//! Railpack, the builder that Railway and Coolify take for new apps.

mod version;

pub use version::{Rules, Version};
