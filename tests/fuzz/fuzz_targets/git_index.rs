//! An index of git of any bytes behind its head.
#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use shakedown::project::GitIndex;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let git = folder.path().join(".git");
    fs::create_dir(&git).unwrap();
    fs::write(git.join("config"), "[core]\n").unwrap();
    let version = bytes.first().map_or(2, |byte| 2 + byte % 3);
    let head = [&b"DIRC\0\0\0"[..], &[version, 0, 0, 0, 4]].concat();
    fs::write(git.join("index"), [&head, bytes].concat()).unwrap();
    if let Some(index) = GitIndex::of(folder.path()) {
        index.holds("a/b.py".as_ref());
    }
});
