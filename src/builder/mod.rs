//! The builders that a platform may build with, each in a folder of its own.

pub mod nixpacks;
pub mod railpack;

mod detect;
mod planned;

pub use detect::{Asked, Builder, Detected, detect, version_on};
pub use planned::{Buildable, OfRailpack, Planned, Refused};
