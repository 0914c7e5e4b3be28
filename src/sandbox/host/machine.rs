//! What tells one machine from another that a command would find: its files, what is shown in it, and what it runs on.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::{fs, thread};

use anyhow::Result;

use super::bwrap::{Bind, Bubblewrap};
use super::root::SHOWN_AS_THEY_ARE;
use crate::plan::Vars;
use crate::sandbox::fingerprint;
use crate::sandbox::store::Store;
use crate::sandbox::store::ask::Client;
use crate::sandbox::store::tree::{self, Digest};
use crate::sandbox::{Quotas, Reuse};

/// The folder of a run that holds its caches, each at its own place in a folder of its own.
pub(super) const CACHES: &str = "caches";
/// Parts of a run's folder that a command writes to, beside `/app`.
pub(super) const PARTS: &[&str] = &["root", "local", CACHES];
/// Files of the root that speak of this machine's network, not of what is installed.
pub(super) const OF_THE_NETWORK: &[&str] = &["etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"];

/// A sandbox that has just been opened.
pub(super) struct Beginning<'a> {
    pub(super) bubblewrap: &'a Bubblewrap,
    pub(super) project: PathBuf,
    pub(super) folder: &'a Path,
    pub(super) store: Result<Store>,
    pub(super) reuse: Reuse,
    pub(super) memory: Option<u64>,
    pub(super) quotas: Quotas,
    pub(super) vars: Vars,
    pub(super) client: Client,
    pub(super) find_links: Vec<PathBuf>,
}

/// The digest of a machine before the first command, as far as an installer reads it: its files, what is shown in it, and what it runs on.
pub(super) fn digest(beginning: &Beginning<'_>) -> Result<String> {
    let Beginning { bubblewrap, folder, memory, quotas, find_links, .. } = beginning;
    let mut digest = Digest::default();
    digest.add(env!("CARGO_PKG_VERSION")).add(format!("{memory:?} {quotas:?}"));
    let system = rustix::system::uname();
    digest.add(system.release().to_bytes()).add(system.machine().to_bytes());
    digest.add(format!("{:?}", std::thread::available_parallelism().ok()));
    digest.add(fingerprint::of(&bubblewrap.program)?);
    if let Some(filter) = &bubblewrap.filter {
        digest.add(tree::content(filter)?);
    }
    let (parts, shown) = thread::scope(|scope| {
        let shown = scope.spawn(|| shown(&bubblewrap.binds, find_links));
        (parts(folder), shown.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    for part in [parts?, shown?].concat() {
        digest.add(part);
    }
    for folder in find_links {
        digest.add(fingerprint::of(folder)?);
    }
    Ok(digest.finish())
}

/// What tells apart the parts of a run's folder that a command writes to.
fn parts(folder: &Path) -> Result<Vec<String>> {
    let mut parts = Vec::new();
    for part in PARTS {
        let root = folder.join(part);
        let mut tree = tree::list(&root)?;
        tree.retain(|path, _| !OF_THE_NETWORK.iter().any(|file| path == Path::new(file)));
        parts.extend([tree::names(&tree), tree::contents(&root, &tree)?]);
    }
    Ok(parts)
}

/// What tells apart the folders that are shown in it.
fn shown(binds: &[Bind], find_links: &[PathBuf]) -> Result<Vec<String>> {
    let hidden = |to: &str, from: &Path| -> Vec<PathBuf> {
        let inside = |bind: &Bind| match bind {
            Bind::Empty(at) => at.strip_prefix(to)?.strip_prefix('/').map(|name| from.join(name)),
            _ => None,
        };
        binds.iter().filter_map(inside).collect()
    };
    let mut shown = Vec::new();
    for bind in binds {
        let Bind::ReadOnly(from, to) = bind else { continue };
        if is_read_by_no_installer(from) {
            continue;
        }
        // What is in the cache has a seal, which was looked at when the sandbox was opened.
        let mut seal = from.clone().into_os_string();
        seal.push(".seal");
        if let Ok(text) = fs::read_to_string(&seal) {
            shown.push(text);
        } else if !find_links.contains(from) {
            let hidden = hidden(to, from);
            let is_left_out = |folder: &Path, name: &OsStr| {
                name == "__pycache__" || hidden.iter().any(|other| *other == folder.join(name))
            };
            shown.push(fingerprint::without(from, is_left_out)?);
        }
    }
    Ok(shown)
}

/// The digest of the rest of what is shown in it.
pub(super) fn rest(binds: &[Bind]) -> Result<String> {
    let mut digest = Digest::default();
    for bind in binds {
        if let Bind::ReadOnly(from, _) = bind
            && is_read_by_no_installer(from)
        {
            digest.add(fingerprint::of(from)?);
        }
    }
    Ok(digest.finish())
}

/// Data of the system's compiler, its Perl and its clock: thousands of files, and none on which hangs what a wheel comes to.
fn is_read_by_no_installer(from: &Path) -> bool {
    SHOWN_AS_THEY_ARE.iter().any(|place| from == Path::new(place))
}

/// A word of a command line without the name of the run's own folder.
pub(super) fn without(word: &OsString, name: &OsStr) -> OsString {
    let (word, name) = (word.as_bytes(), name.as_bytes());
    if name.is_empty() {
        return OsString::from_vec(word.to_vec());
    }
    let mut kept = Vec::new();
    let mut rest = word;
    while let Some(at) = memchr::memmem::find(rest, name) {
        kept.extend_from_slice(&rest[..at]);
        rest = &rest[at + name.len()..];
    }
    kept.extend_from_slice(rest);
    OsString::from_vec(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_own_name_is_no_part_of_a_key() {
        let word = |text: &str| without(&OsString::from(text), std::ffi::OsStr::new("run-1"));
        assert_eq!(word("/cache/run-1/root"), "/cache//root");
        assert_eq!(word("/cache/run-2/root"), "/cache/run-2/root");
    }
}
