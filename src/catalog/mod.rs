//! What things are called elsewhere, each fact once: modules and their distributions, servers and how they are started,
//! libraries and headers and their packages, what nixpkgs, its Pythons and the base image have.

pub mod base_commands;
pub mod base_image;
pub mod changed;
pub mod debian;
pub mod extras;
pub mod libraries;
pub mod modules;
pub mod needs;
pub mod nix_packages;
pub mod python;
pub mod servers;
pub mod suggest;
pub mod zones;

/// Rows of a table file: words separated by blanks, `#` starts a comment.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| row.len() >= 2)
}
