//! The builders that a platform may build with, each in a folder of its own.

pub mod nixpacks;
pub mod railpack;

mod buildable;
mod deploy_options;
mod detect;
mod kind;
mod pattern;
mod planned;

pub use buildable::{Buildable, Refused};
pub use deploy_options::DeployOptions;
pub use detect::{Asked, Builder, Detected, detect, version_on};
pub use kind::BuilderKind;
use pattern::regex;
pub use planned::Planned;
pub use railpack::RailpackAnswer;
