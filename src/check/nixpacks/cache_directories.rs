//! Directories of a cache among the app's files.

use std::path::Path;

use crate::check::facts::Facts;
use crate::check::finding::{Check, Findings, remove_item, warning};
use crate::plan::in_app;
use crate::project::Source;

const IN_APP: Check = warning(
    "cache-directory-in-app",
    "A directory of cacheDirectories is mounted while its phase runs and is no part of the image, so that nothing which the build puts there is \
     found when the app starts.",
);

pub(super) const CHECKS: &[Check] = &[IN_APP];

/// Directories below /app that tools keep for themselves alone.
const OF_TOOLS: &[&str] =
    &["node_modules", ".cache", ".next", ".npm", ".yarn", ".ruff_cache", ".mypy_cache", "__pycache__"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let phases = facts.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
    for (name, phase) in phases {
        let what = format!("phases.{name}.cacheDirectories");
        for directory in phase.cache_directories.iter() {
            let place = in_app(directory);
            let Ok(inside) = Path::new(&place).strip_prefix("/app") else { continue };
            let is_of_a_tool = inside.iter().any(|part| OF_TOOLS.iter().any(|tool| part == *tool));
            let because = facts.derived().and_then(|derived| {
                derived.choices.iter().find(|choice| choice.what == what && choice.value == *directory)
            });
            let Some(because) = because.map(|choice| &choice.because).filter(|_| !is_of_a_tool) else { continue };
            let finding = IN_APP
                .found(format!("what the {name} phase puts into {directory} is not in the image"))
                .about(directory.as_str())
                .at(because.clone(), facts.line(because));
            let finding = finding.likely().help("take it out of cacheDirectories, or have the build write elsewhere");
            findings.push(match because {
                Source::File { path, .. } => finding.fix(
                    format!("take {directory} out of cacheDirectories"),
                    vec![remove_item(path, &["phases", name, "cacheDirectories"], directory)],
                ),
                _ => finding,
            });
        }
    }
}
