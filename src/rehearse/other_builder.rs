//! Projects that a builder builds which is not rehearsed here.

use super::rehearsal::Rehearsal;
use crate::builder::{Builder, Detected};
use crate::check::platform;
use crate::finding::{Certainty, Diagnosis, Evidence, Severity};

/// What is said in place of a run; none where the builder is one that is rehearsed here.
pub(super) fn rehearsal(detected: &Detected) -> Option<Rehearsal> {
    let (rule, message, help) = match &detected.builder {
        Builder::Nixpacks | Builder::Railpack(_) => return None,
        Builder::Dockerfile => (
            platform::DOCKERFILE.id,
            "a Dockerfile builds this project, and Dockerfiles are outside of what is rehearsed here".to_owned(),
            "build it with `docker build .`; --builder nixpacks rehearses Nixpacks' plan all the same",
        ),
        Builder::Other(name) => (
            platform::BUILDER.id,
            format!("{name} builds this project, and it is not rehearsed here"),
            "--builder nixpacks rehearses Nixpacks' plan all the same, --builder railpack Railpack's",
        ),
    };
    let diagnosis = Diagnosis {
        rule,
        severity: Severity::Warning,
        message,
        subject: Some(detected.builder.to_string()),
        evidence: vec![Evidence { source: detected.because.clone(), text: String::new() }],
        certainty: Certainty::Certain,
        help: Some(help.to_owned()),
        fixes: Vec::new(),
    };
    Some(Rehearsal {
        backend: "none".to_owned(),
        reason: "another builder builds this project".to_owned(),
        diagnoses: vec![diagnosis],
        is_elsewhere: true,
        ..Rehearsal::default()
    })
}
