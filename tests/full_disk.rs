//! A disk of this machine that is full, or has no inode left, says nothing of the project.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Command, Output};

use support::{folder, host_is_missing};

/// A run whose cache is a file system of its own; none where this machine lets nobody mount one.
fn run_on(options: &str, install: &str) -> Option<(Output, String)> {
    let words: &[&str] = match rustix::process::geteuid().is_root() {
        true => &["--mount"],
        false => &["--user", "--map-root-user", "--mount"],
    };
    let can = Command::new("unshare").args(words).arg("true").status().is_ok_and(|status| status.success());
    if !can {
        return None;
    }
    let settings = format!("[phases.install]\ncmds = [\"{install}\"]\n[start]\ncmd = \"python -c 1\"\n");
    let app = folder(&[("main.py", ""), (".python-version", "3.11\n"), ("nixpacks.toml", &settings)]);
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let cache = home.path().join("cache").display().to_string();
    std::fs::create_dir(&cache).unwrap();
    let script = format!("mount -t tmpfs -o mode=700,{options} tmpfs '{cache}'\nexec \"$@\"");
    let run = [env!("CARGO_BIN_EXE_shakedown"), "run", "--backend", "host"].map(Path::new);
    let output = Command::new("unshare")
        .args(words)
        .args(["sh", "-e", "-c", &script, "sh"])
        .args(run)
        .arg(app.path())
        .env("XDG_CACHE_HOME", &cache)
        .env("XDG_STATE_HOME", home.path().join("state"))
        .output()
        .unwrap();
    Some((output, cache))
}

#[test]
fn a_disk_that_is_full_before_the_run_is_told_with_the_setting_that_moves_it() {
    if host_is_missing("a_disk_that_is_full_before_the_run") {
        return;
    }
    for options in ["size=6m", "nr_inodes=300"] {
        let Some((output, cache)) = run_on(options, "true") else { return };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{options}: {said}");
        assert!(said.contains(&format!("the disk that holds {cache} is full")), "{options}: {said}");
        assert!(said.contains("XDG_CACHE_HOME") && !said.contains("could not copy"), "{options}: {said}");
    }
}

#[test]
fn a_disk_that_a_command_fills_is_no_fault_of_the_project() {
    if host_is_missing("a_disk_that_a_command_fills_is_no_fault_of_the_project") {
        return;
    }
    // It tidies up, so that the disk is not full any more when somebody looks.
    let fill = "dd if=/dev/zero of=/app/x bs=1M count=1100 || { rm /app/x; exit 1; }";
    let Some((output, _)) = run_on("size=900m", fill) else { return };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("disk-full") && !said.contains("install smaller builds"), "{said}");
}
