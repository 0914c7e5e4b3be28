//! What this machine's own system has.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::fs::tree;
use crate::sandbox::python::Interpreter;

/// The program of a base command: the distribution's, even if the user's `PATH` prefers another.
pub(in crate::sandbox) fn system_command(name: &str) -> Option<PathBuf> {
    let usual = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
    usual.iter().map(|dir| Path::new(dir).join(name)).find(|path| path.is_file())
}

/// Whether a process is the first of its PID namespace.
pub(in crate::sandbox) fn is_first_process(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    numbers.and_then(|numbers| numbers.split_whitespace().last()) == Some("1")
}

/// Copies `from` to `to` unless something is there already.
pub(super) fn place(from: &Path, to: &Path) -> Result<()> {
    match to.symlink_metadata() {
        Ok(_) => Ok(()),
        Err(_) => tree::copy_file(from, to),
    }
}

/// `_tkinter` drags in X11, and nixpkgs' plain interpreters have none.
pub(super) fn is_left_out(module: &Path) -> bool {
    module.file_name().is_some_and(|name| name.to_string_lossy().starts_with("_tkinter."))
}

/// The interpreter's extension modules, without those that nixpkgs' builds do not have.
pub(super) fn extension_modules(python: &Interpreter) -> Vec<PathBuf> {
    let files = fs::read_dir(python.stdlib.join("lib-dynload")).into_iter().flatten().flatten();
    files.map(|entry| entry.path()).filter(|path| !is_left_out(path)).collect()
}
