//! What completes a finding from other lines of the log: a rule names its function in its row.

pub(super) mod databases;
pub(super) mod files;
pub(super) mod hosts;
pub(super) mod libraries;
pub(super) mod migrations;
pub(super) mod packages;
pub(super) mod places;
pub(super) mod reasons;
pub(super) mod requirements;
pub(super) mod servers;
pub(super) mod urls;
pub(super) mod variables;

#[cfg(test)]
mod tests;
