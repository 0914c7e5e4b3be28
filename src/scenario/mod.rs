//! The regression suite: folders named after a failure, run by the tool itself, the whole report compared.

mod discover;
mod format;
mod index;
mod package;
mod select;

pub use discover::{Broken, Collection, FILE, Scenario, SuiteError, discover};
pub use format::{Definition, Expect, ExpectedVerdict, Fault, Need, Package, PackageKind};
pub use select::{HEAVY, Partition, Selected, Selection};
