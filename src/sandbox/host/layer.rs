//! The interpreter as nixpkgs shows it, in a layer that a run may write to.
//!
//! Directories that installers write to are real ones, made for this run; everything else in them is a link into the
//! host's standard library, which is shown read-only. So `--break-system-packages` finds a writable store, as it does in
//! the cloud, and the user's own interpreter is never written to.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::bwrap::Bind;
use super::system::is_left_out;
use crate::plan::Installs;
use crate::sandbox::python::Interpreter;

/// Stands in for `ensurepip/__main__.py`; runs on every Python 3.
const ENSUREPIP: &str = include_str!("ensurepip.py");

/// nixpkgs' marker, word for word.
pub(super) const EXTERNALLY_MANAGED: &str = "[externally-managed]
Error=This command has been disabled as it tries to modify the immutable
 `/nix/store` filesystem.

 To use Python with Nix and nixpkgs, have a look at the online documentation:
 <https://nixos.org/manual/nixpkgs/stable/#python>.
";

/// The alphabet of Nix' base 32.
const NIX32: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// A store path for `name`: the same on every machine, unlike any real one.
pub(super) fn store_path(name: &str) -> String {
    let mut hash = String::new();
    for part in 0..4 {
        let bits = xxh3_64_with_seed(name.as_bytes(), part);
        hash.extend((0..8).map(|digit| NIX32[(bits >> (digit * 5)) as usize & 31] as char));
    }
    format!("/nix/store/{hash}-{name}")
}

/// The directory inside a run's root for the absolute path `inside`.
pub(super) fn in_root(rootfs: &Path, inside: &str) -> PathBuf {
    rootfs.join(inside.trim_start_matches('/'))
}

/// Where the host's files are shown. Short, since ext4 keeps a link of less than 60 bytes in its inode: ten times quicker
/// to make and to remove than one that needs a block.
const STDLIB: &str = "/nix/.lib";
const MODULES: &str = "/nix/.ext";
const HEADERS: &str = "/nix/.inc";
const SEED: &str = "/nix/.seed";
/// The folder of a seed that holds the packages of a new venv.
pub(super) const SEED_PACKAGES: &str = "packages";

/// Parts of a standard library that nobody sees: what the user has installed, and what nixpkgs leaves out.
const HIDDEN: &[&str] = &["site-packages", "dist-packages", "test"];

/// Parts that the layer has of its own.
const LAID_OUT_HERE: &[&str] = &["lib-dynload", "ensurepip", "EXTERNALLY-MANAGED", "sitecustomize.py"];

/// What a run sees of its interpreter.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// `/nix/store/…-python3-3.11.7`.
    pub(super) store: String,
    /// What has to be shown inside for the layer's links to lead somewhere.
    pub(super) binds: Vec<Bind>,
}

/// Where `python` is shown.
pub(super) fn interpreter_store(python: &Interpreter, installs: Installs) -> String {
    if installs == Installs::Mise {
        return format!("/mise/installs/python/{}", python.full_version());
    }
    let package = if python.version.0 == 3 { "python3" } else { "python" };
    store_path(&format!("{package}-{}", python.full_version()))
}

/// Lays `python` out in `rootfs`; `seed` is the answer that `ensurepip` would compute.
pub(super) fn lay(rootfs: &Path, python: &Interpreter, installs: Installs, seed: Option<&Path>) -> Result<Layer> {
    let name = python.name();
    let store = interpreter_store(python, installs);
    let top = in_root(rootfs, &store);
    let lib = top.join("lib").join(&name);
    fs::create_dir_all(top.join("bin"))?;
    fs::create_dir_all(lib.join("site-packages"))?;
    let mut binds =
        vec![Bind::read_only(&python.stdlib, STDLIB), Bind::read_only(&python.program, format!("{store}/bin/{name}"))];
    fs::write(top.join("bin").join(&name), "")?;
    for alias in aliases(python) {
        symlink(&name, top.join("bin").join(alias))?;
    }
    for hidden in HIDDEN {
        let there = python.stdlib.join(hidden).symlink_metadata();
        if there.is_ok_and(|meta| meta.is_dir()) {
            binds.push(Bind::Empty(format!("{STDLIB}/{hidden}")));
        }
    }
    link_entries(&python.stdlib, &lib, STDLIB, |name| !HIDDEN.contains(&name) && !LAID_OUT_HERE.contains(&name))?;
    let modules = python.stdlib.join("lib-dynload");
    if modules.is_dir() {
        binds.push(Bind::read_only(&modules, MODULES));
        link_entries(&modules, &lib.join("lib-dynload"), MODULES, |name| !is_left_out(Path::new(name)))?;
    }
    if python.stdlib.join("ensurepip").is_dir() {
        let own = lib.join("ensurepip");
        let replaced = |name: &str| seed.is_some() && name == "__main__.py";
        link_entries(&python.stdlib.join("ensurepip"), &own, &format!("{STDLIB}/ensurepip"), |name| !replaced(name))?;
        if let Some(seed) = seed {
            binds.push(Bind::read_only(seed, SEED));
            fs::write(own.join("__main__.py"), ENSUREPIP.replace("@SEED@", SEED))?;
        }
    }
    if installs == Installs::Nix {
        fs::write(lib.join("EXTERNALLY-MANAGED"), EXTERNALLY_MANAGED)?;
    }
    if let Some(include) = &python.include {
        binds.push(Bind::read_only(include, HEADERS));
        let header_dir = include.file_name().unwrap_or(OsStr::new("python"));
        fs::create_dir_all(top.join("include"))?;
        symlink(HEADERS, top.join("include").join(header_dir))?;
    }
    show_prefix(rootfs, python, &store)?;
    Ok(Layer { store, binds })
}

/// The prefix that an interpreter was compiled with is where a copy of it looks last, when nothing beside it leads to a
/// standard library: uv's build environments inside a venv come to that. In the cloud it is the store path itself.
fn show_prefix(rootfs: &Path, python: &Interpreter, store: &str) -> Result<()> {
    let prefix = python.stdlib.parent().and_then(Path::parent);
    // A distribution's interpreter has /usr, which is there and is not ours to replace.
    let Some(prefix) = prefix.filter(|prefix| prefix.is_absolute() && !prefix.starts_with("/usr")) else {
        return Ok(());
    };
    let place = in_root(rootfs, &prefix.to_string_lossy());
    if place.symlink_metadata().is_ok() {
        return Ok(());
    }
    fs::create_dir_all(place.parent().unwrap_or(rootfs))?;
    symlink(store, &place).context("could not show the interpreter's own prefix")
}

/// `python`, `python3`: what a plain `python3` of nixpkgs has in its `bin`.
fn aliases(python: &Interpreter) -> Vec<String> {
    vec!["python".to_owned(), format!("python{}", python.version.0)]
}

fn link_entries(from: &Path, to: &Path, target: &str, wanted: impl Fn(&str) -> bool) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(text) = name.to_str().filter(|text| wanted(text)) else { continue };
        symlink(format!("{target}/{text}"), to.join(&name)).context("could not lay out the interpreter")?;
    }
    Ok(())
}

/// `/root/.nix-profile`, as `nix-env -if` leaves it.
pub(super) fn profile(rootfs: &Path, layer: Option<(&Layer, &Interpreter)>, library_path: &[String]) -> Result<()> {
    let profile = in_root(rootfs, PROFILE);
    for dir in ["bin", "etc/profile.d", "lib", "include"] {
        fs::create_dir_all(profile.join(dir))?;
    }
    let paths = library_path.join(":");
    fs::write(
        profile.join("etc/profile.d/nixpkgs-env.sh"),
        format!("export LD_LIBRARY_PATH=\"{paths}:$LD_LIBRARY_PATH\"\n\n"),
    )?;
    let Some((layer, python)) = layer else { return Ok(()) };
    let name = python.name();
    symlink(format!("{}/lib/{name}", layer.store), profile.join("lib").join(&name))?;
    for header_dir in fs::read_dir(in_root(rootfs, &layer.store).join("include")).into_iter().flatten().flatten() {
        let header_name = header_dir.file_name();
        let text = header_name.to_string_lossy();
        symlink(format!("{}/include/{text}", layer.store), profile.join("include").join(&header_name))?;
    }
    for program in aliases(python).into_iter().chain([name]) {
        symlink(format!("{}/bin/{program}", layer.store), profile.join("bin").join(program))?;
    }
    Ok(())
}

/// Where `nix-env` installs to.
pub(super) const PROFILE: &str = "/root/.nix-profile";

/// Where the programs of what is installed are found.
pub(super) fn programs(installs: Installs) -> String {
    match installs {
        Installs::Nix => format!("{PROFILE}/bin"),
        Installs::Mise => "/mise/shims".to_owned(),
    }
}

/// The interpreter's programs where mise links them.
pub(super) fn shims(rootfs: &Path, layer: Option<(&Layer, &Interpreter)>) -> Result<()> {
    let bin = in_root(rootfs, &programs(Installs::Mise));
    fs::create_dir_all(&bin)?;
    let Some((layer, python)) = layer else { return Ok(()) };
    for program in aliases(python).into_iter().chain([python.name()]) {
        symlink(format!("{}/bin/{program}", layer.store), bin.join(program))?;
    }
    Ok(())
}

/// Makes `inside` an executable script in the run's root.
pub(super) fn script(rootfs: &Path, inside: &str, text: &str) -> Result<()> {
    let path = in_root(rootfs, inside);
    fs::create_dir_all(path.parent().context("a script without a directory")?)?;
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_paths_look_like_nix_and_stay_the_same() {
        let path = store_path("python3-3.11.7");
        assert_eq!(path, store_path("python3-3.11.7"));
        assert_ne!(path, store_path("python3-3.11.8"));
        let hash = path.strip_prefix("/nix/store/").unwrap().strip_suffix("-python3-3.11.7").unwrap();
        assert_eq!(hash.len(), 32);
        assert!(hash.bytes().all(|byte| NIX32.contains(&byte)));
    }
}
