//! What can be known of a project that Nixpacks builds, besides what holds for any builder.

mod cache_directories;
mod commands;
pub(crate) mod install;
pub(crate) mod keys;
mod libpq;
pub(crate) mod lock;
mod mention;
pub(super) mod packages;
pub(crate) mod planned;
pub(crate) mod pyproject;
pub(crate) mod setup;
mod start;
pub(crate) mod venv;
pub(crate) mod version;

use super::Topic;

pub(super) const TOPICS: &[Topic] = &[
    Topic { checks: planned::CHECKS, check: planned::check },
    Topic { checks: setup::CHECKS, check: setup::check },
    Topic { checks: install::CHECKS, check: install::check },
    Topic { checks: commands::CHECKS, check: commands::check },
    Topic { checks: cache_directories::CHECKS, check: cache_directories::check },
    Topic { checks: keys::CHECKS, check: keys::check },
    Topic { checks: version::CHECKS, check: version::check },
    Topic { checks: lock::CHECKS, check: lock::check },
    Topic { checks: pyproject::CHECKS, check: pyproject::check },
    Topic { checks: mention::CHECKS, check: mention::check },
    Topic { checks: libpq::CHECKS, check: libpq::check },
    Topic { checks: start::CHECKS, check: start::check },
    Topic { checks: venv::CHECKS, check: venv::check },
];
