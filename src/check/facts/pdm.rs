//! Which releases of PDM still work with the libraries that they ask for without an upper bound.

/// The last release before httpx, which is what broke those after it.
pub(crate) const THAT_WORKS: &str = "2.12.4";

/// From 2.13 to 2.21 by httpx 0.28, from 2.22 by hishel 2.0.
///
/// Tried in November 2026: 2.13.0, 2.13.3, 2.15.4, 2.18.2 to 2.20.1, 2.22.3, 2.24.2, 2.26.0, 2.28.0 and the newest, 2.29.4. A newer one
/// may be mended.
pub(in crate::check) fn is_broken(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next(), parts.next().unwrap_or(Ok(0))) {
        (Some(Ok(2)), Some(Ok(minor)), Ok(patch)) => (13..29).contains(&minor) || (minor == 29 && patch <= 4),
        _ => false,
    }
}
