//! What a process inside may do with the ids that it has there.
//!
//! Started by root, bubblewrap would leave every capability in place, and with it the right to make read-only mounts
//! writable, the host's own files among them. A build needs few of them, for an ordinary user's run as much as for root's.

use std::sync::OnceLock;

/// What root has in an image build and what cannot reach beyond the run's own files. Those that mount, trace, load modules or
/// set up networks are not there, nor is `SETFCAP`, whose marks would count outside where root started the run.
const CAPABILITIES: &[&str] = &[
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// In a user namespace of its own a process would have them all back. [`super::seccomp`] forbids it too, save on machines
/// whose system calls it does not know.
const NO_USER_NAMESPACES: &str = "--disable-userns";

/// The strictest that this machine's bubblewrap has shown to take.
static TAKEN: OnceLock<Vec<&'static str>> = OnceLock::new();

/// Arguments for bubblewrap. Before [`find`] has looked, the strictest: better refused than open.
pub(super) fn arguments() -> Vec<&'static str> {
    TAKEN.get().cloned().unwrap_or_else(|| candidates(true).remove(0))
}

/// Whether bubblewrap can say how large a file system in memory may be: it learned that before it could forbid user namespaces.
pub(super) fn knows_sizes() -> bool {
    arguments().contains(&NO_USER_NAMESPACES)
}

/// Remembers the strictest arguments that `works` accepts, and fails with its last answer where it accepts none.
pub(super) fn find<E>(mut works: impl FnMut(&[&'static str]) -> Result<(), E>) -> Result<(), E> {
    if let Some(taken) = TAKEN.get() {
        return works(taken);
    }
    let mut result = Ok(());
    for candidate in candidates(rustix::process::geteuid().is_root()) {
        result = works(&candidate);
        if result.is_ok() {
            TAKEN.get_or_init(|| candidate);
            break;
        }
    }
    result
}

/// Takes arguments, joined by spaces, that an earlier process has found; gives whether they are known.
pub(super) fn take(found: &str) -> bool {
    let known = candidates(rustix::process::geteuid().is_root()).into_iter().find(|known| known.join(" ") == found);
    known.map(|known| TAKEN.get_or_init(|| known)).is_some_and(|taken| taken.join(" ") == found)
}

/// Strictest first. bubblewrap before 0.8 does not know how to forbid user namespaces, and cannot where `/proc/sys` is
/// read-only; one that is installed set-user-id takes no capabilities from an ordinary user, and then leaves none by itself.
fn candidates(is_root: bool) -> Vec<Vec<&'static str>> {
    let mut few = vec!["--cap-drop", "ALL"];
    few.extend(CAPABILITIES.iter().flat_map(|name| ["--cap-add", name]));
    let mut strictest = few.clone();
    strictest.push(NO_USER_NAMESPACES);
    let mut all = vec![strictest, few];
    if !is_root {
        all.push(Vec::new());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_never_keeps_every_capability() {
        for candidate in candidates(true) {
            assert_eq!(candidate[..2], ["--cap-drop", "ALL"]);
            for dangerous in ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_MODULE", "CAP_NET_ADMIN", "CAP_MKNOD"] {
                assert!(!candidate.contains(&dangerous), "{dangerous}");
            }
        }
        assert!(candidates(false).last().unwrap().is_empty());
    }
}
