//! What a command read of the project, and whether that is still so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::tree::{self, Tree};

/// What of `/app` counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sandbox) enum Reads {
    /// All of it, times included: the digest.
    All(String),
    /// All names, and the contents of some files.
    Some {
        /// The digest of all names.
        names: String,
        /// The digest of each file that was read.
        files: BTreeMap<PathBuf, String>,
    },
}

/// `/app` as it is now, looked at no more often than it takes.
#[derive(Debug)]
pub(in crate::sandbox) struct Now<'a> {
    app: &'a Path,
    tree: &'a Tree,
    names: String,
    all: Option<String>,
    files: BTreeMap<PathBuf, Option<String>>,
}

impl<'a> Now<'a> {
    /// `names` is the digest of all names that count.
    pub(in crate::sandbox) fn new(app: &'a Path, tree: &'a Tree, names: String) -> Self {
        Self { app, tree, names, all: None, files: BTreeMap::new() }
    }

    /// The digest of everything.
    pub(in crate::sandbox) fn all(&mut self) -> Result<String> {
        if let Some(all) = &self.all {
            return Ok(all.clone());
        }
        let all = tree::everything(self.app, self.tree)?;
        self.all = Some(all.clone());
        Ok(all)
    }

    /// What is other than a command found it; none where it would find the same.
    pub(in crate::sandbox) fn difference(&mut self, reads: &Reads) -> Result<Option<String>> {
        match reads {
            Reads::All(all) if *all == self.all()? => Ok(None),
            Reads::All(_) => Ok(Some("a file of the project has changed".to_owned())),
            Reads::Some { names, .. } if *names != self.names => {
                Ok(Some("a file of the project came, went or has other permissions".to_owned()))
            }
            Reads::Some { files, .. } => {
                let changed = files.iter().find(|(path, digest)| self.file(path).as_ref() != Some(digest));
                Ok(changed.map(|(path, _)| format!("{} has changed", path.display())))
            }
        }
    }

    fn file(&mut self, path: &Path) -> Option<String> {
        let app = self.app;
        self.files.entry(path.to_owned()).or_insert_with(|| tree::content(&app.join(path)).ok()).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_edit_counts_where_the_file_was_read() {
        let app = tempfile::tempdir().unwrap();
        for name in ["requirements.txt", "main.py"] {
            fs::write(app.path().join(name), name).unwrap();
        }
        let difference = |reads: &Reads| {
            let tree = tree::list(app.path()).unwrap();
            Now::new(app.path(), &tree, tree::names(&tree)).difference(reads).unwrap()
        };
        let tree = tree::list(app.path()).unwrap();
        let read = "requirements.txt";
        let files = [(PathBuf::from(read), tree::content(&app.path().join(read)).unwrap())].into();
        let some = Reads::Some { names: tree::names(&tree), files };
        let all = Reads::All(Now::new(app.path(), &tree, tree::names(&tree)).all().unwrap());
        assert_eq!((difference(&some), difference(&all)), (None, None));
        fs::write(app.path().join("main.py"), "other").unwrap();
        assert_eq!(difference(&some), None);
        assert_eq!(difference(&all).unwrap(), "a file of the project has changed");
        fs::write(app.path().join(read), "other").unwrap();
        assert_eq!(difference(&some).unwrap(), "requirements.txt has changed");
        fs::write(app.path().join("new"), "").unwrap();
        assert_eq!(difference(&some).unwrap(), "a file of the project came, went or has other permissions");
    }
}
