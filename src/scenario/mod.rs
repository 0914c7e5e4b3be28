//! The regression suite: folders named after a failure, run by the tool itself, the whole report compared.
//!
//! [`discover`] finds scenarios, a [`Selection`] chooses, [`run`] runs them and keeps what comes of it in a [`State`].

mod attempt;
mod cure;
mod discover;
mod export;
mod format;
mod index;
mod judge;
pub mod kubernetes;
mod merge;
mod normalise;
mod options;
mod package;
mod page;
mod partition;
mod record;
mod result;
mod select;
mod settings;
mod state;
mod suite;
pub mod swarm;

pub use cure::cure;
pub use discover::{Broken, Collection, FILE, Scenario, SuiteError, discover};
pub use export::{json, json_schema, junit};
pub use format::{Definition, Expect, ExpectedVerdict, Fault, Need, Package, PackageKind, schema_address};
pub use merge::{MergeError, merge};
pub use options::{RunSettings, Within};
pub use page::html;
pub use partition::{Partition, Whole};
pub use record::{Asked, Recording, record};
pub use result::{Case, CaseResult, CaseStatus, Span, Summary};
pub use select::{HEAVY, Selected, Selection};
pub use settings::Settings;
pub use state::State;
pub use suite::{SuiteEvent, run};
