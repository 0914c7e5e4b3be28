//! A copy that stands for a project.

use std::path::{Path, PathBuf};

/// A copy of a project with an edit. Whatever is kept for the project is kept for it too, wherever the copy lies.
#[derive(Debug, Clone)]
pub struct CopyOf {
    /// The copy's folder.
    pub folder: PathBuf,
    /// The project's.
    pub project: PathBuf,
}

impl CopyOf {
    /// What `path` is a copy of; none where it lies elsewhere.
    pub(super) fn own(&self, path: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(&self.folder).ok()?;
        // Joined with nothing, a path gets a slash.
        Some(if rest.as_os_str().is_empty() { self.project.clone() } else { self.project.join(rest) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_by_its_project() {
        let copy = CopyOf { folder: "/tmp/copy".into(), project: "/home/a/bot".into() };
        let own = |path: &str| copy.own(Path::new(path)).map(|own| own.into_os_string().into_string().unwrap());
        assert_eq!(own("/tmp/copy").as_deref(), Some("/home/a/bot"));
        assert_eq!(own("/tmp/copy/web").as_deref(), Some("/home/a/bot/web"));
        assert_eq!(own("/tmp/other"), None);
    }
}
