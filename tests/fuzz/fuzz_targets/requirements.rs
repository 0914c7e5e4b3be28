//! A requirements file of any bytes.
#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use shakedown::project::{Project, requirements::Requirements};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("requirements.txt"), bytes).unwrap();
    let project = Project::open(folder.path()).unwrap();
    let _ = Requirements::read(&project, Path::new("requirements.txt"));
});
