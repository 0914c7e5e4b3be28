//! The interpreter that Railpack asks mise for, and whether it can be had.

use crate::builder::RailpackAnswer;
use crate::builder::railpack::{Planned, Version};
use crate::catalog::python::{is_attested, is_prebuilt};
use crate::check::Check;
use crate::check::facts::Facts;
use crate::check::finding::{Finding, Findings, append_line, error, replace_once, warning};
use crate::project::{Project, Source};

use super::line::text_at;

pub(crate) const NOT_PREBUILT: Check = error(
    "railpack-python-not-prebuilt",
    "mise installs ready-made builds of CPython. Some patch releases never had one, and the build ends with `no precompiled python found`.",
)
.decides_or_doubts();
pub(crate) const UNATTESTED: Check = error(
    "railpack-python-unattested",
    "From Railpack 0.24 on, mise wants an attestation of the build of CPython that it installs. Builds from before February 2025 have none, and \
     the build ends with `No GitHub artifact attestations found`.",
)
.decides_or_doubts();
const NOT_KNOWN: Check = error(
    "railpack-python-unknown",
    "Railpack asks mise for the newest release that begins with what is asked for, and a release that is not out ends the build with `failed \
     to resolve version`. The table of releases here has a day, and what came out after it is not known.",
)
.decides_or_doubts();
const FILE_WINS: Check = warning(
    "railpack-python-file-wins",
    "In the build mise reads the project's own .python-version, .tool-versions or mise.toml, and what stands there beats the version that \
     RAILPACK_PYTHON_VERSION or railpack.json asked for.",
);

pub(super) const CHECKS: &[Check] = &[NOT_PREBUILT, UNATTESTED, NOT_KNOWN, FILE_WINS];

/// The first release whose mise asks for attestations.
const ASKS: Version = Version::new(0, 24, 0);

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    let planned = &answer.planned;
    let Some(choice) = planned.choices.iter().rfind(|choice| choice.what == "packages.python") else { return };
    let overruled = planned.overruling_python();
    if let Some(file) = overruled {
        findings.push(
            FILE_WINS
                .found(format!("Python {} of {} is installed, not {}", file.value, file.source, choice.value))
                .about(file.value.clone())
                .at(file.source.clone(), text_at(project, &file.source))
                .at(choice.because.clone(), text_at(project, &choice.because))
                .likely()
                .help("name the version in that file alone"),
        );
    }
    let (value, because) = overruled.map_or((&choice.value, &choice.because), |file| (&file.value, &file.source));
    let is_number = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_known =
        !planned.unverified.iter().any(|note| note.tool == "python" && !note.known && is_number(&note.version));
    let asked = exact(value);
    if !is_known && asked.is_none_or(is_prebuilt) {
        findings.push(unknown(project, planned, value, because));
        return;
    }
    let Some(asked) = asked else { return };
    let finding = match (is_prebuilt(asked), is_attested(asked) || planned.version < ASKS) {
        (false, _) => NOT_PREBUILT.found(format!("there is no ready-made build of Python {value}")),
        // By the dates of the builds; nobody lists the attestations.
        (true, false) => UNATTESTED.found(format!("the build of Python {value} has no attestation")).likely(),
        (true, true) => return,
    };
    let finding = if overruled.is_some() { finding.likely() } else { finding };
    let line = text_at(project, because);
    let (major, minor, _) = asked;
    let finding = finding
        .about(value.clone())
        .at(because.clone(), &line)
        .help(format!("ask for {major}.{minor} alone, or for its newest patch release"));
    findings.push(renamed(finding, because, &line, value, &format!("{major}.{minor}")));
}

/// A release that no table has: it may have come out since.
fn unknown(project: &Project, planned: &Planned, value: &str, because: &Source) -> Finding {
    let finding = NOT_KNOWN.found(format!("no release {value} of Python is known: {} has none", planned.table()));
    let finding = finding.about(value).at(because.clone(), text_at(project, because)).likely();
    finding.help("ask for a minor version that is out, for example 3.13, or give a newer table (--versions)")
}

/// What asks for the Python that is installed.
pub(super) fn place_of(answer: &RailpackAnswer) -> Option<Source> {
    let choice = answer.planned.choices.iter().rfind(|choice| choice.what == "packages.python");
    choice.map(|choice| choice.because.clone())
}

/// Asks for another version, where the present one stands in a line of a file.
fn renamed(finding: Finding, because: &Source, line: &str, now: &str, wanted: &str) -> Finding {
    match replace_once(because, line, now, wanted) {
        Some(edit) => finding.fix(format!("ask for Python {wanted}"), vec![edit]),
        None => finding,
    }
}

/// Names another version where the present one is named, or in a file of its own.
pub(in crate::check) fn take(facts: &Facts<'_>, answer: &RailpackAnswer, finding: Finding, version: &str) -> Finding {
    let planned = &answer.planned;
    let Some(choice) = planned.choices.iter().rfind(|choice| choice.what == "packages.python") else { return finding };
    let asked = planned.packages.iter().find(|package| package.name == "python").map(|package| &package.asked);
    let of_file = planned.python_of_file.as_ref().map(|file| (&file.source, Some(&file.value)));
    match of_file.unwrap_or((&choice.because, asked)) {
        (Source::Default(_), _) => {
            let edit = append_line(facts.app.place(".python-version"), version);
            finding.fix(format!("take Python {version}"), vec![edit])
        }
        (because, Some(asked)) => renamed(finding, because, &text_at(facts.project, because), asked, version),
        (_, None) => finding,
    }
}

/// A version of three parts.
fn exact(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split('.').map(str::parse::<u32>);
    let found = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    parts.next().is_none().then_some(found)
}
