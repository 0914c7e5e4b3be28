//! What is in the user's folder, read with places (file and line). Never writes, never runs.

mod below;
pub mod compose;
mod error;
pub(crate) mod hujson;
mod index;
mod keys;
pub mod marker;
pub(crate) mod procfile;
pub mod pyproject;
mod repository;
pub mod requirements;
mod search;
mod source;
mod sourced;
mod text;

pub use error::InputError;
pub use index::GitIndex;
pub use keys::KeyLines;
pub use repository::Repository;
pub use search::Search;
pub use source::Source;
pub use sourced::Sourced;
pub use text::{Decoded, Encoding, decode, line_at, line_containing};

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The most that is read of any single file.
pub const MAX_FILE: u64 = 64 << 20;

/// A folder that somebody deploys.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    prefix: PathBuf,
    search: Arc<OnceLock<Search>>,
    index: Arc<OnceLock<Option<GitIndex>>>,
    repository: Option<Repository>,
}

impl Project {
    /// Opens a folder; links on the way to it are resolved.
    pub fn open(path: &Path) -> Result<Self, InputError> {
        let root = fs::canonicalize(path).map_err(|error| InputError::new(path, open_fault(&error)))?;
        let unreadable = |error: io::Error| InputError::new(path, open_fault(&error));
        if !fs::metadata(&root).map_err(unreadable)?.is_dir() {
            return Err(InputError::new(path, "is a file, not a folder: give the folder that is deployed"));
        }
        fs::read_dir(&root).map_err(unreadable)?;
        Ok(Self::at(root, PathBuf::new()))
    }

    fn at(root: PathBuf, prefix: PathBuf) -> Self {
        Self { root, prefix, search: Arc::default(), index: Arc::default(), repository: None }
    }

    /// The same folder, deployed alone out of a repository.
    pub fn within(self, repository: Option<Repository>) -> Self {
        Self { repository, ..self }
    }

    /// The root of the repository around it, where it is deployed alone out of one.
    pub fn repository(&self) -> Option<Self> {
        let Repository { root, place } = self.repository.clone()?;
        Some(Self::at(root, place))
    }

    /// What git tracks of the folder; none outside of a repository.
    pub fn git_index(&self) -> Option<&GitIndex> {
        self.index.get_or_init(|| GitIndex::of(&self.root)).as_ref()
    }

    /// The project's root folder, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A sub-folder (links resolved) as a project of its own, whose places stay relative to this one.
    pub fn enter(&self, dir: &Path) -> Result<Self, InputError> {
        let unreadable = |error: io::Error| InputError::new(self.place(dir), open_fault(&error));
        let root = fs::canonicalize(self.root.join(dir)).map_err(unreadable)?;
        fs::read_dir(&root).map_err(unreadable)?;
        Ok(Self::at(root, self.place(dir)))
    }

    /// A path of this project as it is shown: relative to the folder that was opened.
    pub fn place(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.prefix.join(path.strip_prefix(&self.root).unwrap_or(path))
    }

    /// A whole file as the source of a fact.
    pub fn file(&self, path: impl AsRef<Path>) -> Source {
        Source::File { path: self.place(path), line: None }
    }

    /// A line of a file as the source of a fact.
    pub fn line(&self, path: impl AsRef<Path>, line: Option<usize>) -> Source {
        Source::File { path: self.place(path), line }
    }

    /// Whether `name` is a file (or a link to one).
    pub fn has_file(&self, name: impl AsRef<Path>) -> bool {
        self.root.join(name).is_file()
    }

    /// Whether `name` is a folder (or a link to one).
    pub fn has_folder(&self, name: impl AsRef<Path>) -> bool {
        self.root.join(name).is_dir()
    }

    /// The file of a Python module, by the path that its dotted name stands for (`a/b` of `a.b`): a package wins over a file of the
    /// same name, as for Python.
    pub fn module_at(&self, place: impl AsRef<Path>) -> Option<PathBuf> {
        let place = place.as_ref();
        let name = place.file_name()?.to_str()?;
        [place.join("__init__.py"), place.with_file_name(format!("{name}.py"))]
            .into_iter()
            .find(|file| self.has_file(file))
    }

    /// The folders directly inside, links to folders among them, sorted.
    pub fn folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut found: Vec<_> = entries.filter(is_folder).map(|e| PathBuf::from(e.file_name())).collect();
        found.sort();
        found
    }

    /// The names of the files directly inside, links to files among them, sorted.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let names = entries.filter(is_file).filter_map(|entry| entry.file_name().into_string().ok());
        let mut found: Vec<String> = names.collect();
        found.sort();
        found
    }

    /// The content of a file, at most [`MAX_FILE`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Vec<u8>, InputError> {
        let path = path.as_ref();
        let fault = |error: io::Error| InputError::new(self.place(path), error);
        crate::fs::read(&self.root.join(path), MAX_FILE).map_err(fault)
    }

    /// The content of a UTF-8 file with its line ends made `\n`. Configuration that is nested too deep for its parser is an error.
    pub fn read_text(&self, path: impl AsRef<Path>) -> Result<String, InputError> {
        let path = path.as_ref();
        let text = text::from_utf8(self.read(path)?)
            .map_err(|line| InputError::at(self.place(path), Some(line), text::NOT_UTF8))?;
        match text::is_nested(path).then(|| text::too_deep(&text)).flatten() {
            Some(line) => {
                let what = format!("is nested deeper than {} levels", text::DEEPEST);
                Err(InputError::at(self.place(path), Some(line), what))
            }
            None => Ok(text),
        }
    }

    /// The files that version control does not ignore, found on the first call.
    pub fn search(&self) -> &Search {
        self.search.get_or_init(|| Search::walk(&self.root))
    }
}

fn is_folder(entry: &fs::DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
        Ok(kind) => kind.is_dir(),
        Err(_) => false,
    }
}

/// As the listing itself tells: no question to the system for each file of a folder full of them.
fn is_file(entry: &fs::DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_file(),
        Ok(kind) => kind.is_file(),
        Err(_) => false,
    }
}

fn open_fault(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such folder".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "is a file, not a folder: give the folder that is deployed".to_owned(),
        _ => format!("cannot be opened: {error}"),
    }
}

#[cfg(test)]
mod tests;
