//! Which file an edit may touch: only a regular one inside the project, links followed.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Where `path` really is, relative to `root` (which has no links in it). `Err` says in words why it may not be edited.
pub(super) fn resolve(root: &Path, path: &Path) -> Result<PathBuf, String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) if name == ".git" => return Err("belongs to version control".to_owned()),
            Component::Normal(name) => parts.push(name),
            Component::CurDir => {}
            _ => return Err(OUTSIDE.to_owned()),
        }
    }
    let Some((name, folders)) = parts.split_last() else { return Err("names no file".to_owned()) };
    let folder = folder_of(root, folders).map_err(|error| format!("its folder cannot be opened: {error}"))?;
    let full = match fs::canonicalize(folder.join(name)) {
        Ok(full) => full,
        // A link that leads nowhere is no missing file: writing would go wherever it points.
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder.join(name)).is_err() => {
            folder.join(name)
        }
        Err(error) => return Err(format!("cannot be opened: {error}")),
    };
    let inside = full.strip_prefix(root).map_err(|_| OUTSIDE.to_owned())?;
    if inside.components().any(|part| part.as_os_str() == ".git") {
        return Err("belongs to version control".to_owned());
    }
    match fs::metadata(&full) {
        Ok(found) if !found.is_file() => Err("is not a regular file".to_owned()),
        _ => Ok(inside.to_owned()),
    }
}

/// Where the folders lead, links followed; those that are not there yet come after the last that is.
fn folder_of(root: &Path, folders: &[&OsStr]) -> io::Result<PathBuf> {
    for there in (0..=folders.len()).rev() {
        let (known, new) = folders.split_at(there);
        let folder = root.join(known.iter().collect::<PathBuf>());
        match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => return Ok(fs::canonicalize(folder)?.join(new.iter().collect::<PathBuf>())),
        }
    }
    fs::canonicalize(root)
}

const OUTSIDE: &str = "is outside the project";
