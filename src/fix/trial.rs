//! A copy of the project to try a patch on.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::fs::temporary;
use crate::fs::tree::{self, Copying};

/// A project's files in a temporary folder of the same name; gone when dropped.
#[derive(Debug)]
pub struct TrialCopy {
    root: PathBuf,
    _dir: TempDir,
}

impl TrialCopy {
    /// Copies a project. Links stay links; those into the project lead into the copy. Version control, `node_modules`
    /// and virtual environments become empty folders: their being there is part of what a builder goes by, their
    /// content would only be thrown away.
    pub fn of(project: &Path) -> Result<Self> {
        let project = fs::canonicalize(project).with_context(|| format!("cannot open {}", project.display()))?;
        let dir = temporary::folder().context("cannot make a folder for the trial")?;
        let root = dir.path().join(project.file_name().unwrap_or(OsStr::new("app")));
        fs::create_dir(&root).context("cannot make a folder for the trial")?;
        let how = Copying {
            link: &|target| target.strip_prefix(&project).map_or_else(|_| target.clone(), |rest| root.join(rest)),
            fills: &|folder| !is_left_empty(folder),
            skips_unreadable: false,
        };
        tree::copy_by(&project, &root, &how)?;
        Ok(Self { root, _dir: dir })
    }

    /// The copy's root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

fn is_left_empty(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    name == ".git" || name == "node_modules" || folder.join("pyvenv.cfg").is_file()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn everything_comes_along_but_what_is_only_heavy() {
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        for folder in ["src/deep", ".git", "env", "node_modules/x"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in ["main.py", ".env", "src/deep/a.py", ".git/HEAD", "env/pyvenv.cfg", "node_modules/x/y.js"] {
            fs::write(root.join(file), file).unwrap();
        }
        fs::set_permissions(root.join("main.py"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("main.py", root.join("near")).unwrap();
        symlink(fs::canonicalize(root).unwrap().join("main.py"), root.join("whole")).unwrap();
        symlink("/nowhere", root.join("dangling")).unwrap();

        let copy = TrialCopy::of(root).unwrap();
        let copied = copy.root().to_owned();
        assert_eq!(copied.file_name(), root.file_name());
        for file in ["main.py", ".env", "src/deep/a.py"] {
            assert_eq!(fs::read_to_string(copied.join(file)).unwrap(), file);
        }
        for folder in [".git", "env", "node_modules"] {
            assert_eq!(fs::read_dir(copied.join(folder)).unwrap().count(), 0, "{folder}");
        }
        assert_eq!(fs::metadata(copied.join("main.py")).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_link(copied.join("near")).unwrap(), Path::new("main.py"));
        assert_eq!(fs::read_link(copied.join("whole")).unwrap(), copied.join("main.py"));
        assert_eq!(fs::read_link(copied.join("dangling")).unwrap(), Path::new("/nowhere"));
        drop(copy);
        assert!(!copied.exists());
    }
}
