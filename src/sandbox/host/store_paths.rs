//! Declared packages as store paths of their own.
//!
//! A command brings its libraries along in a place that only it looks into, through a wrapper, as nixpkgs' wrappers do: a
//! host's `ffmpeg` needs `libGL`, but that must not make `import cv2` work.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use xxhash_rust::xxh3::xxh3_128;

use super::called;
use super::layer::store_path;
use crate::catalog::nix_packages::Package;
use crate::fs::{stamp, tree};
use crate::sandbox::cache::Cache;
use crate::sandbox::elf::{Libraries, is_elf};

/// Belongs to the loader: a second copy in another place breaks programs.
const GLIBC_STEMS: &[&str] = &[
    "ld-linux",
    "libc.so",
    "libm.so",
    "libmvec.so",
    "libdl.so",
    "libpthread.so",
    "librt.so",
    "libutil.so",
    "libresolv.so",
    "libanl.so",
    "libnss_",
    "libthread_db.so",
    "libBrokenLocale.so",
];

/// The folder of a package's programs that are called by its own alone.
const CALLED: &str = "called";

/// A package in the store.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// In the cache.
    pub(super) dir: PathBuf,
    /// Inside the sandbox.
    pub(super) store: String,
    /// Programs in its `bin`.
    pub(super) commands: Vec<String>,
}

/// The program for a command of a package: the distribution's own, else any that is installed for all users.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let path = super::system::system_command(name)?;
    fs::canonicalize(path).ok()
}

/// The libraries of `package` that this machine has, and whether it has all that matter: the first one.
fn own_libraries(package: &Package, libraries: &Libraries) -> Vec<(String, PathBuf)> {
    let named = |soname: &&'static str| {
        let file = libraries.by_name(soname)?;
        if !soname.ends_with(".so") {
            return Some(((*soname).to_owned(), file));
        }
        let real = fs::canonicalize(file).ok()?;
        Some((real.file_name()?.to_string_lossy().into_owned(), real))
    };
    package.libraries.iter().filter_map(named).collect()
}

/// `nixLibs`: a directory for `LD_LIBRARY_PATH`. `None` when this machine lacks the library.
pub(super) fn library(cache: &Cache, package: &Package, libraries: &Libraries) -> Result<Option<Stored>> {
    libraries_of(cache, package, libraries, &format!("{}-lib", package.attributes[0]))
}

/// What programs that are built against a package find it by when they run. `None` when this machine lacks the library.
pub(super) fn linked(cache: &Cache, package: &Package, libraries: &Libraries) -> Result<Option<Stored>> {
    libraries_of(cache, package, libraries, &linked_name(package))
}

/// The name of that directory's package.
pub(super) fn linked_name(package: &Package) -> String {
    format!("{}-linked", package.attributes[0])
}

fn libraries_of(cache: &Cache, package: &Package, libraries: &Libraries, name: &str) -> Result<Option<Stored>> {
    let own = own_libraries(package, libraries);
    if own.is_empty() {
        return Ok(None);
    }
    let dir = cache.entry("lib", &key(name, own.iter().map(|(_, file)| file.as_path())), |dir| {
        let lib = dir.join("lib");
        fs::create_dir_all(&lib)?;
        for (soname, file) in &own {
            tree::copy_file(file, &lib.join(soname))?;
        }
        closure_into(&lib, own.iter().map(|(_, file)| file.clone()), libraries)
    })?;
    Ok(Some(Stored { dir, store: store_path(name), commands: Vec::new() }))
}

/// `nixPkgs`: a directory with the package's commands. `None` when this machine lacks the first of them.
pub(super) fn commands(cache: &Cache, package: &Package, libraries: &Libraries) -> Result<Option<Stored>> {
    let found: Vec<(&str, PathBuf)> =
        package.commands.iter().filter_map(|name| Some((*name, program(name)?))).collect();
    if package.commands.first().is_some_and(|first| found.first().is_none_or(|(name, _)| name != first)) {
        return Ok(None);
    }
    let name = package.attributes[0];
    let store = store_path(name);
    let called: BTreeMap<String, PathBuf> = found.iter().flat_map(|(_, file)| called::called(file)).collect();
    let files = || found.iter().map(|(_, file)| file.as_path()).chain(called.values().map(PathBuf::as_path));
    let dir = cache.entry("package", &key(name, files()), |dir| {
        for sub in ["bin", "lib", "libexec", CALLED] {
            fs::create_dir_all(dir.join(sub))?;
        }
        let base = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
        let places = called.keys().map(|path| (path.clone(), format!("{store}/{CALLED}/{}", base(path)))).collect();
        for (name, file) in &found {
            install(dir, &store, "bin", name, file, &places)?;
        }
        for (path, file) in &called {
            install(dir, &store, CALLED, &base(path), file, &places)?;
        }
        closure_into(&dir.join("lib"), files().map(Path::to_owned), libraries)
    })?;
    let commands = found.iter().map(|(name, _)| (*name).to_owned()).collect();
    Ok(Some(Stored { dir, store, commands }))
}

/// Puts a program into a folder of the package: one of the machine's own behind a wrapper that finds its libraries, a script with
/// the programs that it calls by their places inside.
fn install(
    dir: &Path,
    store: &str,
    sub: &str,
    name: &str,
    file: &Path,
    places: &BTreeMap<String, String>,
) -> Result<()> {
    let target = dir.join(sub).join(name);
    let text = if is_elf(file) {
        tree::copy_file(file, &dir.join("libexec").join(name))?;
        format!("#!/bin/sh\nLD_LIBRARY_PATH={store}/lib:$LD_LIBRARY_PATH exec {store}/libexec/{name} \"$@\"\n")
    } else if let Some(text) = called::script(file).filter(|_| !places.is_empty()) {
        called::rewritten(&text, places)
    } else {
        return tree::copy_file(file, &target);
    };
    fs::write(&target, text)?;
    fs::set_permissions(&target, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn closure_into(lib: &Path, files: impl Iterator<Item = PathBuf>, libraries: &Libraries) -> Result<()> {
    for (soname, file) in libraries.closure(files).libraries {
        let target = lib.join(&soname);
        if !GLIBC_STEMS.iter().any(|stem| soname.starts_with(stem)) && target.symlink_metadata().is_err() {
            tree::copy_file(&file, &target)?;
        }
    }
    Ok(())
}

fn key<'a>(name: &str, files: impl Iterator<Item = &'a Path>) -> String {
    let mut text = format!("2;{name};");
    for file in files.chain([Path::new("/etc/ld.so.cache")]) {
        text.push_str(&stamp(file));
    }
    format!("{:032x}", xxh3_128(text.as_bytes()))
}
