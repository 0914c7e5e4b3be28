//! What the image that runs takes of what the steps have made.

use super::super::config::clean;
use super::super::gojson::go_quoted;
use super::super::{Plan, Step};
use super::MISE;
use super::copies::{NAMED_BY_PATTERN, is_pattern};
use crate::plan::FileSet;

/// Where a step's caches are mounted.
///
/// # Errors
/// The plan has no such cache: in Railpack's own words.
pub(super) fn mounts(plan: &Plan, step: &Step) -> Result<Vec<String>, String> {
    let directory = |name: &String| {
        let cache = plan.caches.get(name).ok_or_else(|| format!("cache with key {} not found", go_quoted(name)))?;
        Ok(cache.directory.clone())
    };
    step.caches.iter().map(directory).collect()
}

/// What the image takes of the build. What mise keeps is there in any case. Files of the project are taken from the build where that
/// has all of them, which is `whole`.
pub(super) fn files(plan: &Plan, whole: bool, doubts: &mut Vec<(String, String)>) -> Vec<FileSet> {
    let mut taken = Vec::new();
    for layer in &plan.deploy.inputs {
        if layer.step == MISE {
            continue;
        }
        // A local input brings a path's last name alone.
        let is_in_build = || whole && !layer.include.iter().any(|path| clean(path).contains('/'));
        if layer.local && !is_in_build() || !layer.image.is_empty() {
            let why = "only what steps have made is taken here".to_owned();
            doubts.push((format!("deploy.inputs: {}", layer.line()), why));
            continue;
        }
        let (patterns, include) = layer.include.iter().cloned().partition::<Vec<_>, _>(|path| is_pattern(path));
        if !patterns.is_empty() {
            doubts.push((format!("deploy.inputs: {}", layer.line()), NAMED_BY_PATTERN.to_owned()));
        }
        taken.extend(include.into_iter().map(|path| FileSet { include: vec![path], exclude: layer.exclude.clone() }));
    }
    taken
}
