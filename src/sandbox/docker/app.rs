//! `/app` of a run as it is known on this machine: what was copied of the project, and what commands made over it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::container::Container;
use super::engine::WORK;
use super::stage::stage;
use crate::sandbox::context;
use crate::sandbox::store::tree::{self, Digest, Kind, Tree};

/// Where a list of files is put inside. Of no command's concern: it is gone before one runs.
const LISTS: &str = "/run/shakedown-files";
/// Removes what is in `/app` and not in the list, a line each; a folder only where nothing is left in it.
const KEEP_ONLY: &str = r#"cd /app && find . -mindepth 1 -depth -printf '%P\n' | grep -vxFf "$1" | tr '\n' '\0' | xargs -0 -r rm -fd -- 2> /dev/null
rm -rf "${1%/*}""#;

/// What is known of `/app`.
#[derive(Debug)]
pub(super) struct App {
    /// The project's files, as they were copied last.
    copied: TempDir,
    /// What commands made, over what was copied before.
    made: BTreeSet<PathBuf>,
    /// What commands removed of what was copied before.
    gone: BTreeSet<PathBuf>,
}

impl App {
    /// An empty one.
    pub(super) fn new() -> Result<Self> {
        Ok(Self { copied: stage()?, made: BTreeSet::new(), gone: BTreeSet::new() })
    }

    /// Where the project's files are on this machine.
    pub(super) fn folder(&self) -> &Path {
        self.copied.path()
    }

    /// Copies what the cloud would of `project`, and gives what was copied.
    pub(super) fn copy(
        &mut self,
        project: &Path,
        only: Option<&[String]>,
        exclude: &[String],
    ) -> Result<BTreeSet<PathBuf>> {
        self.place(|folder| context::copy(project, folder, only, exclude))
    }

    /// Writes files of the plan, named by their place in `/app`, and gives what was written.
    pub(super) fn write<'a>(&mut self, files: impl Iterator<Item = (&'a str, &'a str)>) -> Result<BTreeSet<PathBuf>> {
        self.place(|folder| {
            for (name, text) in files {
                let write = || -> Result<()> {
                    context::write(folder, name, text)?;
                    // Whenever a run writes it, it is the same file.
                    let file = fs::File::options().write(true).open(folder.join(name))?;
                    Ok(file.set_modified(SystemTime::UNIX_EPOCH)?)
                };
                write().with_context(|| format!("cannot write {name} of the plan"))?;
            }
            Ok(())
        })
    }

    /// Puts what `fill` puts into a folder over what is there.
    fn place(&mut self, fill: impl FnOnce(&Path) -> Result<()>) -> Result<BTreeSet<PathBuf>> {
        let fresh = stage()?;
        fill(fresh.path())?;
        let tree = tree::list(fresh.path())?;
        for (path, entry) in &tree {
            let (from, to) = (fresh.path().join(path), self.folder().join(path));
            let is_folder = to.symlink_metadata().is_ok_and(|meta| meta.is_dir());
            if entry.kind != Kind::Folder {
                if is_folder {
                    tree::remove(&to)?;
                }
                fs::rename(from, to)?;
                self.made.remove(path);
            } else if !is_folder {
                tree::remove(&to)?;
                fs::create_dir(to)?;
            }
        }
        self.gone.retain(|path| !tree.contains_key(path));
        Ok(tree.into_keys().collect())
    }

    /// Notes what a command made and removed.
    pub(super) fn note<'a>(
        &mut self,
        made: impl IntoIterator<Item = &'a PathBuf>,
        gone: impl IntoIterator<Item = &'a PathBuf>,
    ) {
        for path in made {
            self.gone.remove(path);
            self.made.insert(path.clone());
        }
        for path in gone {
            self.made.remove(path);
            self.gone.insert(path.clone());
        }
    }

    /// Whether a file is a command's.
    pub(super) fn is_made(&self, path: &Path) -> bool {
        self.made.contains(path)
    }

    /// What was copied, listed.
    pub(super) fn tree(&self) -> Result<Tree> {
        tree::list(self.folder())
    }

    /// The digest of all names in `/app`; those of what was made stand for themselves, since a layer has the rest.
    pub(super) fn names(&self, tree: &Tree) -> String {
        let mut digest = Digest::default();
        digest.add(tree::names(tree));
        for path in &self.made {
            digest.add("made").add(path.as_os_str().as_bytes());
        }
        for path in &self.gone {
            digest.add("gone").add(path.as_os_str().as_bytes());
        }
        digest.finish()
    }

    /// Copies some of the files into a container.
    pub(super) fn put(&self, container: &Container, paths: &BTreeSet<PathBuf>) -> Result<()> {
        let list = self.listed(paths.iter(), 0)?;
        let packed = duct::cmd(
            "tar",
            [
                OsStr::new("-C"),
                self.folder().as_os_str(),
                OsStr::new("--no-recursion"),
                OsStr::new("--null"),
                OsStr::new("-T"),
                list.path().as_os_str(),
                OsStr::new("-c"),
            ],
        );
        container.put_packed(packed, "/app")
    }

    /// Makes `/app` of a container that came from a layer's image what it is in this run.
    pub(super) fn put_all(&self, container: &Container) -> Result<()> {
        let list = self.listed(self.made.iter(), b'\n')?;
        self.put_list(container, list.path())?;
        let cleared = container.ask(KEEP_ONLY, &[&format!("{LISTS}/list")], WORK)?;
        ensure!(cleared.success, "the files of /app could not be put right");
        let tree = self.tree()?;
        let paths = tree.into_keys().filter(|path| !self.made.contains(path) && !self.gone.contains(path)).collect();
        self.put(container, &paths)
    }

    /// Puts a list of the project's files into a container, ended by zeros, and gives its place there.
    pub(super) fn put_files_list(&self, container: &Container) -> Result<String> {
        let tree = self.tree()?;
        let files = tree.iter().filter(|(path, entry)| entry.kind == Kind::File && !self.made.contains(*path));
        let list = self.listed(files.map(|(path, _)| path).filter(|path| !self.gone.contains(*path)), 0)?;
        self.put_list(container, list.path())?;
        Ok(format!("{LISTS}/list"))
    }

    fn put_list(&self, container: &Container, list: &Path) -> Result<()> {
        let folder = stage()?;
        fs::copy(list, folder.path().join("list"))?;
        container.put(folder.path(), LISTS)
    }

    fn listed<'a>(&self, paths: impl Iterator<Item = &'a PathBuf>, end: u8) -> Result<tempfile::NamedTempFile> {
        let mut text = Vec::new();
        for path in paths {
            text.extend_from_slice(path.as_os_str().as_bytes());
            text.push(end);
        }
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), text)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_takes_the_place_of_what_was_made_and_brings_back_what_was_removed() {
        let project = tempfile::tempdir().unwrap();
        for name in ["main.py", "notes.txt"] {
            fs::write(project.path().join(name), name).unwrap();
        }
        let mut app = App::new().unwrap();
        let copied = app.copy(project.path(), None, &[]).unwrap();
        assert_eq!(copied, ["main.py", "notes.txt"].map(PathBuf::from).into());
        let names = app.names(&app.tree().unwrap());
        app.note(&[PathBuf::from("main.py"), PathBuf::from("built")], &[PathBuf::from("notes.txt")]);
        assert!(app.is_made(Path::new("main.py")) && app.names(&app.tree().unwrap()) != names);
        app.copy(project.path(), None, &[]).unwrap();
        assert!(!app.is_made(Path::new("main.py")) && app.is_made(Path::new("built")) && app.gone.is_empty());
    }

    #[test]
    fn a_file_of_the_plan_stays_in_app() {
        let mut app = App::new().unwrap();
        app.write([(".nixpacks/a.nix", "{ }")].into_iter()).unwrap();
        assert_eq!(fs::read_to_string(app.folder().join(".nixpacks/a.nix")).unwrap(), "{ }");
        assert!(app.write([("../a.nix", "")].into_iter()).is_err());
    }
}
