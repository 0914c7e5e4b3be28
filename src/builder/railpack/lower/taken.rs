//! What the image that runs takes of what the steps have made.

use std::path::Path;

use super::super::config::clean;
use super::super::gojson::go_quoted;
use super::super::{Plan, Step};
use super::MISE;
use super::copies::{NAMED_BY_PATTERN, is_pattern};
use crate::plan::FileSet;

/// Where a step's caches are mounted.
pub(super) fn mounts<'p>(plan: &'p Plan, step: &'p Step) -> Result<Vec<&'p str>, String> {
    let directory = |name: &'p String| {
        let cache = plan.caches.get(name).ok_or_else(|| format!("cache with key {} not found", go_quoted(name)))?;
        Ok(cache.directory.as_str())
    };
    step.caches.iter().map(directory).collect()
}

/// A path of a step from the root on.
fn absolute(path: &str) -> String {
    clean(&if path.starts_with('/') { path.to_owned() } else { format!("/app/{path}") })
}

/// Takes nothing of what is mounted in a build, which no layer holds.
fn without_caches(taken: FileSet, caches: &[String]) -> Vec<FileSet> {
    let FileSet { include, exclude } = taken;
    let without = |path: String| {
        let place = absolute(&path);
        if caches.iter().any(|cache| Path::new(&place).starts_with(cache)) {
            return None;
        }
        let inside = caches.iter().filter_map(|cache| Path::new(cache).strip_prefix(&place).ok());
        let inside = inside.map(|rest| globset::escape(&rest.to_string_lossy()));
        Some(FileSet { include: vec![path], exclude: exclude.iter().cloned().chain(inside).collect() })
    };
    include.into_iter().filter_map(without).collect()
}

/// What the image takes of the build. What mise keeps is there in any case. Files of the project are taken from the build where that
/// has all of them, which is `whole`.
pub(super) fn files(plan: &Plan, whole: bool, doubts: &mut Vec<(String, String)>) -> Vec<FileSet> {
    let mut taken = Vec::new();
    let mounts = plan.steps.iter().flat_map(|step| mounts(plan, step).unwrap_or_default());
    let caches: Vec<String> = mounts.map(absolute).collect();
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
        taken.extend(without_caches(FileSet { include, exclude: layer.exclude.clone() }, &caches));
    }
    taken
}
