//! From the container that was built in to the one that the app runs in.

use std::path::{Component, Path};

use anyhow::Result;

use super::container::Container;
use super::engine::SOON;
use crate::plan::FileSet;

/// What mise keeps: every image that runs takes it along.
const MISE: &[&str] =
    &["/mise/shims", "/mise/installs", "/usr/local/bin/mise", "/etc/mise/config.toml", "/root/.local/state/mise"];
/// A file that changes while it is packed is a warning, exit code 1: a process of the build may still be at work.
const PACK: &str = "tar -C / --anchored -c \"$@\" || [ $? -eq 1 ]";
/// Where a build writes, for a layer that takes all of a step.
const ALL: &[&str] = &["/app", "/root", "/opt", "/srv"];

/// Copies what is taken; gives the paths that are not there to be taken.
pub(super) fn take(built: &Container, finished: &Container, taken: &[FileSet]) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    for path in MISE.iter().filter(|path| is_there(built, path).unwrap_or_default()) {
        hand_over(built, finished, path, &[])?;
    }
    for FileSet { include, exclude } in taken {
        let every = ALL.iter().filter(|path| is_there(built, path).unwrap_or_default());
        let paths: Vec<String> = match include.is_empty() {
            true => every.map(|path| (*path).to_owned()).collect(),
            false => include.iter().map(|path| absolute(path)).collect(),
        };
        for path in paths.into_iter().filter(|path| !MISE.contains(&path.as_str())) {
            match is_there(built, &path)? {
                true => hand_over(built, finished, &path, exclude)?,
                false => missing.push(path),
            }
        }
    }
    Ok(missing)
}

fn is_there(container: &Container, path: &str) -> Result<bool> {
    Ok(container.ask("[ -e \"$1\" ] || [ -L \"$1\" ]", &[path], SOON)?.success)
}

/// A path of a step, which works in `/app`.
fn absolute(path: &str) -> String {
    let joined = Path::new("/app").join(path);
    let parts = joined.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

/// One archive from one to the other, owners and links as they are.
fn hand_over(built: &Container, finished: &Container, path: &str, exclude: &[String]) -> Result<()> {
    let engine = built.engine();
    let inside = path.trim_start_matches('/');
    let mut pack: Vec<String> =
        ["exec", "--user", "0", built.name(), "/bin/bash", "-c", PACK, "shakedown"].map(str::to_owned).to_vec();
    pack.extend(exclude.iter().map(|pattern| match pattern.strip_prefix("**/") {
        Some(anywhere) => format!("--exclude={inside}/*/{anywhere}"),
        None => format!("--exclude={inside}/{}", pattern.trim_matches('/')),
    }));
    pack.push(inside.to_owned());
    let packed = duct::cmd(engine.program(), &pack);
    finished.unpack(packed, "exec tar -C \"$1\" -x", "/", &format!("copy {path} into the image that runs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_step_begin_in_app() {
        assert_eq!(
            [".", "dist", "/app/.venv", "/root/../opt"].map(absolute),
            ["/app", "/app/dist", "/app/.venv", "/root/opt"]
        );
    }
}
