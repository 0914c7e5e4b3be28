//! The Pythons that Nixpacks takes from nixpkgs, with the commits that it takes them from, and those that mise has ready-made.

/// The nixpkgs commit of Python 3.10 and later, and of `python3`. It lies between 1 October and 18 November 2024.
pub const ARCHIVE: &str = "bc8f8d1be58e8c8383e683a06e1e1e57893fff87";
/// The nixpkgs commit of older Pythons, and of packages that no phase pins. It is of 17 September 2023.
pub const LEGACY_ARCHIVE: &str = "5148520bfab61f99fd25fb9ff7bfbb50dad3c9db";
/// The nixpkgs commit of the Debian image, with OpenSSL 1.1.
pub const DEBIAN_ARCHIVE: &str = "a0b7e70db7a55088d3de0cc370a59f9fbcc906c3";

/// A Python that Nixpacks can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Python {
    /// Major and minor version.
    pub minor: (u32, u32),
    /// The same as people write it, `3.12`.
    pub name: &'static str,
    /// The patch release at that commit: 3.12.7 by the test that Nixpacks runs in Docker, the others by the dates of the commits.
    pub release: &'static str,
    /// The attribute of nixpkgs.
    pub attribute: &'static str,
    /// The commit.
    pub archive: &'static str,
}

const fn python(
    minor: (u32, u32),
    name: &'static str,
    release: &'static str,
    attribute: &'static str,
    archive: &'static str,
) -> Python {
    Python { minor, name, release, attribute, archive }
}

/// Every one, the one that is taken unasked first and then in the order in which they are proposed.
pub const PYTHONS: &[Python] = &[
    python((3, 12), "3.12", "3.12.7", "python312", ARCHIVE),
    python((3, 11), "3.11", "3.11.10", "python311", ARCHIVE),
    python((3, 13), "3.13", "3.13.0", "python313", ARCHIVE),
    python((3, 10), "3.10", "3.10.15", "python310", ARCHIVE),
    python((3, 9), "3.9", "3.9.18", "python39", LEGACY_ARCHIVE),
    python((3, 8), "3.8", "3.8.18", "python38", LEGACY_ARCHIVE),
    // The last release of 3.7, which came out three months before the commit.
    python((3, 7), "3.7", "3.7.17", "python37", LEGACY_ARCHIVE),
    python((2, 7), "2.7", "2.7.18", "python27", LEGACY_ARCHIVE),
];

/// Ready-made builds of CPython that mise can install (python-build-standalone, as a release of uv of November 2026 lists them).
#[derive(Debug, Clone, Copy)]
struct Builds {
    minor: u32,
    /// The first and the last patch release that has one.
    patches: (u32, u32),
    /// Those between that have none.
    without: &'static [u32],
    /// The first one whose build came after 5 February 2025, when attestations began.
    attested: u32,
}

const BUILDS: &[Builds] = &[
    Builds { minor: 8, patches: (12, 20), without: &[], attested: 21 },
    Builds { minor: 9, patches: (10, 25), without: &[], attested: 21 },
    Builds { minor: 10, patches: (2, 22), without: &[10], attested: 16 },
    Builds { minor: 11, patches: (1, 18), without: &[2], attested: 11 },
    Builds { minor: 12, patches: (0, 16), without: &[], attested: 9 },
    Builds { minor: 13, patches: (0, 18), without: &[], attested: 2 },
];

/// Whether a release has a ready-made build. One that is newer than the table may have.
pub fn is_prebuilt((major, minor, patch): (u32, u32, u32)) -> bool {
    match (major, BUILDS.iter().find(|builds| builds.minor == minor)) {
        (3, Some(builds)) => patch >= builds.patches.0 && !builds.without.contains(&patch),
        (3, None) => minor > 13,
        _ => false,
    }
}

/// Whether its build has an attestation.
pub fn is_attested((major, minor, patch): (u32, u32, u32)) -> bool {
    let builds = BUILDS.iter().find(|builds| builds.minor == minor);
    major == 3 && builds.map_or(minor > 13, |builds| patch >= builds.attested)
}

/// Other attributes, and what they come to.
const ALIASES: &[(&str, &str)] = &[("python3", "python312"), ("python2", "python27"), ("python", "python27")];

/// The Python that a nixpkgs attribute is.
///
/// ```
/// assert_eq!(shakedown::catalog::python::by_attribute("python3").unwrap().release, "3.12.7");
/// ```
pub fn by_attribute(attribute: &str) -> Option<&'static Python> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == attribute).map_or(attribute, |(_, name)| name);
    PYTHONS.iter().find(|python| python.attribute == name)
}

/// The Python of a version such as `3.12`.
pub fn by_name(minor: &str) -> Option<&'static Python> {
    PYTHONS.iter().find(|python| python.name == minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_has_one_name_throughout() {
        for python in PYTHONS {
            let (major, minor) = python.minor;
            assert_eq!(python.name, format!("{major}.{minor}"));
            assert_eq!(python.attribute, format!("python{major}{minor}"));
            assert!(python.release.starts_with(&format!("{}.", python.name)), "{python:?}");
        }
    }
}
