//! What a command read of the project, and whether that is still so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::tree::{self, Tree};

/// More names than this are not kept beside their digest: a record is read before every run.
const MOST_LISTED: usize = 2000;

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
        /// The names themselves, for a message; none where there are too many.
        listed: Vec<PathBuf>,
        /// The digest of each file that was read.
        files: BTreeMap<PathBuf, String>,
    },
}

/// The names of a tree in order, for [`Reads::Some`].
pub(in crate::sandbox) fn listed(tree: &Tree) -> Vec<PathBuf> {
    if tree.len() > MOST_LISTED { Vec::new() } else { tree.keys().cloned().collect() }
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
            Reads::Some { names, listed, files } => {
                let changed = files.iter().find(|(path, digest)| self.file(path).as_ref() != Some(digest));
                Ok(match changed {
                    Some((path, _)) if self.tree.contains_key(path) => Some(format!("{} has changed", path.display())),
                    Some((path, _)) => Some(format!("{} is gone", path.display())),
                    None => (*names != self.names).then(|| self.other_names(listed)),
                })
            }
        }
    }

    /// How the names are other than they were.
    fn other_names(&self, before: &[PathBuf]) -> String {
        let came = || self.tree.keys().find(|path| before.binary_search(path).is_err());
        let went = before.iter().find(|path| !self.tree.contains_key(*path));
        match (went, came()) {
            (Some(path), _) => format!("{} is gone", path.display()),
            (None, Some(path)) if !before.is_empty() => format!("{} is new", path.display()),
            _ => "a file of the project came, went or has other permissions".to_owned(),
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
        let some = Reads::Some { names: tree::names(&tree), listed: listed(&tree), files };
        let all = Reads::All(Now::new(app.path(), &tree, tree::names(&tree)).all().unwrap());
        assert_eq!((difference(&some), difference(&all)), (None, None));
        fs::write(app.path().join("main.py"), "other").unwrap();
        assert_eq!(difference(&some), None);
        assert_eq!(difference(&all).unwrap(), "a file of the project has changed");
        fs::write(app.path().join("new"), "").unwrap();
        assert_eq!(difference(&some).unwrap(), "new is new");
        fs::rename(app.path().join("main.py"), app.path().join("moved.py")).unwrap();
        assert_eq!(difference(&some).unwrap(), "main.py is gone");
        // What is in a file tells more.
        fs::write(app.path().join(read), "other").unwrap();
        assert_eq!(difference(&some).unwrap(), "requirements.txt has changed");
        fs::write(app.path().join(read), read).unwrap();
        let Reads::Some { names, files, .. } = some.clone() else { panic!() };
        let unlisted = Reads::Some { names, listed: Vec::new(), files };
        assert_eq!(difference(&unlisted).unwrap(), "a file of the project came, went or has other permissions");
        fs::remove_file(app.path().join(read)).unwrap();
        assert_eq!(difference(&some).unwrap(), "requirements.txt is gone");
    }
}
