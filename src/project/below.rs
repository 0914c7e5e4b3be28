//! The folders below a root that hold something of their own.

use std::path::{Path, PathBuf};

use super::Project;

/// How deep they are looked for: `apps/python/bot` is the third level.
const LEVELS: usize = 3;
/// A tree of more folders is no repository of services.
const MOST: usize = 2000;

impl Project {
    /// The folders of the three levels below the root that are wanted, those nearest to the root first. What lies inside one
    /// of them is a part of it; tooling and virtual environments are passed by.
    pub fn folders_below(&self, is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let is_code = |folder: &Path| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let is_tooling =
                name.starts_with('.') || matches!(&*name, "node_modules" | "__pycache__" | "site-packages");
            !is_tooling && !self.has_file(folder.join("pyvenv.cfg"))
        };
        let mut found = Vec::new();
        let mut level = vec![PathBuf::new()];
        let mut seen = 0;
        for _ in 0..LEVELS {
            let mut next = Vec::new();
            for above in std::mem::take(&mut level) {
                let inside = self.enter(&above).map(|inside| inside.folders()).unwrap_or_default();
                for folder in inside.into_iter().map(|name| above.join(name)).filter(|folder| is_code(folder)) {
                    seen += 1;
                    if seen > MOST {
                        return found;
                    }
                    match is_wanted(&folder) {
                        true => found.push(folder),
                        false => next.push(folder),
                    }
                }
            }
            level = next;
        }
        found
    }
}
