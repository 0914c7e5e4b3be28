//! The releases of Railpack whose rules are known.

use std::fmt;
use std::str::FromStr;

/// A release by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

/// Rules that hold for a span of releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rules {
    /// Those of 0.15.4, Dokploy's preset.
    V0_15,
    /// Those of 0.23.0, which Coolify pins.
    V0_23,
    /// Those of 0.37.0, the newest that is known.
    V0_37,
    /// Those of 0.37.0, and that files which the build does not receive are not looked at (its release notes).
    V0_40,
    /// Those of 0.40.0, that environments are left out of a build without `.dockerignore` (its release notes), and that each line
    /// of a Procfile is taken as it is (the newest source; which release after 0.40.0 brought it is not told).
    V0_43,
}

impl Version {
    /// The newest release whose rules are known.
    pub const NEWEST_KNOWN: Self = Self::new(0, 37, 0);
    /// What Coolify pins since 4.3.0 (`ApplicationDeploymentJob.php`, 2026-09-13).
    pub const COOLIFY: Self = Self::new(0, 23, 0);
    /// What Dokploy presets (0.30.2, 2026-08-21).
    pub const DOKPLOY: Self = Self::new(0, 15, 4);

    /// A release by its three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The rules this release is planned by: the newest known ones that are not newer than it.
    pub fn rules(self) -> Rules {
        match (self.major, self.minor) {
            (0, ..=15) => Rules::V0_15,
            (0, 16..=23) => Rules::V0_23,
            (0, 24..=39) => Rules::V0_37,
            (0, 40..=42) => Rules::V0_40,
            _ => Rules::V0_43,
        }
    }

    /// The release whose rules are applied to one.
    pub fn known_for(self) -> Self {
        match self.rules() {
            Rules::V0_15 => Self::DOKPLOY,
            Rules::V0_23 => Self::COOLIFY,
            Rules::V0_37 | Rules::V0_40 | Rules::V0_43 => Self::NEWEST_KNOWN,
        }
    }

    /// What is applied beside the rules of [`Version::known_for`], to be said after them.
    pub fn beside(self) -> &'static str {
        match self.rules() {
            Rules::V0_40 => ", and what the notes of 0.40.0 tell of files that .dockerignore names",
            Rules::V0_43 => ", and what is told since of .dockerignore, environments and the Procfile",
            _ => "",
        }
    }

    /// Whether its images are of Debian 12, as those of 0.23.0 and before are; later ones are of Debian 13.
    pub fn is_on_bookworm(self) -> bool {
        self.rules() < Rules::V0_37
    }

    /// Whether it takes railpack.json as the newest known release does: `exclude`, `deploy.base`, and `...` among buildAptPackages.
    /// Those before pass over the former and hand the dots to apt-get as a name.
    pub fn takes_all_of_config(self) -> bool {
        self.rules() >= Rules::V0_37
    }

    /// Whether this very release's rules are known.
    pub fn is_known(self) -> bool {
        matches!((self.major, self.minor), (0, 15 | 23 | 37))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("{text}: a release of Railpack is wanted, for example 0.23.0");
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.').map(str::parse::<u32>);
        let mut part = || parts.next().transpose().map_err(|_| fault());
        let (major, minor, patch) = (part()?.ok_or_else(fault)?, part()?.ok_or_else(fault)?, part()?.unwrap_or(0));
        if part()?.is_some() { Err(fault()) } else { Ok(Self { major, minor, patch }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_planned_by_the_rules_of_its_time() {
        let rules = |text: &str| text.parse::<Version>().unwrap().rules();
        assert_eq!([rules("0.6"), rules("0.15.4"), rules("v0.23.0")], [Rules::V0_15, Rules::V0_15, Rules::V0_23]);
        assert_eq!([rules("0.30.0"), rules("0.37.0"), rules("0.39.0")], [Rules::V0_37, Rules::V0_37, Rules::V0_37]);
    }

    #[test]
    fn newer_releases_are_planned_by_what_is_told_of_them() {
        let rules = |text: &str| text.parse::<Version>().unwrap().rules();
        assert_eq!([rules("0.40.1"), rules("0.43.0"), rules("1.0")], [Rules::V0_40, Rules::V0_43, Rules::V0_43]);
    }

    #[test]
    fn the_images_changed_their_debian_after_0_23() {
        let is_old = |text: &str| text.parse::<Version>().unwrap().is_on_bookworm();
        assert_eq!(
            [is_old("0.15.4"), is_old("0.23.0"), is_old("0.30.0"), is_old("0.43.0")],
            [true, true, false, false]
        );
    }

    #[test]
    fn what_is_no_release_is_refused() {
        for text in ["", "new", "1", "0.1.2.3", "0.x"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
