//! From what is known of a failure to its cause. Pure: a [`Case`] in, [`Diagnosis`]es out, the primary one first.

mod diagnosis;

pub use diagnosis::{Certainty, Diagnosis, Edit, Evidence, Fix, Severity};
