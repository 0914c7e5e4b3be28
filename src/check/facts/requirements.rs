//! What requirements.txt means for the plan.

pub(in crate::check) use super::inputs::REQUIREMENTS;

use super::inputs::Inputs;
use crate::check::finding::append_line;
use crate::finding::Edit;
use crate::project::marker::Platform;
use crate::project::requirements::{Entry, Origin};

/// Whether a line is in force in the plan's Python; what cannot be told is taken as in force.
pub(in crate::check) fn applies(entry: &Entry, python: &str) -> bool {
    entry.applies(&Platform::cloud(python)) != Some(false)
}

/// Whether the plan installs from this file.
pub(in crate::check) fn is_used(inputs: &Inputs<'_>) -> bool {
    inputs.manager() == Some("requirements")
        || inputs.install_choices().any(|choice| choice.value.contains(REQUIREMENTS))
}

/// Whether everything that is installed is named in requirements.txt.
pub(in crate::check) fn knows_all(inputs: &Inputs<'_>) -> bool {
    let requirements = inputs.requirements();
    let unnamed = requirements
        .packages
        .iter()
        .any(|entry| entry.requirement.editable || !matches!(entry.requirement.origin, Origin::Index));
    let elsewhere = requirements.options.iter().any(|option| option.name == "--requirement");
    let more = inputs.commands().into_iter().any(|command| {
        let plain = command.contains("pip install -r requirements.txt") && command.matches("install").count() == 1;
        !plain && command.contains("install")
    });
    !unnamed && !elsewhere && !more && requirements.invalid.is_empty() && !requirements.files.is_empty()
}

/// Adds a requirement.
pub(in crate::check) fn require(inputs: &Inputs<'_>, name: &str) -> Edit {
    append_line(inputs.app.place(REQUIREMENTS), name)
}
