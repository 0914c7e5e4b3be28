//! What things are called elsewhere, each fact once: modules and their distributions, libraries and headers and their
//! packages, what nixpkgs and the base image have.

pub mod names;
pub mod nixpkgs;
pub mod packages;
pub mod suggest;
