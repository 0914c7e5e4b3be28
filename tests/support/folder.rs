//! A folder for a test.
#![allow(clippy::unwrap_used, unreachable_pub)]

use std::fs;

use tempfile::TempDir;

/// A folder of these files, gone when it is dropped. A name that ends in `/` is a folder.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    folder_of_bytes(&files)
}

/// The same of files that need not be text.
pub fn folder_of_bytes(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}
