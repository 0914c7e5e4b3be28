//! From the container that was built in to the one that the app runs in.

use std::path::Path;

use anyhow::Result;

use super::container::Container;
use super::engine::SOON;
use crate::plan::{FileSet, in_app};

/// What mise keeps: every image that runs takes it along.
const MISE: &[&str] =
    &["/mise/shims", "/mise/installs", "/usr/local/bin/mise", "/etc/mise/config.toml", "/root/.local/state/mise"];
/// A file that changes while it is packed is a warning, exit code 1: a process of the build may still be at work.
const PACK: &str = "tar -C / --anchored -c \"$@\" || [ $? -eq 1 ]";

/// Copies what is taken, but for what lies in `caches`; gives the paths that are not there to be taken.
pub(super) fn take(
    built: &Container,
    finished: &Container,
    taken: &[FileSet],
    caches: &[String],
) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    for path in MISE.iter().filter(|path| is_there(built, path).unwrap_or_default()) {
        hand_over(built, finished, path, &[])?;
    }
    for FileSet { include, exclude } in taken {
        let paths = include.iter().map(|path| in_app(path));
        for path in paths.filter(|path| !MISE.contains(&path.as_str())) {
            match without_caches(&path, exclude, caches) {
                Some(exclude) if is_there(built, &path)? => hand_over(built, finished, &path, &exclude)?,
                _ => missing.push(path),
            }
        }
    }
    Ok(missing)
}

/// What is left out of a path, the caches among it; none where all of it lies in one, and so in no layer.
fn without_caches(path: &str, exclude: &[String], caches: &[String]) -> Option<Vec<String>> {
    if caches.iter().any(|cache| Path::new(path).starts_with(cache)) {
        return None;
    }
    let inside = caches.iter().filter_map(|cache| Path::new(cache).strip_prefix(path).ok());
    let inside = inside.map(|rest| globset::escape(&rest.to_string_lossy()));
    Some(exclude.iter().cloned().chain(inside).collect())
}

fn is_there(container: &Container, path: &str) -> Result<bool> {
    Ok(container.ask("[ -e \"$1\" ] || [ -L \"$1\" ]", &[path], SOON)?.success)
}

/// One archive from one to the other, owners and links as they are.
fn hand_over(built: &Container, finished: &Container, path: &str, exclude: &[String]) -> Result<()> {
    let engine = built.engine();
    let inside = path.trim_start_matches('/');
    let mut pack: Vec<String> =
        ["exec", "--user", "0", built.name(), "/bin/bash", "-c", PACK, "shakedown"].map(str::to_owned).to_vec();
    pack.extend(exclude.iter().flat_map(|pattern| excluding(inside, pattern)));
    pack.push(inside.to_owned());
    let packed = duct::cmd(engine.program(), &pack);
    finished.send(packed, "exec tar -C \"$1\" -x", "/", &format!("copy {path} into the image that runs"))
}

/// BuildKit's pattern as tar's: a star stays within a name, two go through folders.
fn excluding(inside: &str, pattern: &str) -> Vec<String> {
    let pattern = pattern.trim_matches('/');
    if !pattern.contains("**") {
        return vec!["--no-wildcards-match-slash".to_owned(), format!("--exclude={inside}/{pattern}")];
    }
    let here = pattern.strip_prefix("**/").map(|here| format!("--exclude={inside}/{here}"));
    let below = format!("--exclude={inside}/{}", pattern.replace("**", "*"));
    ["--wildcards-match-slash".to_owned(), below].into_iter().chain(here).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_name_and_two_go_through_folders() {
        assert_eq!(excluding("app", "/*.csv"), ["--no-wildcards-match-slash", "--exclude=app/*.csv"]);
        let anywhere = ["--wildcards-match-slash", "--exclude=app/*/*.csv", "--exclude=app/*.csv"];
        assert_eq!(excluding("app", "**/*.csv"), anywhere);
    }

    #[test]
    fn what_lies_in_a_cache_is_not_taken() {
        let caches = ["/app/models".to_owned(), "/root/.cache/x".to_owned()];
        let left_out = |path: &str| without_caches(path, &[".venv".to_owned()], &caches);
        assert_eq!(left_out("/app").unwrap(), [".venv", "models"]);
        assert_eq!(left_out("/app/modelsets").unwrap(), [".venv"]);
        assert_eq!([left_out("/app/models"), left_out("/root/.cache/x/big")], [None, None]);
    }
}
