//! What Nix attributes come to on an ordinary machine: commands, libraries, headers.

mod missing;
mod table;

pub use missing::is_known_to_be_missing;
pub use table::PACKAGES;

/// A Nix package in the words of the host. Empty lists mean that it has none of the kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its attribute, and others that come to the same.
    pub attributes: &'static [&'static str],
    /// Programs it puts on `PATH`. The first one must be there for the package to count as provided.
    pub commands: &'static [&'static str],
    /// Its own shared libraries, by soname; for `nixLibs`. A name that ends in `.so` stands for whatever version is here.
    pub libraries: &'static [&'static str],
    /// Files or directories in an include directory.
    pub headers: &'static [&'static str],
    /// Names for `-l`.
    pub link: &'static [&'static str],
    /// Names for `pkg-config`.
    pub pkg_config: &'static [&'static str],
    /// Directories that its programs read, shown as they are.
    pub data: &'static [&'static str],
}

impl Package {
    /// A package without anything, for the table to fill in.
    pub const NONE: Self =
        Self { attributes: &[], commands: &[], libraries: &[], headers: &[], link: &[], pkg_config: &[], data: &[] };

    /// Whether something can be compiled against it.
    pub fn is_for_development(&self) -> bool {
        !(self.headers.is_empty() && self.link.is_empty() && self.pkg_config.is_empty())
    }
}

/// The table's row for a Nix attribute.
pub fn package(attribute: &str) -> Option<&'static Package> {
    PACKAGES.iter().find(|package| package.attributes.contains(&attribute))
}

/// Programs that a host has under another name or not at all, with the package that has them.
const OTHER_PROGRAMS: &[(&str, &str)] = &[
    ("chrome", "chromium"),
    ("espeak", "espeak-ng"),
    ("exiftool", "exiftool"),
    ("java", "jdk"),
    ("libreoffice", "libreoffice"),
    ("magick", "imagemagick"),
    ("npm", "nodejs"),
    ("npx", "nodejs"),
    ("pnpm", "pnpm"),
    ("poppler", "poppler_utils"),
    ("psql", "postgresql"),
    ("yarn", "yarn"),
];

/// The attribute that brings a program.
///
/// ```
/// use shakedown::catalog::nix_packages::of_program;
///
/// assert_eq!((of_program("pdfinfo"), of_program("npm")), (Some("poppler_utils"), Some("nodejs")));
/// ```
pub fn of_program(program: &str) -> Option<&'static str> {
    let other = OTHER_PROGRAMS.iter().find(|(name, _)| *name == program).map(|(_, attribute)| *attribute);
    let of_command = || {
        let package = PACKAGES.iter().find(|package| package.commands.contains(&program))?;
        package.attributes.iter().copied().find(|attribute| !attribute.contains('.'))
    };
    other.or_else(of_command)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_attribute_stands_in_one_row_and_no_row_is_a_name_that_nixpkgs_lacks() {
        let mut seen = HashSet::new();
        for attribute in PACKAGES.iter().flat_map(|package| package.attributes) {
            assert!(seen.insert(attribute), "{attribute} twice");
            assert!(is_known_to_be_missing(attribute).is_none(), "{attribute}");
        }
    }

    #[test]
    fn everything_nixpacks_adds_is_known() {
        let added = [
            "postgresql_16.dev",
            "libmysqlclient.dev",
            "ffmpeg-headless",
            "poppler_utils",
            "pipenv",
            "cairo",
            "zlib",
            "stdenv.cc.cc.lib",
        ];
        assert!(added.iter().all(|attribute| package(attribute).is_some()));
    }
}
