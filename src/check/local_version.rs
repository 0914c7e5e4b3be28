//! Versions that the public index cannot have.

use super::facts::Facts;
use super::facts::python;
use super::facts::requirements::{applies, is_used};
use super::finding::{Check, Findings, append_line, error};
use crate::project::requirements::Origin;

const LOCAL: Check = error(
    "local-version-without-index",
    "A version with a `+` (`+cpu`, `+cu121`) is somebody's own build. PyPI takes none, so that pip finds it only where a line or a variable \
     names the index that has it.",
);

pub(super) const CHECKS: &[Check] = &[LOCAL];

/// Packages whose own builds have an index of their own: https://download.pytorch.org/whl/cpu and its neighbours.
const TORCH: &[&str] = &["torch", "torchvision", "torchaudio", "torchtext", "torchdata"];
/// The index that has the local version `own` (`cpu`, `cu121`) of a package, where it is known.
pub(crate) fn index_of(name: &str, own: &str) -> Option<String> {
    TORCH.contains(&name).then(|| format!("https://download.pytorch.org/whl/{own}"))
}

/// Options and variables that lead pip elsewhere.
const OPTIONS: &[&str] = &["--index-url", "--extra-index-url", "--find-links"];
const VARIABLES: &[&str] = &["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || !is_used(facts) {
        return;
    }
    let requirements = facts.requirements();
    let by_line = requirements.options.iter().any(|option| OPTIONS.contains(&option.name));
    let by_variable = VARIABLES.iter().any(|name| facts.variable(name).is_some());
    let by_command =
        facts.commands().iter().any(|command| command.contains("index-url") || command.contains("--find-links"));
    if by_line || by_variable || by_command {
        return;
    }
    let python = python::planned(facts).unwrap_or_default();
    let entries = requirements
        .packages
        .iter()
        .filter(|entry| entry.requirement.origin == Origin::Index && applies(entry, &python));
    for entry in entries {
        let Some(name) = entry.requirement.name.as_deref() else { continue };
        let Some(local) = entry.requirement.pinned().filter(|version| version.is_local()) else { continue };
        let text = local.to_string();
        let own = text.rsplit('+').next().unwrap_or_default();
        let finding = LOCAL
            .found(format!("{name} {text} is on no public index, and nothing names another"))
            .about(format!("{name}=={text}"))
            .at(entry.source(), &entry.written);
        findings.push(match index_of(name, own) {
            Some(index) => finding.fix(
                format!("name PyTorch's index for {own}"),
                vec![append_line(facts.app.place("requirements.txt"), format!("--extra-index-url {index}"))],
            ),
            None => finding
                .help(format!("name the index that has it (`--extra-index-url`), or take {name} without `+{own}`")),
        });
    }
}
