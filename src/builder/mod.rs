//! The builders that a platform may build with, each in a folder of its own.

pub mod nixpacks;
pub mod railpack;

mod detect;
mod planned;

pub use detect::{Builder, Detected, detect};
pub use planned::{Buildable, Planned, Refused};
