//! Edits of a project worked out in memory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xxhash_rust::xxh3::xxh3_128;

use super::apply::{self, Write};
use super::diff::{self, Side};
use super::edit::{self, Refused};
use super::place;
use crate::finding::Edit;

/// Larger files are nothing that a person edits.
const LARGEST: u64 = 16 << 20;

/// The changed files of a project, as they were when first read and as they should become.
#[derive(Debug, Clone)]
pub struct Patch {
    root: PathBuf,
    files: BTreeMap<PathBuf, Change>,
}

#[derive(Debug, Clone)]
struct Change {
    before: Option<Vec<u8>>,
    mode: u32,
    after: Option<Vec<u8>>,
}

impl Patch {
    /// A patch that changes nothing yet.
    pub fn new(root: &Path) -> Result<Self> {
        let root = fs::canonicalize(root).with_context(|| format!("cannot open {}", root.display()))?;
        Ok(Self { root, files: BTreeMap::new() })
    }

    /// Adds edits that were worked out together, against the project as this patch leaves it so far: their line
    /// numbers are those before any of them. Each file is read once and remembered. On refusal nothing is added.
    pub fn add(&mut self, edits: &[Edit]) -> Result<(), Refused> {
        let mut files = self.files.clone();
        for edit in in_safe_order(edits) {
            let refuse = |why: String| Refused::new(edit.path(), why);
            let path = place::resolve(&self.root, edit.path()).map_err(refuse)?;
            let file = match files.entry(path) {
                std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => {
                    let read = Change::read(&self.root.join(new.key())).map_err(refuse)?;
                    new.insert(read)
                }
            };
            file.after = edit::change(edit, file.after.as_deref()).map_err(refuse)?;
        }
        self.files = files;
        Ok(())
    }

    /// Whether the project stays as it is.
    pub fn is_empty(&self) -> bool {
        self.changed().next().is_none()
    }

    /// The files that change, relative to the project, sorted.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.changed().map(|(path, _)| path.as_path())
    }

    /// What a file holds afterwards: `None` when this patch leaves it alone, `Some(None)` when it is removed.
    pub fn content(&self, path: &Path) -> Option<Option<&[u8]>> {
        let change = self.files.get(path).filter(|change| change.is_real())?;
        Some(change.after.as_deref())
    }

    /// All changes as one unified diff that `git apply` takes; empty when there are none.
    pub fn diff(&self) -> String {
        let side = |content: &Option<Vec<u8>>, mode: u32| (content.clone(), mode & 0o111 != 0);
        self.changed()
            .map(|(path, change)| {
                let (before, executable) = side(&change.before, change.mode);
                let before = Side { content: before.as_deref(), executable };
                diff::file(path, &before, &Side { content: change.after.as_deref(), executable })
            })
            .collect()
    }

    /// Writes the changed files over those of a copy of the project.
    pub fn write_to(&self, copy: &Path) -> Result<()> {
        let copy = fs::canonicalize(copy).with_context(|| format!("cannot open {}", copy.display()))?;
        for (path, change) in self.changed() {
            let shown = path.display();
            // The copy has the same links; one that leads out of it would let the trial change the project itself.
            if place::resolve(&copy, path).as_deref() != Ok(path) {
                bail!("{shown} is elsewhere in the copy at {}", copy.display());
            }
            let target = copy.join(path);
            match &change.after {
                Some(content) => fs::write(&target, content).with_context(|| format!("cannot write {shown}"))?,
                None => fs::remove_file(&target).with_context(|| format!("cannot remove {shown}"))?,
            }
        }
        Ok(())
    }

    /// Writes all changes into the project itself, or none: refuses when a file is not as it was read, and puts back
    /// what was already written when a later file cannot be.
    pub fn apply(&self) -> Result<()> {
        let mut writes = Vec::new();
        for (path, change) in self.changed() {
            if place::resolve(&self.root, path).as_deref() != Ok(path) {
                bail!("{} changed while it was being worked on; nothing was written, run again", path.display());
            }
            let path = self.root.join(path);
            writes.push(Write {
                path,
                before: change.before.as_deref(),
                after: change.after.as_deref(),
                mode: change.mode,
            });
        }
        apply::all(&writes)
    }

    /// What the changed files come to, to tell patches apart.
    pub(super) fn fingerprint(&self) -> Vec<(PathBuf, Option<u128>)> {
        self.changed().map(|(path, change)| (path.clone(), change.after.as_deref().map(xxh3_128))).collect()
    }

    fn changed(&self) -> impl Iterator<Item = (&PathBuf, &Change)> {
        self.files.iter().filter(|(_, change)| change.is_real())
    }
}

impl Change {
    fn read(path: &Path) -> Result<Self, String> {
        let unreadable = |error: io::Error| format!("cannot be read: {error}");
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { before: None, mode: 0o644, after: None });
            }
            Err(error) => return Err(unreadable(error)),
        };
        if found.len() > LARGEST {
            return Err(format!("is larger than {} MiB", LARGEST >> 20));
        }
        let content = crate::fs::read(path, crate::project::MAX_FILE).map_err(unreadable)?;
        Ok(Self { before: Some(content.clone()), mode: found.permissions().mode() & 0o7777, after: Some(content) })
    }

    fn is_real(&self) -> bool {
        self.before != self.after
    }
}

/// Edits by line of one file go from the last line to the first, so that none moves the lines of another.
fn in_safe_order(edits: &[Edit]) -> Vec<&Edit> {
    let line = |edit: &Edit| match edit {
        Edit::ReplaceLine { line, .. } | Edit::RemoveLine { line, .. } => Some(*line),
        _ => None,
    };
    let mut ordered: Vec<&Edit> = edits.iter().filter(|edit| line(edit).is_some()).collect();
    ordered.sort_by_key(|edit| std::cmp::Reverse(line(edit)));
    let mut by_line = ordered.into_iter();
    let is_by_line = |edit: &&Edit| line(edit).is_some();
    // Places of edits by line stay places of edits by line; only which of them comes when changes.
    edits.iter().filter_map(|edit| if is_by_line(&edit) { by_line.next() } else { Some(edit) }).collect()
}
