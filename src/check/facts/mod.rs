//! What the checks know of a project beyond its files: read from the code, once, for all of them.

pub(super) mod code;
pub(super) mod environment;
mod paths;
pub(super) mod provided;
pub(super) mod reach;
pub(crate) mod scripts;
mod started;
pub(crate) mod unresolved;
