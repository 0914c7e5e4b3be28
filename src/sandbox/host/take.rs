//! From the image that was built to the one that runs.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::layer::in_root;
use crate::fs::{DockerIgnore, tree};
use crate::plan::FileSet;

/// What the image has of its own, laid out when the sandbox was opened.
const OWN: &[&str] = &["/mise", "/usr/local/bin/mise", "/etc/mise", "/root/.local/state/mise"];

/// Moves what is taken into the root and the `/app` of the finished image. `outside` says where a path inside is. Gives the
/// paths that are not there to be taken.
pub(super) fn move_into(
    rootfs: &Path,
    app: &Path,
    outside: impl Fn(&str) -> PathBuf,
    taken: &[FileSet],
) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    // The last one to name a path has it; each is moved once.
    for FileSet { include, exclude } in taken {
        let excluded = DockerIgnore::parse(&exclude.join("\n"));
        for path in include {
            let inside = absolute(path);
            if OWN.iter().any(|own| inside == *own || inside.starts_with(&format!("{own}/"))) {
                continue;
            }
            let from = outside(&inside);
            let to = match Path::new(&inside).strip_prefix("/app") {
                Ok(rest) => app.join(rest),
                Err(_) => in_root(rootfs, &inside),
            };
            if from.symlink_metadata().is_err() {
                // What an earlier layer has taken is gone from here.
                if to.symlink_metadata().is_err() {
                    missing.push(inside);
                }
                continue;
            }
            let excluded = (!exclude.is_empty()).then_some(&excluded);
            transfer(&from, &to, Path::new(""), excluded)
                .with_context(|| format!("could not take {inside} into the image that runs"))?;
        }
    }
    Ok(missing)
}

/// A path of a step, which works in `/app`.
fn absolute(path: &str) -> String {
    let joined = if path.starts_with('/') { PathBuf::from(path) } else { Path::new("/app").join(path) };
    let parts = joined.components().filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

/// Moves what is not excluded; what is there already gives way, folders are merged.
fn transfer(from: &Path, to: &Path, within: &Path, excluded: Option<&DockerIgnore>) -> io::Result<()> {
    let is_folder = from.symlink_metadata()?.is_dir();
    let here = to.symlink_metadata();
    let plain = excluded.is_none() && here.is_err();
    if plain || !is_folder {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        if here.is_ok_and(|meta| !meta.is_dir()) {
            fs::remove_file(to)?;
        }
        return fs::rename(from, to).or_else(|_| copy(from, to));
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let path = within.join(&name);
        let is_dir = entry.file_type()?.is_dir();
        if !excluded.is_some_and(|patterns| patterns.excludes(&path, is_dir)) {
            transfer(&from.join(&name), &to.join(&name), &path, excluded)?;
        }
    }
    Ok(())
}

/// What cannot be moved because it is on another file system, as a layer that is mounted is.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = from.symlink_metadata()?.file_type();
    if kind.is_dir() {
        return tree::copy(from, to).map_err(io::Error::other);
    }
    match kind.is_symlink() {
        true => symlink(fs::read_link(from)?, to),
        false => fs::copy(from, to).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_merged_and_what_is_excluded_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let files = [
            ("from/.venv/x", ""),
            ("from/a/b.py", "new"),
            ("from/c.py", ""),
            ("from/d.txt", ""),
            ("from/a/d.txt", ""),
            ("to/a/old.py", ""),
        ];
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        transfer(&from, &to, Path::new(""), Some(&DockerIgnore::parse(".venv\n*.txt"))).unwrap();
        assert!(to.join("a/b.py").is_file() && to.join("a/old.py").is_file() && to.join("c.py").is_file());
        assert!(to.join("a/d.txt").is_file() && !to.join("d.txt").exists());
        assert!(!to.join(".venv").exists() && from.join(".venv/x").is_file());
    }

    #[test]
    fn paths_of_a_step_begin_in_app() {
        assert_eq!(
            [".", "dist", "/app/.venv", "/root/.cache"].map(absolute),
            ["/app", "/app/dist", "/app/.venv", "/root/.cache"]
        );
    }

    #[test]
    fn a_link_and_a_file_are_copied_as_what_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        symlink("/nowhere/python", at("link")).unwrap();
        fs::write(at("file"), "text").unwrap();
        copy(&at("link"), &at("link-2")).unwrap();
        copy(&at("file"), &at("file-2")).unwrap();
        assert_eq!(fs::read_link(at("link-2")).unwrap(), Path::new("/nowhere/python"));
        assert_eq!(fs::read_to_string(at("file-2")).unwrap(), "text");
    }
}
