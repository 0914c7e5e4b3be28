//! The machine's `/usr`: only the base image's commands, the interpreter's and the compiler's own libraries (in a slim one the
//! interpreter's are hidden), and the development files of declared packages. What the cloud lacks is then really missing.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use xxhash_rust::xxh3::xxh3_128;

use super::bwrap::{Bind, Bubblewrap};
use super::hidden;
use super::locales;
use super::system::{extension_modules, place, system_command};
use super::toolchain;
use crate::catalog::base_commands::{BASE_COMMANDS, NOT_SLIM};
use crate::catalog::nix_packages::Package;
use crate::fs::{stamp, tree};
use crate::sandbox::cache::Cache;
use crate::sandbox::elf::Libraries;
use crate::sandbox::python::Interpreter;

/// The cache's folder for roots.
pub(super) const KIND: &str = "root";

/// Changes whenever the layout below does, so that older caches are not read.
const LAYOUT: &str = "7";

/// Libraries that glibc or the loader open by themselves, and the names older wheels were linked with.
const GLIBC: &[&str] = &[
    "libc.so.6",
    "libm.so.6",
    "libmvec.so.1",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
    "libanl.so.1",
    "libresolv.so.2",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "libgcc_s.so.1",
];

/// Directories that are shown as they are: too large to copy, and nothing in them is a shared library the cloud lacks.
pub(super) const SHOWN_AS_THEY_ARE: &[&str] = &[
    "/usr/share/zoneinfo",
    "/usr/share/perl",
    "/usr/lib/x86_64-linux-gnu/perl-base",
    "/usr/lib/aarch64-linux-gnu/perl-base",
    "/usr/lib/gcc",
    "/usr/libexec/gcc",
];

/// What a root is made for.
#[derive(Debug)]
pub(super) struct Recipe<'a> {
    pub(super) python: Option<&'a Interpreter>,
    pub(super) compiler: bool,
    pub(super) development: &'a [&'static Package],
    /// Directories of the host that are shown on top of it.
    pub(super) data: &'a [&'static str],
    /// Libraries of its system beside those of its commands, by soname.
    pub(super) libraries: &'static [&'static str],
    /// Whether it is a system without the commands that are not in Debian's slim image.
    pub(super) slim: bool,
    /// Its locales beside C.UTF-8.
    pub(super) locales: &'a [String],
}

/// A finished root.
#[derive(Debug, Clone)]
pub(super) struct Root {
    /// Shown at `/usr`.
    pub(super) usr: PathBuf,
    /// Directories of the host shown at their own place on top of it.
    pub(super) shown: Vec<PathBuf>,
    /// Where the host's git keeps its parts, if not in `/usr/lib/git-core`.
    pub(super) git_parts: Option<PathBuf>,
}

/// The root for `recipe`, from the cache or made now.
pub(super) fn root(cache: &Cache, recipe: &Recipe<'_>) -> Result<Root> {
    let known = BASE_COMMANDS.iter().filter(|name| !recipe.slim || !NOT_SLIM.contains(name));
    let tools: Vec<(&str, PathBuf)> =
        known.filter_map(|name| Some((*name, fs::canonicalize(system_command(name)?).ok()?))).collect();
    let usr = cache.entry(KIND, &key(recipe, &tools), |dir| {
        build(dir, recipe, &tools)?;
        locales::install(cache, dir, recipe.locales)
    })?;
    let mut shown: Vec<PathBuf> = SHOWN_AS_THEY_ARE.iter().map(PathBuf::from).filter(|dir| dir.is_dir()).collect();
    if !recipe.compiler {
        shown.retain(|dir| !dir.ends_with("gcc"));
    }
    let git_parts = fs::read_to_string(usr.join("lib/git-core/.place")).ok().map(PathBuf::from);
    Ok(Root { usr, shown, git_parts })
}

fn key(recipe: &Recipe<'_>, tools: &[(&str, PathBuf)]) -> String {
    let Recipe { compiler, development, data, libraries, slim, .. } = recipe;
    let mut text = format!("{LAYOUT};{compiler};{development:?};{data:?};{libraries:?};{slim};");
    text.extend(recipe.python.map(|python| stamp(&python.program)));
    text.extend(recipe.python.map(|python| stamp(&python.stdlib.join("lib-dynload"))));
    text.extend(Some(stamp(Path::new("/etc/ld.so.cache"))));
    text.push_str(&locales::key(recipe.locales));
    text.extend(tools.iter().map(|(_, path)| stamp(path)));
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

fn build(usr: &Path, recipe: &Recipe<'_>, tools: &[(&str, PathBuf)]) -> Result<()> {
    let libraries = Libraries::of_this_machine();
    let libdir = library_dir(libraries)?;
    for dir in ["bin", "sbin", "lib", "lib64", "include", "local", "share", "lib/git-core", "share/pkgconfig"] {
        fs::create_dir_all(usr.join(dir))?;
    }
    fs::create_dir_all(usr.join(&libdir))?;
    let mut programs = BTreeSet::new();
    for (name, path) in tools {
        place(path, &usr.join("bin").join(name))?;
        programs.insert(path.clone());
    }
    if !tools.iter().any(|(name, _)| *name == "pkg-config") && tools.iter().any(|(name, _)| *name == "pkgconf") {
        symlink("pkgconf", usr.join("bin/pkg-config"))?;
    }
    if !recipe.slim {
        programs.extend(git_parts(usr)?);
        openssl_settings(usr)?;
    }
    shim(&usr.join("bin/sudo"), SUDO)?;
    for name in ["apt-get", "apt"] {
        shim(&usr.join("bin").join(name), APT)?;
    }
    if let Some(python) = recipe.python {
        programs.insert(python.program.clone());
        if !recipe.slim {
            programs.extend(extension_modules(python));
        }
        wheels(usr, python)?;
    }
    if recipe.compiler {
        programs.extend(toolchain::install(usr, &libdir, libraries, recipe.python.map(|python| &*python.compiler))?);
    }
    for files in recipe.development {
        programs.extend(toolchain::install_development(usr, &libdir, libraries, files)?);
    }
    if recipe.compiler {
        toolchain::wrap_linker(usr, recipe.development)?;
    }
    // What is shown in a folder that cannot be written to needs its place there.
    let data = recipe.data.iter().filter(|dir| dir.starts_with("/usr/"));
    for dir in SHOWN_AS_THEY_ARE.iter().chain(data) {
        fs::create_dir_all(usr.join(dir.trim_start_matches("/usr/")))?;
    }
    let named = |soname: &&'static str| Some(((*soname).to_owned(), libraries.by_name(soname)?));
    let own: Vec<_> = recipe.libraries.iter().filter_map(named).collect();
    programs.extend(own.iter().map(|(_, file)| file.clone()));
    let mut closure = libraries.closure(programs);
    closure.libraries.extend(own);
    closure.libraries.extend(GLIBC.iter().filter_map(named));
    for (soname, file) in &closure.libraries {
        place(file, &usr.join(&libdir).join(soname))?;
    }
    if let Some(python) = recipe.python.filter(|_| recipe.slim) {
        hidden::install(usr, python, &closure.libraries, libraries)?;
    }
    for loader in closure.loaders {
        let inside = loader.strip_prefix("/usr").or_else(|_| loader.strip_prefix("/")).unwrap_or(&loader);
        let target = usr.join(inside);
        fs::create_dir_all(target.parent().context("a loader without a directory")?)?;
        place(&loader, &target)?;
    }
    Ok(())
}

/// Where the host's loader looks first, relative to `/usr`: the directory libc is in.
fn library_dir(libraries: &Libraries) -> Result<PathBuf> {
    let libc = libraries.by_name("libc.so.6").context("this machine has no glibc")?;
    let dir = fs::canonicalize(&libc)?.parent().context("libc without a directory")?.to_owned();
    let inside = dir.strip_prefix("/usr").or_else(|_| dir.strip_prefix("/")).unwrap_or(&dir).to_owned();
    Ok(inside)
}

/// Debian keeps the wheels of `ensurepip` outside the standard library.
fn wheels(usr: &Path, python: &Interpreter) -> Result<()> {
    let Some(dir) = python.wheels.as_deref().filter(|dir| !dir.starts_with(&python.stdlib)) else { return Ok(()) };
    match dir.strip_prefix("/usr") {
        Ok(inside) => tree::copy(dir, &usr.join(inside)),
        Err(_) => Ok(()),
    }
}

/// The settings without which `openssl req` does nothing, where Debian's and Ubuntu's `openssl` looks for them.
fn openssl_settings(usr: &Path) -> Result<()> {
    const LEAST: &[u8] = b"[req]\ndistinguished_name = name\nx509_extensions = authority\n[name]\n[authority]\nbasicConstraints = critical, CA:true\n";
    let folder = usr.join("lib/ssl");
    fs::create_dir_all(&folder)?;
    let own = crate::fs::read(Path::new("/etc/ssl/openssl.cnf"), 64 << 10).ok();
    // What it includes is not there.
    let own = own.filter(|text| memchr::memmem::find(text, b"\n.include").is_none());
    fs::write(folder.join("openssl.cnf"), own.as_deref().unwrap_or(LEAST))?;
    symlink("/etc/ssl/certs", folder.join("certs"))?;
    Ok(symlink("/etc/ssl/certs/ca-certificates.crt", folder.join("cert.pem"))?)
}

/// Only what a clone over the network needs; everything else is inside the `git` program.
fn git_parts(usr: &Path) -> Result<Vec<PathBuf>> {
    let Some(git) = system_command("git") else { return Ok(Vec::new()) };
    let Ok(output) = Command::new(git).arg("--exec-path").env_clear().output() else { return Ok(Vec::new()) };
    let dir = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let parts = ["git", "git-remote-http", "git-remote-https", "git-submodule", "git-sh-setup", "git-sh-i18n"];
    let mut programs = Vec::new();
    for part in parts.map(|part| dir.join(part)).iter().filter(|part| part.is_file()) {
        if let Some(name) = part.file_name() {
            place(part, &usr.join("lib/git-core").join(name))?;
            programs.push(fs::canonicalize(part)?);
        }
    }
    if dir != Path::new("/usr/lib/git-core") {
        fs::write(usr.join("lib/git-core/.place"), dir.to_string_lossy().as_bytes())?;
    }
    Ok(programs)
}

fn shim(path: &Path, script: &str) -> Result<()> {
    fs::write(path, script)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Inside, everyone is root already, and a set-user-id program cannot work in a user namespace.
const SUDO: &str = "#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -u|-g) shift 2;; -*) shift;; *=*) export \"$1\"; shift;; *) break;; esac; done\nexec \"$@\"\n";

/// Where [`APT`] notes what it was asked for.
pub(super) const APT_NOTES: &str = "var/lib/apt/shakedown-asked";

/// The cloud's apt reaches its mirrors as root; here it only takes note, and the verdict says what was not installed.
const APT: &str = "#!/bin/sh\nmkdir -p /var/lib/apt\necho \"$@\" >> /var/lib/apt/shakedown-asked\necho \"shakedown: apt is not reproduced here; noted: ${0##*/} $*\"\n";

/// Directories whose libraries are the cloud's too: what the loader searches inside, and the plan's `nixLibs`.
pub(super) fn inner_library_dirs(bubblewrap: &Bubblewrap) -> Vec<PathBuf> {
    let from_binds = bubblewrap.binds.iter().filter_map(|bind| match bind {
        Bind::ReadOnly(from, to) if to == "/usr" => {
            library_dir(Libraries::of_this_machine()).ok().map(|dir| from.join(dir))
        }
        Bind::ReadOnly(from, to) if to.starts_with("/nix/store/") && to.ends_with("-lib") => Some(from.join("lib")),
        _ => None,
    });
    from_binds.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::base_image::DEBIAN_LIBRARIES;

    const BARE: Recipe<'_> =
        Recipe { python: None, compiler: false, development: &[], data: &[], libraries: &[], slim: true, locales: &[] };

    /// bwrap makes no folder in what is bound to be read only: without a place of its own, poppler's or chromium's data ended every command.
    #[test]
    fn what_declared_programs_read_has_its_place() {
        if library_dir(Libraries::of_this_machine()).is_err() {
            eprintln!("skipped: what_declared_programs_read_has_its_place: this machine has no glibc");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let data = ["/usr/share/tide-data", "/etc/tides"];
        let recipe = Recipe { data: &data, ..BARE };
        build(folder.path(), &recipe, &[]).unwrap();
        assert!(folder.path().join("share/tide-data").is_dir());
        assert_ne!(key(&recipe, &[]), key(&Recipe { data: &[], ..recipe }, &[]));
    }

    /// numpy, greenlet and most of what is written in C++ load libstdc++, which every Debian has because of apt.
    #[test]
    fn a_system_has_its_own_libraries_and_no_others() {
        let known = Libraries::of_this_machine();
        let (Ok(libdir), Some(_)) = (library_dir(known), known.by_name("libstdc++.so.6")) else {
            eprintln!("skipped: a_system_has_its_own_libraries_and_no_others: this machine has no libstdc++");
            return;
        };
        for (libraries, is_there) in [(&[][..], false), (DEBIAN_LIBRARIES, true)] {
            let folder = tempfile::tempdir().unwrap();
            build(folder.path(), &Recipe { libraries, ..BARE }, &[]).unwrap();
            assert_eq!(folder.path().join(&libdir).join("libstdc++.so.6").exists(), is_there);
        }
        assert_ne!(key(&BARE, &[]), key(&Recipe { libraries: DEBIAN_LIBRARIES, ..BARE }, &[]));
    }
}
