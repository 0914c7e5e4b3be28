//! The builders that a platform may build with, each in a folder of its own.

pub mod nixpacks;
