//! Parts of packages that work only with what an extra brings, in the releases that the extra allows.

use super::rows;

/// An extra, and what it is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extra {
    /// The distribution that has it.
    pub distribution: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The distribution that people install by itself in its place.
    pub library: &'static str,
}

fn all() -> impl Iterator<Item = (&'static str, Extra)> {
    rows(include_str!("extras.txt")).map(|row| (row[0], Extra { distribution: row[1], name: row[2], library: row[3] }))
}

/// The extra that an installed file works with.
///
/// ```
/// let found = shakedown::catalog::extras::of_file("/opt/venv/lib/python3.12/site-packages/kombu/transport/redis.py");
/// assert_eq!(found.map(|extra| (extra.distribution, extra.name)), Some(("celery", "redis")));
/// ```
pub fn of_file(path: &str) -> Option<Extra> {
    let inside = path.rsplit_once("-packages/")?.1;
    all().find(|(file, _)| inside.starts_with(file)).map(|(_, extra)| extra)
}

/// The extra of a requirement such as `celery[redis]`, where the table knows it.
pub fn of_requirement(requirement: &str) -> Option<Extra> {
    let (distribution, name) = requirement.strip_suffix(']')?.split_once('[')?;
    all().map(|(_, extra)| extra).find(|extra| extra.distribution == distribution && extra.name == name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_row_is_whole() {
        assert!(super::rows(include_str!("extras.txt")).all(|row| row.len() == 4));
    }
}
