//! `--version`: the release, where it was built from, and what its planners equal.

use std::sync::LazyLock;

use crate::builder::nixpacks::render;
use crate::builder::railpack::Version;

/// Whether this version can be installed from the package index. The changelog's heading decides, and a test holds both together.
pub(super) const IS_PUBLISHED: bool = false;

/// What `--version` prints after the name; `-V` prints the release alone.
pub(super) fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(said);
    LONG.as_str()
}

fn said() -> String {
    let build = option_env!("SHAKEDOWN_BUILD").unwrap_or("a development build");
    let railpack = [Version::DOKPLOY, Version::COOLIFY, Version::NEWEST_KNOWN].map(|version| version.to_string());
    let (release, nixpacks, railpack) = (env!("CARGO_PKG_VERSION"), render::VERSION, railpack.join(", "));
    format!("{release}\n{build}\nplans as Nixpacks {nixpacks} and as Railpack {railpack}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_published_as_soon_as_the_changelog_dates_it() {
        let changelog = include_str!("../../CHANGELOG.md");
        let heading = changelog.lines().find_map(|line| line.strip_prefix("## ")).unwrap();
        assert!(heading.starts_with(env!("CARGO_PKG_VERSION")), "{heading}");
        assert_eq!(!heading.contains("not yet released"), IS_PUBLISHED, "{heading}");
    }

    #[test]
    fn the_version_says_what_the_planners_equal() {
        let text = long();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], env!("CARGO_PKG_VERSION"));
        assert_eq!(lines[2], "plans as Nixpacks 1.41.0 and as Railpack 0.15.4, 0.23.0, 0.37.0");
    }
}
