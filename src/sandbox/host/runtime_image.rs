//! From the image that was built to the one that runs.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::layer::in_root;
use crate::fs::{DockerIgnore, copy_sparse, tree};
use crate::plan::{FileSet, in_app};
use crate::sandbox::links;

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
            let inside = in_app(path);
            if OWN.iter().any(|own| inside == *own || inside.starts_with(&format!("{own}/"))) {
                continue;
            }
            // Commands may have put links on the way.
            let place = |at: &dyn Fn(&str) -> PathBuf| {
                let at = |inside: &Path| at(&inside.to_string_lossy());
                links::follow_to(Path::new(&inside), at).map(|inside| at(&inside))
            };
            let from = place(&outside);
            let to = place(&|inside| match Path::new(inside).strip_prefix("/app") {
                Ok(rest) => app.join(rest),
                Err(_) => in_root(rootfs, inside),
            });
            let (Some(from), Some(to)) = (from, to) else {
                missing.push(inside);
                continue;
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

/// Moves what is not excluded; what is there already gives way, folders are merged.
fn transfer(from: &Path, to: &Path, within: &Path, excluded: Option<&DockerIgnore>) -> io::Result<()> {
    let is_folder = from.symlink_metadata()?.is_dir();
    let here = to.symlink_metadata();
    let is_free = here.as_ref().map_or(true, |meta| !meta.is_dir());
    if let Some(parent) = to.parent().filter(|_| is_free) {
        fs::create_dir_all(parent)?;
    }
    // A link in the place of a folder would lead elsewhere what is put into it.
    if is_free && here.is_ok() {
        fs::remove_file(to)?;
    }
    if !is_folder || is_free && excluded.is_none() {
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
    match kind {
        kind if kind.is_symlink() => symlink(fs::read_link(from)?, to),
        kind if kind.is_file() => copy_sparse(from, to),
        // A pipe, a socket or a device: nobody waits for one.
        _ => Ok(()),
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

    /// Folders of two images and one outside, and what taking `paths` gives.
    fn taken(dir: &Path, paths: &[&str]) -> Result<Vec<String>> {
        let outside = |inside: &str| match inside.strip_prefix("/app") {
            Some(rest) => in_root(&dir.join("built-app"), rest),
            None => in_root(&dir.join("built"), inside),
        };
        let include = paths.iter().map(|&path| path.to_owned()).collect();
        let sets = [FileSet { include, exclude: Vec::new() }];
        move_into(&dir.join("finished"), &dir.join("finished-app"), outside, &sets)
    }

    fn images() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["built/opt/real", "built-app", "finished", "finished-app", "host/sub"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        for (file, text) in [("host/secret", "theirs"), ("host/sub/f", "theirs"), ("built/opt/real/f", "ours")] {
            fs::write(dir.path().join(file), text).unwrap();
        }
        dir
    }

    #[test]
    fn no_link_of_a_build_leads_out_of_its_image() {
        let dir = images();
        let (at, host) = (|name: &str| dir.path().join(name), dir.path().join("host"));
        symlink(&host, at("built/opt/x")).unwrap();
        symlink(&host, at("built-app/y")).unwrap();
        symlink("../../../../../../../../../..", at("built/opt/up")).unwrap();
        symlink("round", at("built/opt/round")).unwrap();
        let up = format!("/opt/up{}/secret", host.display());
        let paths = ["/opt/x/secret", "/app/y/sub", &up, "/opt/round/f"];
        assert_eq!(taken(dir.path(), &paths).unwrap(), paths);
        assert_eq!(fs::read_to_string(at("host/secret")).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(at("host/sub/f")).unwrap(), "theirs");
    }

    #[test]
    fn links_lead_within_the_image_as_they_do_there() {
        let dir = images();
        let at = |name: &str| dir.path().join(name);
        symlink("/opt/real", at("built-app/data")).unwrap();
        symlink("real", at("built/opt/current")).unwrap();
        assert_eq!(taken(dir.path(), &["/app/data/f"]).unwrap(), [""; 0]);
        assert_eq!(fs::read_to_string(at("finished-app/data/f")).unwrap(), "ours");
        fs::write(at("built/opt/real/g"), "ours").unwrap();
        assert_eq!(taken(dir.path(), &["/opt/current/g"]).unwrap(), [""; 0]);
        assert_eq!(fs::read_to_string(at("finished/opt/current/g")).unwrap(), "ours");
    }

    #[test]
    fn a_link_that_was_taken_before_leads_nothing_elsewhere() {
        let dir = images();
        let at = |name: &str| dir.path().join(name);
        symlink(at("host"), at("finished-app/d")).unwrap();
        symlink(at("host"), at("finished/opt")).unwrap();
        fs::create_dir(at("built-app/d")).unwrap();
        for file in ["built-app/d/secret", "built-app/d/new"] {
            fs::write(at(file), "ours").unwrap();
        }
        let sets = [FileSet { include: vec!["/app/d".to_owned()], exclude: vec!["new".to_owned()] }];
        let outside = |inside: &str| in_root(&at("built-app"), inside.trim_start_matches("/app"));
        move_into(&at("finished"), &at("finished-app"), outside, &sets).unwrap();
        assert_eq!(fs::read_to_string(at("finished-app/d/secret")).unwrap(), "ours");
        assert!(!at("host/new").exists());
        taken(dir.path(), &["/opt/real"]).unwrap();
        assert!(!at("host/real").exists());
        assert_eq!(fs::read_to_string(at("host/secret")).unwrap(), "theirs");
    }

    #[test]
    fn what_cannot_be_moved_is_not_waited_for_and_holes_stay_holes() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        fs::File::create(at("holes")).unwrap().set_len(1 << 40).unwrap();
        copy(&at("pipe"), &at("pipe-2")).unwrap();
        copy(&at("holes"), &at("holes-2")).unwrap();
        assert!(!at("pipe-2").exists());
        assert_eq!(at("holes-2").metadata().unwrap().len(), 1 << 40);
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
