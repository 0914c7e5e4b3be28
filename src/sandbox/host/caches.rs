//! Folders that BuildKit mounts for the commands of the steps that name them, and for no other: empty at first, and in no layer.
//! Where one is mounted a folder is made for the command, and taken away after it.
//! Sources: BuildKit's `dispatchRunMounts` and `executor/stubs.go`, runc's `rootfs_linux.go`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::bwrap::{Bind, Bubblewrap, Session};
use super::live::HostSandbox;
use super::machine::CACHES;
use super::pip_config;
use crate::plan::{Vars, in_app};
use crate::sandbox::links;
use crate::sandbox::store::tree;
use crate::sandbox::{CommandLine, MachineFailure};

/// What a command comes to whose caches cannot be mounted.
const REFUSE: &[&str] = &["/bin/bash", "-c", "echo \"$1\" >&2; exit 1", "bash"];

impl HostSandbox {
    /// A command of the build, which sees `caches`.
    pub(super) fn command_with(
        &self,
        mut bubblewrap: Bubblewrap,
        argv: &[&str],
        vars: &Vars,
        caches: &[String],
    ) -> CommandLine {
        match self.cache_binds(caches) {
            Ok(binds) => {
                bubblewrap.binds.extend(binds);
                bubblewrap.command(argv, vars, Session::Detached)
            }
            Err(why) => bubblewrap.command(&[REFUSE, &[&why]].concat(), vars, Session::Detached),
        }
    }

    /// What shows `caches` to a command, those that lie in others after these.
    ///
    /// # Errors
    /// One cannot be mounted in the cloud either: what is said there.
    pub(super) fn cache_binds(&self, caches: &[String]) -> Result<Vec<Bind>, String> {
        Ok(self.mounts(caches)?.into_iter().filter_map(Result::ok).collect())
    }

    /// The same; a cache for which no folder can be made here is given by its place.
    fn mounts(&self, caches: &[String]) -> Result<Vec<Result<Bind, String>>, String> {
        let mut binds = self.bubblewrap.binds.clone();
        let mut mounts = Vec::new();
        for place in caches.iter().map(|cache| in_app(cache)).collect::<BTreeSet<String>>() {
            let Some(at) = self.mount_point(&binds, Path::new(&place))? else {
                mounts.push(Err(place));
                continue;
            };
            let folder = self.run.path().join(CACHES).join(tree::digest(&place)).join(place.trim_start_matches('/'));
            let bind = Bind::Writable(folder, at.to_string_lossy().into_owned());
            binds.push(bind.clone());
            mounts.push(Ok(bind));
        }
        Ok(mounts)
    }

    /// Where a cache is mounted once all links are followed; none where there is no folder and none can be made.
    fn mount_point(&self, binds: &[Bind], place: &Path) -> Result<Option<PathBuf>, String> {
        let refused = |why: &str| Err(format!("error mounting a cache to rootfs at {place:?}: {why}"));
        let Some(at) = links::follow(place, |inside| self.behind(binds, inside).0) else {
            return refused("too many levels of symbolic links");
        };
        if at == Path::new("/") {
            return Err(format!("invalid mount target {place:?}"));
        }
        if at.starts_with("/proc") {
            return refused("it cannot be mounted because it is inside /proc");
        }
        let there = at.ancestors().find_map(|part| self.behind(binds, part).0.symlink_metadata().ok().zip(Some(part)));
        match there {
            Some((there, _)) if !there.is_dir() => refused("not a directory"),
            Some((_, part)) if part != at && !self.behind(binds, &at).1 => Ok(None),
            _ => Ok(Some(at)),
        }
    }

    /// Where a path inside is outside, and whether a folder can be made there; links are not followed.
    fn behind(&self, binds: &[Bind], inside: &Path) -> (PathBuf, bool) {
        let below = |from: &Path, rest: &Path| match rest.as_os_str().is_empty() {
            true => from.to_owned(),
            false => from.join(rest),
        };
        let shown = binds.iter().rev().find_map(|bind| match bind {
            Bind::ReadOnly(from, to) => Some((below(from, inside.strip_prefix(to).ok()?), false)),
            Bind::Writable(from, to) => Some((below(&self.seen(from), inside.strip_prefix(to).ok()?), true)),
            Bind::Empty(_) => None,
        });
        let in_root = || below(&self.seen(&self.bubblewrap.rootfs), inside.strip_prefix("/").unwrap_or(inside));
        shown.unwrap_or_else(|| (in_root(), true))
    }

    /// Makes what the caches of the command that is about to run are, and where they are mounted. What cannot be made is missed by
    /// bubblewrap, which says so.
    pub(super) fn make_mount_points(&mut self, caches: &[String]) {
        for mount in self.mounts(caches).unwrap_or_default() {
            match mount {
                Ok(Bind::Writable(folder, at)) => {
                    let _ = fs::create_dir_all(self.seen(&folder)).and_then(|()| self.make_mount_point(Path::new(&at)));
                }
                Ok(_) => {}
                Err(place) => drop(self.mount_points.absent.insert(place)),
            }
        }
    }

    fn make_mount_point(&mut self, at: &Path) -> io::Result<()> {
        // What lies in another cache is made there by bubblewrap, and stays, as with runc.
        let parts = at.ancestors().map(|part| self.behind(&self.bubblewrap.binds, part).0);
        let mut missing: Vec<PathBuf> = parts.take_while(|part| part.symlink_metadata().is_err()).collect();
        missing.reverse();
        self.mount_points.make(missing)
    }

    /// Whether all that is told of a command holds with its caches too.
    ///
    /// # Errors
    /// It does not.
    pub(super) fn can_be_told(&self, caches: &[String]) -> Result<()> {
        for bind in self.cache_binds(caches).unwrap_or_default() {
            let Bind::Writable(folder, at) = bind else { continue };
            // What is said of a file by its place is looked up by that of the folder.
            ensure!(folder.ends_with(at.trim_start_matches('/')), "a link leads to a cache, {at}");
            let hidden = pip_config::FILES.iter().find(|file| Path::new("/").join(file).starts_with(&at));
            ensure!(hidden.is_none(), "a cache hides {at}");
        }
        Ok(())
    }

    /// Says of a command that failed that it may have missed a cache.
    pub(super) fn lacks_a_cache(&self) -> Option<MachineFailure> {
        let place = self.mount_points.absent.first()?;
        let what = format!("the build has a cache at {place}, where this sandbox can make no folder");
        Some(MachineFailure::for_good(what, "run it where that can be: `shakedown run --backend docker`"))
    }

    /// All caches of the run, each file by a path that ends as it does inside.
    pub(super) fn caches(&self) -> PathBuf {
        self.seen(&self.run.path().join(CACHES))
    }
}
