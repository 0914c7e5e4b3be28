//! The locales of the image: C.UTF-8 always, others by name.
//!
//! Debian has C.UTF-8 in libc-bin, a Nix Python in its own glibc (`postInstall` of nixpkgs' glibc), so that both of the images that apps
//! run in know it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use xxhash_rust::xxh3::xxh3_128;

use super::system::system_command;
use crate::fs::{stamp, tree};
use crate::sandbox::Unverified;
use crate::sandbox::cache::Cache;

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

/// Puts them below `usr`, as far as this machine has them or can make them. One takes seconds to make, so it is kept.
pub(super) fn install(cache: &Cache, usr: &Path, named: &[String]) -> Result<()> {
    fs::create_dir_all(usr.join(FOLDER))?;
    for name in named.iter().map(String::as_str).chain([EVERYWHERE]) {
        let folder = folder_of(name);
        let own = Path::new("/usr").join(FOLDER).join(&folder);
        let from = match maker(name).filter(|_| !own.is_dir()) {
            // Without it an app that asks for it fails, which is stricter than the cloud and no reason to end the run.
            Some(maker) => match cache.entry("locale", &maker.key(), |dir| maker.make(&dir.join(&folder))) {
                Ok(kept) => kept.join(&folder),
                Err(_) => continue,
            },
            None => own,
        };
        if from.is_dir() {
            tree::copy(&from, &usr.join(FOLDER).join(&folder))?;
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

/// What makes a locale.
struct Maker<'n> {
    program: PathBuf,
    language: &'n str,
    set: &'n str,
}

fn maker(name: &str) -> Option<Maker<'_>> {
    let (language, set) = name.split_once('.')?;
    Path::new(SOURCES).join(language).is_file().then_some(())?;
    Some(Maker { program: system_command("localedef")?, language, set })
}

impl Maker<'_> {
    fn key(&self) -> String {
        let Self { program, language, set } = self;
        let made_of = stamp(program) + &stamp(&Path::new(SOURCES).join(language));
        format!("{language}.{set}-{:032x}", xxh3_128(made_of.as_bytes()))
    }

    fn make(&self, to: &Path) -> Result<()> {
        let mut localedef = Command::new(&self.program);
        localedef.args(["--no-archive", "--inputfile", self.language, "--charmap", self.set]).arg(to);
        // Warnings make it exit with 1, too: what is there afterwards tells.
        let _ = localedef.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        ensure!(to.is_dir(), "localedef made no {}.{}", self.language, self.set);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_glibc_names_them() {
        assert_eq!(["C.UTF-8", "en_US.UTF-8", "POSIX"].map(folder_of), ["C.utf8", "en_US.utf8", "POSIX"]);
    }
}
