//! A disk of this machine that is full, or has no inode left, says nothing of the project.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::Output;

use support::{after_mounts, folder, host_is_missing, no_mounts};

/// A run whose cache is a file system of its own, and that one's folder.
fn run_on(options: &str, install: &str) -> (Output, String) {
    let settings = format!("[phases.install]\ncmds = [\"{install}\"]\n[start]\ncmd = \"python -c 1\"\n");
    let app = folder(&[("main.py", ""), (".python-version", "3.11\n"), ("nixpacks.toml", &settings)]);
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let cache = home.path().join("cache").display().to_string();
    std::fs::create_dir(&cache).unwrap();
    let output = after_mounts(&format!("mount -t tmpfs -o mode=700,{options} tmpfs '{cache}'"))
        .args([env!("CARGO_BIN_EXE_shakedown"), "run", "--backend", "host"])
        .arg(app.path())
        .env("XDG_CACHE_HOME", &cache)
        .env("XDG_STATE_HOME", home.path().join("state"))
        .output()
        .unwrap();
    (output, cache)
}

#[test]
fn a_disk_that_is_full_before_the_run_is_told_with_the_setting_that_moves_it() {
    if host_is_missing("a_disk_that_is_full_before_the_run") || no_mounts("a_disk_that_is_full_before_the_run") {
        return;
    }
    for options in ["size=6m", "nr_inodes=300"] {
        let (output, cache) = run_on(options, "true");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{options}: {said}");
        assert!(said.contains(&format!("the disk that holds {cache} is full")), "{options}: {said}");
        assert!(said.contains("XDG_CACHE_HOME") && !said.contains("could not copy"), "{options}: {said}");
    }
}

#[test]
fn a_disk_that_a_command_fills_is_no_fault_of_the_project() {
    if host_is_missing("a_disk_that_a_command_fills_is_no_fault_of_the_project")
        || no_mounts("a_disk_that_a_command_fills_is_no_fault_of_the_project")
    {
        return;
    }
    // It tidies up, so that the disk is not full any more when somebody looks.
    let fill = "dd if=/dev/zero of=/app/x bs=1M count=1100 || { rm /app/x; exit 1; }";
    let (output, _) = run_on("size=900m", fill);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("disk-full") && !said.contains("install smaller builds"), "{said}");
}

#[test]
fn a_command_that_hides_why_it_failed_on_a_full_disk_is_no_fault_of_the_project() {
    let name = "a_command_that_hides_why_it_failed_on_a_full_disk_is_no_fault_of_the_project";
    if host_is_missing(name) || no_mounts(name) {
        return;
    }
    let many = "mkdir /app/d && cd /app/d && seq 9000 | xargs touch 2> /dev/null; exit 1";
    let much = "cat /dev/zero 2> /dev/null > /app/x; exit 1";
    for (options, fill) in [("nr_inodes=3000", many), ("size=900m", much)] {
        let (output, cache) = run_on(options, fill);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{options}: {said}");
        assert!(said.contains(&format!("the disk that holds {cache}")) && said.contains("full"), "{options}: {said}");
    }
}
