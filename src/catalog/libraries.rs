//! Shared libraries and headers, and what brings them.

use super::rows;

/// Packages of Nix and Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packages {
    /// An attribute of nixpkgs.
    pub nix: &'static str,
    /// A Debian or Ubuntu package.
    pub apt: &'static str,
}

fn packages(row: &[&'static str]) -> Option<Packages> {
    Some(Packages { nix: row.get(1)?, apt: row.get(2)? })
}

/// What brings a shared library, by its soname or the name that a program prints of it.
///
/// ```
/// use shakedown::catalog::libraries::library;
///
/// assert_eq!(library("/usr/lib/libGL.so.1").unwrap().nix, "libGL");
/// ```
pub fn library(soname: &str) -> Option<Packages> {
    let name = soname.rsplit('/').next().unwrap_or(soname);
    rows(include_str!("libraries.txt")).find(|row| name.starts_with(row[0])).and_then(|row| packages(&row))
}

/// The entry of nixLibs that brings a shared library; none where nixpkgs refuses the package that has it.
pub fn nix_lib(soname: &str) -> Option<&'static str> {
    library(soname).map(|packages| packages.nix).filter(|attribute| !is_refused(attribute))
}

/// Whether nixpkgs has a package and refuses to evaluate it, unless told otherwise.
pub fn is_refused(attribute: &str) -> bool {
    // Its end of life was marked in May 2023 (nixpkgs pull request 232521), before either commit that Nixpacks pins.
    attribute == "openssl_1_1"
}

/// What brings a header, a `*-config` program or a pkg-config name.
pub fn header(name: &str) -> Option<Packages> {
    rows(include_str!("headers.txt"))
        .find(|row| name == row[0] || name.ends_with(&format!("/{}", row[0])))
        .and_then(|row| packages(&row))
}

/// Every Debian package that brings one of them.
pub(super) fn of_debian() -> impl Iterator<Item = &'static str> {
    let all = rows(include_str!("libraries.txt")).chain(rows(include_str!("headers.txt")));
    all.filter_map(|row| packages(&row)).map(|packages| packages.apt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::nix_packages::PACKAGES;

    #[test]
    fn a_library_leads_to_its_package() {
        let packages = [
            ("libGL.so.1", "libGL"),
            ("libgthread-2.0.so.0", "glib"),
            ("libpq.so.5", "postgresql.lib"),
            ("libmagic.so.1", "file"),
            ("libSM.so.6", "xorg.libSM"),
            ("libgdal.so.32", "gdal"),
            ("libzbar.so.0", "zbar"),
            ("libgfortran.so.5", "gfortran.cc.lib"),
            ("libgbm.so.1", "mesa"),
        ];
        for (soname, attribute) in packages {
            assert_eq!(nix_lib(soname), Some(attribute));
        }
        assert_eq!(nix_lib("libnobody.so.1"), None);
    }

    #[test]
    fn what_nixpkgs_refuses_is_no_help() {
        assert_eq!(library("libssl.so.1.1").map(|packages| packages.nix), Some("openssl_1_1"));
        assert_eq!((nix_lib("libssl.so.1.1"), nix_lib("libssl.so.3")), (None, Some("openssl")));
    }

    #[test]
    fn the_host_has_a_library_from_the_package_that_is_said_to_bring_it() {
        let mut faults = Vec::new();
        for package in PACKAGES {
            for soname in package.libraries {
                let named = library(soname).map(|packages| packages.nix);
                if named.is_none_or(|named| !package.attributes.contains(&named)) {
                    faults.push(format!("{soname}: {named:?} in libraries.txt, {:?} on the host", package.attributes));
                }
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
