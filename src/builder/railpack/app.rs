//! The project as Railpack looks at it: every file that is there counts, hidden and ignored ones too.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::code::Signs;
use super::decode::Placed;
use crate::fs::DockerIgnore;
use crate::project::{MAX_FILE, Project, Source};

/// The manifests that are searched, wherever they lie, for the names of packages.
pub(super) const MANIFESTS: [&str; 3] = ["requirements.txt", "pyproject.toml", "Pipfile"];
/// As deep as paths go; a link that leads to a folder above itself ends sooner.
const DEEPEST: usize = 255;

pub(super) struct App<'a> {
    pub(super) project: &'a Project,
    walked: OnceCell<Walked>,
    manifests: OnceCell<Vec<(PathBuf, String)>>,
    signs: OnceCell<Signs>,
    /// What the build does not receive, where the planner heeds it.
    hidden: DockerIgnore,
}

/// Files in the order of doublestar's `**/`: a folder's own by name, then those of its folders.
#[derive(Default)]
struct Walked {
    python: Vec<PathBuf>,
    manifests: Vec<PathBuf>,
}

impl<'a> App<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self {
            project,
            walked: OnceCell::new(),
            manifests: OnceCell::new(),
            signs: OnceCell::new(),
            hidden: DockerIgnore::default(),
        }
    }

    /// Looks at no file that these patterns keep out of the build, when files are searched for; one that is asked for by name is
    /// there all the same.
    pub(super) fn hide(&mut self, patterns: &[Placed<String>]) {
        let lines: Vec<&str> = patterns.iter().map(|pattern| pattern.value.as_str()).collect();
        self.hidden = DockerIgnore::parse(&lines.join("\n"));
    }

    pub(super) fn is_hidden(&self, path: impl AsRef<Path>) -> bool {
        self.hidden.excludes(path.as_ref(), false)
    }

    /// Whether something of this name is there: a folder counts, and so does what cannot be looked at.
    pub(super) fn has(&self, name: &str) -> bool {
        fs::metadata(self.path(name)).map_or_else(|error| error.kind() != io::ErrorKind::NotFound, |_| true)
    }

    /// Of a name that begins with `/` the place in the project, as Go joins it.
    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        let name = name.as_ref();
        self.project.root().join(name.strip_prefix("/").unwrap_or(name))
    }

    /// A file's bytes with their line ends made `\n`; what cannot be read is not there.
    pub(super) fn bytes(&self, name: impl AsRef<Path>) -> Option<Vec<u8>> {
        let path = self.path(name);
        let known = fs::metadata(&path).ok()?;
        if !known.is_file() || known.len() > MAX_FILE {
            return None;
        }
        let bytes = crate::fs::read(&path, crate::project::MAX_FILE).ok()?;
        if memchr::memmem::find(&bytes, b"\r\n").is_none() {
            return Some(bytes);
        }
        let mut joined = Vec::with_capacity(bytes.len());
        for (index, byte) in bytes.iter().enumerate() {
            if *byte != b'\r' || bytes.get(index + 1) != Some(&b'\n') {
                joined.push(*byte);
            }
        }
        Some(joined)
    }

    pub(super) fn text(&self, name: impl AsRef<Path>) -> Option<String> {
        self.bytes(name).map(|bytes| {
            String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
        })
    }

    /// The place of a line of a file.
    pub(super) fn line(&self, name: impl AsRef<Path>, line: Option<usize>) -> Source {
        self.project.line(name, line)
    }

    /// The names of what lies directly inside, sorted: folders, then files.
    pub(super) fn listing(&self) -> (Vec<String>, Vec<String>) {
        let entries = fs::read_dir(self.project.root()).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        let known = names.into_iter().filter_map(|name| Some((fs::metadata(self.path(&name)).ok()?.is_dir(), name)));
        let (folders, files): (Vec<_>, Vec<_>) = known.partition(|(is_folder, _)| *is_folder);
        let named = |entries: Vec<(bool, String)>| entries.into_iter().map(|(_, name)| name).collect();
        (named(folders), named(files))
    }

    /// The files directly inside a folder whose names satisfy, sorted, as paths from the root.
    pub(super) fn files_in(&self, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| wanted(name) && self.path(folder).join(name).is_file());
        names.sort();
        let joined = |name: String| if folder.is_empty() { name } else { format!("{folder}/{name}") };
        names.into_iter().map(joined).collect()
    }

    /// Every `*.py`.
    pub(super) fn python_files(&self) -> &[PathBuf] {
        &self.walked().python
    }

    /// What the Python files hold.
    pub(super) fn signs(&self) -> &Signs {
        self.signs.get_or_init(|| {
            Signs::of(self.python_files(), |path| self.bytes(path), |path, line| self.line(path, Some(line)))
        })
    }

    /// Every `pyproject.toml`.
    pub(super) fn pyprojects(&self) -> impl Iterator<Item = &Path> {
        self.walked().manifests.iter().map(PathBuf::as_path).filter(|path| path.ends_with("pyproject.toml"))
    }

    /// The first manifest that holds a text, compared in lower case, and the line.
    pub(super) fn mention(&self, dependency: &str) -> Option<Source> {
        self.mention_in(&self.lowered()[..], dependency)
    }

    /// As [`App::mention`], among the root's own manifests.
    pub(super) fn mention_at_root(&self, dependency: &str) -> Option<Source> {
        let at_root: Vec<&(PathBuf, String)> =
            self.lowered().iter().filter(|(path, _)| path.components().count() == 1).collect();
        self.mention_in(at_root, dependency)
    }

    fn mention_in<'m>(
        &self,
        manifests: impl IntoIterator<Item = &'m (PathBuf, String)>,
        dependency: &str,
    ) -> Option<Source> {
        manifests.into_iter().find_map(|(path, text)| {
            let at = memchr::memmem::find(text.as_bytes(), dependency.as_bytes())?;
            Some(self.line(path, Some(crate::project::line_at(text, at))))
        })
    }

    fn lowered(&self) -> &Vec<(PathBuf, String)> {
        self.manifests.get_or_init(|| {
            let read = |path: &PathBuf| Some((path.clone(), self.text(path)?.to_lowercase()));
            self.walked().manifests.iter().filter_map(read).collect()
        })
    }

    fn walked(&self) -> &Walked {
        self.walked.get_or_init(|| {
            let mut walked = Walked::default();
            self.walk(&PathBuf::new(), &mut HashSet::new(), &mut walked);
            walked
        })
    }

    fn walk(&self, folder: &Path, above: &mut HashSet<(u64, u64)>, walked: &mut Walked) {
        let full = self.project.root().join(folder);
        let Ok(known) = fs::metadata(&full) else { return };
        let identity = (known.dev(), known.ino());
        if above.len() > DEEPEST || !above.insert(identity) {
            return;
        }
        let mut entries: Vec<_> = fs::read_dir(&full).into_iter().flatten().flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut folders = Vec::new();
        for entry in entries {
            let name = entry.file_name();
            let Some(text) = name.to_str() else { continue };
            let is_python = text.ends_with(".py");
            let is_manifest = MANIFESTS.contains(&text);
            let kind = entry.file_type().ok();
            let linked = kind.is_some_and(|kind| kind.is_symlink()).then(|| fs::metadata(entry.path()).ok()).flatten();
            let is_folder = linked.as_ref().map_or(kind.is_some_and(|kind| kind.is_dir()), fs::Metadata::is_dir);
            if is_folder {
                folders.push(folder.join(&name));
            } else if is_python || is_manifest {
                let broken = kind.is_some_and(|kind| kind.is_symlink()) && linked.is_none();
                let found = if is_python { &mut walked.python } else { &mut walked.manifests };
                let path = folder.join(&name);
                if !broken && !self.is_hidden(&path) {
                    found.push(path);
                }
            }
        }
        for folder in folders {
            self.walk(&folder, above, walked);
        }
        above.remove(&identity);
    }
}
