//! What `--version` says of a release: its commit and the day it was built. A development build says neither, so that a commit
//! alone compiles nothing anew.

// How a build script speaks to cargo.
#![allow(clippy::print_stdout)]

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Grows with every commit and change of branch.
const HISTORY: &str = ".git/logs/HEAD";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    if env::var("PROFILE").is_ok_and(|profile| profile != "release") {
        return;
    }
    // What is not committed is part of what is said.
    for source in ["src", "Cargo.toml", HISTORY] {
        if Path::new(source).exists() {
            println!("cargo::rerun-if-changed={source}");
        }
    }
    let commit = commit().unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=SHAKEDOWN_BUILD=commit {commit}, built {}", today());
}

/// The commit, marked where the tree has more; none of a repository that the sources only lie in.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    };
    let root = Path::new(&git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()?;
    if root != env::current_dir().ok()?.canonicalize().ok()? {
        return None;
    }
    git(&["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])
}

/// By `SOURCE_DATE_EPOCH` where it is set, so that the same sources make the same program.
fn today() -> String {
    let given = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let at = given.map_or_else(SystemTime::now, |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    humantime::format_rfc3339_seconds(at).to_string().split('T').next().unwrap_or_default().to_owned()
}
