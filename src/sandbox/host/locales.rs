//! The locales of the image: C.UTF-8 always, others by name.
//!
//! Debian has C.UTF-8 in libc-bin, a Nix Python in its own glibc (`postInstall` of nixpkgs' glibc), so that both of the images that apps
//! run in know it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::system::system_command;
use crate::fs::{stamp, tree};
use crate::sandbox::Unverified;

const EVERYWHERE: &str = "C.UTF-8";
/// Where glibc looks, relative to `/usr`.
const FOLDER: &str = "lib/locale";
/// What locales are made of, which not every machine has.
const SOURCES: &str = "/usr/share/i18n/locales";

/// What the locales of a root depend on.
pub(super) fn key(named: &[String]) -> String {
    let of = |name: &str| stamp(&Path::new("/usr").join(FOLDER).join(folder_of(name)));
    named.iter().map(|name| format!("{name}{};", of(name))).collect::<String>()
        + &of(EVERYWHERE)
        + &stamp(Path::new(SOURCES))
}

/// Puts them below `usr`, as far as this machine has them or can make them.
pub(super) fn install(usr: &Path, named: &[String]) -> Result<()> {
    for name in named.iter().map(String::as_str).chain([EVERYWHERE]) {
        let folder = folder_of(name);
        let (from, to) = (Path::new("/usr").join(FOLDER).join(&folder), usr.join(FOLDER).join(&folder));
        fs::create_dir_all(usr.join(FOLDER))?;
        if from.is_dir() {
            tree::copy(&from, &to)?;
        } else {
            make(name, &to);
        }
    }
    Ok(())
}

/// As glibc calls the folder of a locale: the character set in small letters, without a dash.
fn folder_of(name: &str) -> String {
    name.split_once('.')
        .map_or(name.to_owned(), |(language, set)| format!("{language}.{}", set.to_ascii_lowercase().replace('-', "")))
}

/// The image's locales that this machine can neither show nor make.
pub(super) fn absent(named: &[String]) -> impl Iterator<Item = Unverified> {
    let is_here = |name: &str| Path::new("/usr").join(FOLDER).join(folder_of(name)).is_dir() || maker(name).is_some();
    named.iter().filter(move |name| !is_here(name)).map(|name| Unverified {
        what: format!("the locale {name}"),
        why: "the image has it, and this machine can neither show nor make it; Debian's package `locales` makes it"
            .to_owned(),
    })
}

/// The program that makes a locale, its language and its character set.
fn maker(name: &str) -> Option<(PathBuf, &str, &str)> {
    let (language, set) = name.split_once('.')?;
    Path::new(SOURCES).join(language).is_file().then_some(())?;
    Some((system_command("localedef")?, language, set))
}

fn make(name: &str, to: &Path) {
    let Some((program, language, set)) = maker(name) else { return };
    let mut localedef = Command::new(program);
    localedef.args(["--no-archive", "--inputfile", language, "--charmap", set]).arg(to);
    let _ = localedef.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_glibc_names_them() {
        assert_eq!(["C.UTF-8", "en_US.UTF-8", "POSIX"].map(folder_of), ["C.utf8", "en_US.utf8", "POSIX"]);
    }
}
