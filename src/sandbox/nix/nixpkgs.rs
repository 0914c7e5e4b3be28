//! Which nixpkgs the packages come from, where it is not the plan's own archive.

use std::fmt;
use std::path::PathBuf;

use crate::sandbox::Unavailable;

/// The addresses that Nixpacks' expressions fetch begin so.
const ARCHIVES: &str = "https://github.com/NixOS/nixpkgs/archive/";

/// A nixpkgs instead of the plan's archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nixpkgs {
    /// A directory.
    Path(PathBuf),
    /// An archive that Nix can fetch.
    Url(String),
}

impl Nixpkgs {
    /// What the user wrote: an address, or else a path.
    pub fn parse(text: &str) -> Self {
        match text.contains("://") {
            true => Self::Url(text.to_owned()),
            false => Self::Path(std::path::absolute(text).unwrap_or_else(|_| PathBuf::from(text))),
        }
    }

    /// The `nixpkgs=` entry of a `NIX_PATH`; a bare directory of channels says nothing about the user's wish.
    pub fn of_search_path(search_path: Option<&str>) -> Option<Self> {
        // A colon ends an entry, save that of an address.
        let start = search_path.into_iter().flat_map(|text| text.match_indices("nixpkgs="));
        let text = search_path?;
        let entry = start
            .filter(|(at, _)| *at == 0 || text.as_bytes().get(at - 1) == Some(&b':'))
            .map(|(at, name)| &text[at + name.len()..])
            .next()?;
        let end = entry.match_indices(':').map(|(at, _)| at).find(|at| !entry[*at..].starts_with("://"));
        let value = &entry[..end.unwrap_or(entry.len())];
        (!value.is_empty() && !entry.starts_with("flake:")).then(|| Self::parse(value))
    }

    pub(super) fn check(&self) -> Result<(), Unavailable> {
        let Self::Path(path) = self else { return Ok(()) };
        if path.join("default.nix").is_file() {
            return Ok(());
        }
        Err(Unavailable {
            missing: format!("{} is no nixpkgs: it has no default.nix", path.display()),
            cures: vec!["--nixpkgs with the path of a nixpkgs, or the address of its archive".into()],
        })
    }

    /// A directory that is not nixpkgs itself but answers to its names; no binary cache knows what is in it.
    pub(super) fn is_stand_in(&self) -> bool {
        matches!(self, Self::Path(path) if !path.join("pkgs/top-level/all-packages.nix").is_file())
    }

    /// An expression that evaluates `file` unchanged, with the archives it fetches replaced by this.
    pub(super) fn wrap(&self, file: &str) -> String {
        let replacement = match self {
            Self::Path(path) => format!("/. + {}", quoted(&path.to_string_lossy())),
            Self::Url(url) => format!("builtins.fetchTarball {}", quoted(url)),
        };
        format!(
            "let\n  archives = {archives};\n  isArchive = source: builtins.isString source\n    && builtins.substring 0 \
             (builtins.stringLength archives) source == archives;\n  fetchTarball = source: if isArchive source then \
             {replacement} else builtins.fetchTarball source;\nin\nbuiltins.scopedImport {{ inherit fetchTarball; \
             builtins = builtins // {{ inherit fetchTarball; }}; }} (/. + {file})\n",
            archives = quoted(ARCHIVES),
            file = quoted(file),
        )
    }
}

impl fmt::Display for Nixpkgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Url(url) => f.write_str(url),
        }
    }
}

/// A Nix string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_path_is_taken_apart_at_its_colons_and_addresses_are_left_whole() {
        let of = |text: &str| Nixpkgs::of_search_path(Some(text));
        assert_eq!(of("a=/b:nixpkgs=/n:/c"), Some(Nixpkgs::Path("/n".into())));
        assert_eq!(
            of("nixpkgs=https://n.example/x.tar.gz:a=/b"),
            Some(Nixpkgs::Url("https://n.example/x.tar.gz".into()))
        );
        assert_eq!(of("/nix/var/nix/profiles/per-user/root/channels"), None);
        assert_eq!(of("nixpkgs=flake:nixpkgs"), None);
        assert_eq!(of("my-nixpkgs=/n"), None);
        assert_eq!(Nixpkgs::of_search_path(None), None);
    }

    #[test]
    fn names_cannot_leave_their_string() {
        assert_eq!(quoted("a\"b${c}\\"), "\"a\\\"b\\${c}\\\\\"");
    }
}
