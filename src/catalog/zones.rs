//! Time zones that images leave out.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::rows;

/// Whether a time zone's name is one that Debian 13 has in a package of its own, tzdata-legacy, alone.
///
/// ```
/// use shakedown::catalog::zones::is_old;
/// assert!(is_old("US/Pacific") && is_old("Asia/Calcutta"));
/// assert!(!is_old("America/Los_Angeles") && !is_old("UTC"));
/// ```
pub fn is_old(name: &str) -> bool {
    static OLD: LazyLock<HashSet<&str>> = LazyLock::new(|| rows(include_str!("old_zones.txt")).flatten().collect());
    let family = name.split_once('/').map(|(area, _)| format!("{area}/"));
    OLD.contains(name) || family.is_some_and(|family| OLD.contains(family.as_str()))
}
