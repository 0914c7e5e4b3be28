//! From what is known of a failure to its cause. Pure: a [`Case`] in, [`Diagnosis`]es out, the primary one first.
//!
//! `table` holds the rules, a row each, with everything that is known of them. `detect` finds them in a log, `rank`
//! puts causes before consequences, `fixes` proposes edits, and `outcome` adds what a run of our own saw.
//!
//! [`Diagnosis`]: crate::finding::Diagnosis

mod case;
mod detect;
mod excerpt;
mod extra;
mod fixes;
mod hidden;
mod in_project;
mod judge;
mod left_out;
mod outcome;
mod own_credential;
mod own_database;
mod own_index;
mod own_module;
mod own_settings;
mod own_tables;
mod places;
mod railpack;
mod rank;
mod refine;
mod registry;
pub mod replay;
mod table;
mod unlocked;
mod view;

pub use case::Case;
pub use excerpt::telling_lines;
pub(crate) use in_project::manifest;
pub use judge::diagnose;
pub(crate) use places::path_of;
pub use registry::{Explained, explain, ids};
pub(crate) use table::Explanation;
pub(crate) use table::database::MISSING_DATA_FILE;
pub(crate) use table::machine::{DISK_FULL, OUT_OF_MEMORY};
pub(crate) use table::modules::MISSING_PYTHON_MODULE;
pub(crate) use table::platform::DUPLICATE_BOT_INSTANCE;
pub(crate) use table::python::LOCALE_MISSING;
pub(crate) use table::server::{HEALTHCHECK_FAILED, PORT_IN_USE};
pub(crate) use table::start::{PART_DIED, PROGRAM_GAVE_UP, START_PROGRAM_NOT_FOUND};
pub use table::{OF_ADDRESSES, OF_HOSTS, RULES, Rule, SERVICES, rule};
