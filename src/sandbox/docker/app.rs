//! `/app` of a run as it is known on this machine: what was copied of the project, and what commands made over it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use tempfile::{NamedTempFile, TempDir};

use super::container::Container;
use super::stage::stage;
use crate::sandbox::context;
use crate::sandbox::store::tree::{self, Digest, Kind, Tree};

/// Where a list of files is put inside. Of no command's concern: it is gone before one runs.
const LISTS: &str = "/run/shakedown-files";
/// What begins a line of the list that [`KEEP_ONLY`] reads, before the path: a folder, or anything else.
const FOLDER: &str = "d";
const OTHER: &str = "-";
/// Removes what is in the folder `$1` and not in the list that it reads; a folder only where nothing is left in it.
const KEEP_ONLY: &str = r#"export LC_ALL=C
cd "$1" || exit
exec 3<&0
find . -mindepth 1 -depth \( -type d -printf 'd%P\n' \) -o -printf '-%P\n' |
  grep -avxFf /dev/fd/3 | cut -b 2- | tr '\n' '\0' | xargs -0 -r rm -fd -- 2> /dev/null
true"#;

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
            } else if !is_folder {
                tree::remove(&to)?;
                fs::create_dir(to)?;
            }
            // Whatever a command made there, a folder takes the place of it too.
            self.made.remove(path);
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
        Digest::default().add(tree::names(tree)).add(self.changes()).finish()
    }

    /// The digest of what commands made and removed, by name, and no copy has put right since.
    pub(super) fn changes(&self) -> String {
        let mut digest = Digest::default();
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
        let list = listed(paths.iter().map(|path| ("", path)), 0)?;
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
        let tree = self.tree()?;
        let kept = self.kept(&tree)?;
        container.send(duct::cmd("cat", [kept.path()]), KEEP_ONLY, "/app", "put the files of /app right")?;
        let paths = tree.into_keys().filter(|path| !self.made.contains(path) && !self.gone.contains(path)).collect();
        self.put(container, &paths)
    }

    /// Puts a list of the project's files into a container, ended by zeros, and gives its place there.
    pub(super) fn put_files_list(&self, container: &Container) -> Result<String> {
        let tree = self.tree()?;
        let files = tree.iter().filter(|(path, entry)| entry.kind == Kind::File && !self.made.contains(*path));
        let files = files.map(|(path, _)| path).filter(|path| !self.gone.contains(*path));
        let list = listed(files.map(|path| ("", path)), 0)?;
        let folder = stage()?;
        fs::copy(list.path(), folder.path().join("list"))?;
        container.put(folder.path(), LISTS)?;
        Ok(format!("{LISTS}/list"))
    }

    /// What stays of a layer's `/app`: what commands made, and the project's folders, which may have permissions from a command.
    fn kept(&self, tree: &Tree) -> Result<NamedTempFile> {
        let folders = tree.iter().filter(|(_, entry)| entry.kind == Kind::Folder).map(|(path, _)| (FOLDER, path));
        let made = self.made.iter().flat_map(|path| [(FOLDER, path), (OTHER, path)]);
        listed(folders.chain(made), b'\n')
    }
}

/// A file of paths, what comes before each beside it.
fn listed<'a>(paths: impl Iterator<Item = (&'a str, &'a PathBuf)>, end: u8) -> Result<NamedTempFile> {
    let mut text = Vec::new();
    for (before, path) in paths {
        text.extend_from_slice(before.as_bytes());
        text.extend_from_slice(path.as_os_str().as_bytes());
        text.push(end);
    }
    let file = NamedTempFile::new()?;
    fs::write(file.path(), text)?;
    Ok(file)
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
    fn a_copied_folder_takes_the_place_of_a_link_or_a_file_that_was_made() {
        let (project, image) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in ["data/x", "file/x", "shut/x"] {
            fs::create_dir_all(project.path().join(name).parent().unwrap()).unwrap();
            fs::write(project.path().join(name), "").unwrap();
        }
        let mut app = App::new().unwrap();
        app.copy(project.path(), None, &[]).unwrap();
        let unchanged = app.changes();
        let paths = |names: &[&str]| -> Vec<PathBuf> { names.iter().map(PathBuf::from).collect() };
        app.note(&paths(&["data", "file", "built", "new"]), &paths(&["data/x", "file/x"]));
        assert_ne!(app.changes(), unchanged);
        app.copy(project.path(), None, &[]).unwrap();
        assert!(!app.is_made(Path::new("data")) && !app.is_made(Path::new("file")) && app.is_made(Path::new("built")));

        // What the layer has of it.
        let at = |name: &str| image.path().join("app").join(name);
        fs::create_dir_all(at("shut")).unwrap();
        fs::create_dir_all(at("new")).unwrap();
        std::os::unix::fs::symlink("/opt", at("data")).unwrap();
        for name in ["file", "built", "new/old", "stale"] {
            fs::write(at(name), "").unwrap();
        }
        let kept = app.kept(&app.tree().unwrap()).unwrap().reopen().unwrap();
        let mut script = std::process::Command::new("bash");
        let done = script.args(["-c", KEEP_ONLY, "shakedown"]).arg(at("")).stdin(kept).status().unwrap();
        let left: Vec<_> = tree::list(&at("")).unwrap().into_keys().collect();
        assert_eq!((left, done.success()), (paths(&["built", "new", "shut"]), true));
    }

    #[test]
    fn a_file_of_the_plan_stays_in_app() {
        let mut app = App::new().unwrap();
        app.write([(".nixpacks/a.nix", "{ }")].into_iter()).unwrap();
        assert_eq!(fs::read_to_string(app.folder().join(".nixpacks/a.nix")).unwrap(), "{ }");
        assert!(app.write([("../a.nix", "")].into_iter()).is_err());
    }
}
