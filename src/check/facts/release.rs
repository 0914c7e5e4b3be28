//! Which release of a package the deploy gets, as far as files tell.

use pep440_rs::Version;

use super::inputs::Inputs;
use super::provided::locked_version;
use super::python;

/// A release that changed something.
pub(in crate::check) struct Release {
    /// The distribution.
    pub(in crate::check) of: &'static str,
    /// The first with the change.
    pub(in crate::check) first: [u64; 2],
    /// The minor version of the oldest Python 3 that it installs on, by its Requires-Python.
    pub(in crate::check) python: u32,
}

impl Release {
    /// Whether the deploy has it or a later one; none where no file names the package. Where the bounds leave a choice, an install takes
    /// the newest that they let in.
    pub(in crate::check) fn is_in(&self, inputs: &Inputs<'_>) -> Option<bool> {
        let first = Version::new(self.first);
        let entry = inputs.requirements().of(self.of).next();
        let pinned = entry.and_then(|entry| entry.requirement.pinned().cloned());
        if let Some(version) = pinned.or_else(|| locked_version(inputs, self.of)?.parse().ok()) {
            return Some(version >= first);
        }
        let bounds = &entry?.requirement.specifiers;
        let minor = python::planned(inputs).and_then(|python| python.split('.').nth(1)?.parse::<u32>().ok());
        if minor.is_some_and(|minor| minor < self.python) {
            return Some(false);
        }
        let named = bounds.iter().map(pep440_rs::VersionSpecifier::version).filter(|named| **named >= first).cloned();
        let far = Version::new([9999]);
        Some(named.chain([first.clone(), far]).any(|version| bounds.contains(&version)))
    }
}
