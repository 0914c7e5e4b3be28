//! The user's own folders, as the XDG base directory specification places them.

use std::env;
use std::path::PathBuf;

/// The home folder, where the environment names one.
pub fn home() -> Option<PathBuf> {
    absolute("HOME")
}

/// What may be lost: `$XDG_CACHE_HOME`, or `~/.cache`.
pub fn cache() -> Option<PathBuf> {
    base("XDG_CACHE_HOME", ".cache")
}

/// Settings: `$XDG_CONFIG_HOME`, or `~/.config`.
pub fn config() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config")
}

/// What is worth keeping and is no document of the user's: `$XDG_STATE_HOME`, or `~/.local/state`.
pub fn state() -> Option<PathBuf> {
    base("XDG_STATE_HOME", ".local/state")
}

fn base(name: &str, below_home: &str) -> Option<PathBuf> {
    absolute(name).or_else(|| Some(home()?.join(below_home)))
}

/// The specification wants a relative path ignored.
fn absolute(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}
