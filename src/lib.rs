//! Rehearses the deploy of a Python project on this machine.
//!
//! Data flows one way, and so do imports: a module may use those listed before it, never those after it
//! (`tests/architecture.rs` enforces it).
//!
//! ```text
//! args -> Project -> Plan -> Sandbox -> run (Events) -> Outcome -> Diagnosis -> Fix -> Report
//! ```

pub mod fs;
pub mod secret;

pub mod catalog;

pub mod log;

pub mod project;

pub mod finding;

pub mod plan;

pub mod platform;

pub mod builder;

pub mod check;

pub mod sandbox;

pub mod run;

pub mod diagnose;

pub mod fix;

pub mod rehearse;

pub mod migrate;

pub mod report;

pub mod scenario;

pub mod cli;

#[cfg(test)]
#[path = "../tests/support/folder.rs"]
mod folder;
