//! The builders that a platform may build with, each in a folder of its own.

pub mod nixpacks;
pub mod railpack;

mod detect;

pub use detect::{Builder, Detected, detect};
pub use nixpacks::Platform;
