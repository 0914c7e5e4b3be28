//! The interpreter that Railpack asks mise for, and whether it can be had.

use crate::builder::OfRailpack;
use crate::builder::railpack::Version;
use crate::catalog::python::{is_attested, is_prebuilt};
use crate::check::Check;
use crate::check::finding::{Findings, error};
use crate::project::Project;

pub(crate) const NOT_PREBUILT: Check = error(
    "railpack-python-not-prebuilt",
    "mise installs ready-made builds of CPython. Some patch releases never had one, and the build ends with `no precompiled python found`.",
);
pub(crate) const UNATTESTED: Check = error(
    "railpack-python-unattested",
    "From Railpack 0.24 on, mise wants an attestation of the build of CPython that it installs. Builds from before February 2025 have none, and \
     the build ends with `No GitHub artifact attestations found`.",
);

pub(super) const CHECKS: &[Check] = &[NOT_PREBUILT, UNATTESTED];

/// The first release whose mise asks for attestations.
const ASKS: Version = Version::new(0, 24, 0);

pub(super) fn look(project: &Project, answer: &OfRailpack, findings: &mut Findings) {
    let planned = &answer.planned;
    let Some(choice) = planned.choices.iter().rfind(|choice| choice.what == "packages.python") else { return };
    let Some(asked) = exact(&choice.value) else { return };
    let finding = match (is_prebuilt(asked), is_attested(asked) || planned.version < ASKS) {
        (false, _) => NOT_PREBUILT.found(format!("there is no ready-made build of Python {}", choice.value)),
        (true, false) => UNATTESTED.found(format!("the build of Python {} has no attestation", choice.value)),
        (true, true) => return,
    };
    let line = match &choice.because {
        crate::project::Source::File { path, line: Some(line) } => {
            project.read_text(path).ok().and_then(|text| text.lines().nth(line - 1).map(str::to_owned))
        }
        _ => None,
    };
    let (major, minor, _) = asked;
    findings.push(
        finding
            .about(choice.value.clone())
            .at(choice.because.clone(), line.unwrap_or_default())
            .help(format!("ask for {major}.{minor} alone, or for its newest patch release")),
    );
}

/// A version of three parts.
fn exact(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split('.').map(str::parse::<u32>);
    let found = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    parts.next().is_none().then_some(found)
}
