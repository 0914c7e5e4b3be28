//! What can be known of a project that Nixpacks builds, besides what holds for any builder.

mod commands;
pub(crate) mod install;
pub(crate) mod keys;
pub(crate) mod lock;
pub(crate) mod packages;
pub(crate) mod planned;
pub(crate) mod pyproject;
pub(crate) mod setup;
mod start;
pub(crate) mod venv;
pub(crate) mod version;

use super::Topic;

pub(super) const TOPICS: &[Topic] = &[
    Topic { checks: planned::CHECKS, look: planned::look },
    Topic { checks: setup::CHECKS, look: setup::look },
    Topic { checks: install::CHECKS, look: install::look },
    Topic { checks: commands::CHECKS, look: commands::look },
    Topic { checks: keys::CHECKS, look: keys::look },
    Topic { checks: version::CHECKS, look: version::look },
    Topic { checks: lock::CHECKS, look: lock::look },
    Topic { checks: pyproject::CHECKS, look: pyproject::look },
    Topic { checks: packages::CHECKS, look: packages::look },
    Topic { checks: start::CHECKS, look: start::look },
    Topic { checks: venv::CHECKS, look: venv::look },
];
