//! Plans as Nixpacks shows them.

mod parse;
mod table;
mod wrap;

pub use parse::{BoxPlan, parse_box};
pub use table::nixpacks_box;

/// The version of Nixpacks whose plans these are.
pub const VERSION: &str = "1.41.0";
