//! A lock of the project as an installer sees it for the time of one command: with the mirror's addresses in it. The project's own
//! stays as it is, below.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::sandbox::store::tree;

/// The most bytes of a lock.
const MOST: u64 = 32 << 20;

/// What is shown, and in whose place.
#[derive(Debug)]
pub(super) struct LockCopy {
    name: &'static str,
    shown: PathBuf,
}

/// The text of a lock of the project; none where it is no plain file.
pub(super) fn lock(app: &Path, name: &str) -> Option<String> {
    let path = app.join(name);
    path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    String::from_utf8(crate::fs::read(&path, MOST).ok()?).ok()
}

impl LockCopy {
    /// Writes `text` to be shown in the place of `name`, with the permissions and the time of that.
    pub(super) fn write(folder: &Path, app: &Path, name: &'static str, text: &str) -> Result<Self> {
        let (own, shown) = (app.join(name), folder.join(format!("copy-of-{name}")));
        fs::write(&shown, text).with_context(|| format!("could not write {}", shown.display()))?;
        tree::finish(&shown, &tree::entry(&own)?)?;
        Ok(Self { name, shown })
    }

    /// Where it is on this machine, and where it is shown.
    pub(super) fn shown(&self) -> (&Path, String) {
        (&self.shown, format!("/app/{}", self.name))
    }

    /// Takes it away. The project's own counts as read: what is shown read-only leaves no trace.
    pub(super) fn end(&self, app: &Path) {
        let _ = lock(app, self.name);
        let _ = fs::remove_file(&self.shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_permissions_and_the_time_of_the_lock_which_stays() {
        let (app, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let own = app.path().join("uv.lock");
        fs::write(&own, "one").unwrap();
        let copy = LockCopy::write(folder.path(), app.path(), "uv.lock", "another").unwrap();
        assert_eq!(fs::read_to_string(&copy.shown).unwrap(), "another");
        let [copied, lock] = [&copy.shown, &own].map(|path| path.metadata().unwrap());
        assert_eq!((copied.modified().unwrap(), copied.permissions()), (lock.modified().unwrap(), lock.permissions()));
        copy.end(app.path());
        assert_eq!(fs::read_to_string(&own).unwrap(), "one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn no_link_of_the_project_is_followed() {
        let app = tempfile::tempdir().unwrap();
        fs::write(app.path().join("uv.lock"), "one").unwrap();
        std::os::unix::fs::symlink("uv.lock", app.path().join("Pipfile.lock")).unwrap();
        assert_eq!((lock(app.path(), "uv.lock").as_deref(), lock(app.path(), "Pipfile.lock")), (Some("one"), None));
    }
}
