//! A Procfile of any bytes, planned.
#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use shakedown::plan::{Options, derive};
use shakedown::project::Project;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.py"), "").unwrap();
    fs::write(folder.path().join("Procfile"), bytes).unwrap();
    let project = Project::open(folder.path()).unwrap();
    let _ = derive(&project, &Options::default());
});
