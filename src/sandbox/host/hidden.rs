//! The interpreter's own libraries, where nobody else finds them.
//!
//! mise's Pythons have libffi, sqlite, readline and Kerberos within themselves. The one that stands in for them may load its
//! system's, which the image that runs does not have. Its modules get copies that ask for theirs by a path: the loader
//! takes a name with a slash as it is, and never gives it to whoever asks for the name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use memchr::memmem;

use super::layer::{Layer, in_root};
use super::system::extension_modules;
use crate::sandbox::elf::Libraries;
use crate::sandbox::python::Interpreter;

/// Below `/usr`: the modules that load such libraries, and the libraries.
const MODULES: &str = "libexec/shakedown/modules";
const LIBRARIES: &str = "libexec/shakedown/libraries";

/// What a library's name begins with, and the path that is as long as that: a copy has no room for more.
const PREFIX: &str = "lib";
const FOLDER: &str = "/l/";

/// The most bytes of a module or a library.
const MOST: u64 = 256 << 20;

/// Lays out what the modules of `python` load and `shown` does not hold.
pub(super) fn install(
    usr: &Path,
    python: &Interpreter,
    shown: &BTreeMap<String, PathBuf>,
    known: &Libraries,
) -> Result<()> {
    let modules = extension_modules(python);
    let mut own = known.closure(modules.iter().cloned()).libraries;
    own.retain(|soname, _| soname.starts_with(PREFIX) && !shown.contains_key(soname));
    let names: BTreeSet<&str> = own.keys().map(String::as_str).collect();
    for dir in [MODULES, LIBRARIES] {
        fs::create_dir_all(usr.join(dir))?;
    }
    for (soname, file) in &own {
        let (bytes, _) = by_path(crate::fs::read(file, MOST)?, &names);
        fs::write(usr.join(LIBRARIES).join(&soname[PREFIX.len()..]), bytes)?;
    }
    for module in modules {
        let name = module.file_name().context("a module without a name")?;
        if let (bytes, true) = by_path(crate::fs::read(&module, MOST)?, &names) {
            fs::write(usr.join(MODULES).join(name), bytes)?;
        }
    }
    Ok(())
}

/// The file with a path wherever it has one of `names`, and whether it has one. A library's own name is one too, else the loader
/// would know it by that once it is loaded.
fn by_path(mut bytes: Vec<u8>, names: &BTreeSet<&str>) -> (Vec<u8>, bool) {
    let mut places = Vec::new();
    for name in names {
        let whole = [b"\0", name.as_bytes(), b"\0"].concat();
        places.extend(memmem::find_iter(&bytes, &whole).map(|place| place + 1));
    }
    for place in &places {
        bytes[*place..*place + FOLDER.len()].copy_from_slice(FOLDER.as_bytes());
    }
    (bytes, !places.is_empty())
}

/// Puts what `install` laid out in the place of the interpreter's modules.
pub(super) fn show(rootfs: &Path, usr: &Path, layer: &Layer, python: &Interpreter) -> Result<()> {
    let Ok(modules) = fs::read_dir(usr.join(MODULES)) else { return Ok(()) };
    let folder = in_root(rootfs, &layer.store).join("lib").join(python.name()).join("lib-dynload");
    for module in modules {
        let name = module?.file_name();
        let place = folder.join(&name);
        fs::remove_file(&place)?;
        symlink(Path::new("/usr").join(MODULES).join(&name), place)?;
    }
    symlink(Path::new("usr").join(LIBRARIES), in_root(rootfs, FOLDER.trim_end_matches('/')))
        .context("could not show the interpreter's own libraries")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_path_where_it_stands_whole() {
        let names = BTreeSet::from(["libtide.so.8"]);
        let text = b"\0libtide.so.8\0libtide.so.80\0alibtide.so.8\0".to_vec();
        assert_eq!(by_path(text, &names), (b"\0/l/tide.so.8\0libtide.so.80\0alibtide.so.8\0".to_vec(), true));
        assert_eq!(by_path(b"\0libc.so.6\0".to_vec(), &names), (b"\0libc.so.6\0".to_vec(), false));
    }
}
