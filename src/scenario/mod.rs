//! The regression suite: folders named after a failure, run by the tool itself, the whole report compared.

mod format;
mod index;
mod package;

pub use format::{Definition, Expect, ExpectedVerdict, Fault, Need, Package, PackageKind};
