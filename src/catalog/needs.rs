//! Modules that a project needs although it imports none of them: a class, a URL or a setting names them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::rows;

/// What names a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name that code imports, and that wants the module where it is used.
    Use,
    /// The engine of a database in Django's settings.
    Engine,
    /// The head of a URL that SQLAlchemy is given.
    Driver,
    /// The class of gunicorn's workers.
    Worker,
    /// A module and what code says where it uses a part of it that wants another module: `pandas:.read_excel(`.
    Text,
    /// A program and an option of its command line, with the value that wants the module: `uvicorn:--loop=uvloop`.
    Option,
}

/// A module that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Dotted.
    pub module: &'static str,
    /// Another one that does as well.
    pub other: Option<&'static str>,
    /// What to install, perhaps with an extra.
    pub distribution: &'static str,
}

/// What a name of some kind needs, where the table knows it.
///
/// ```
/// use shakedown::catalog::needs::{Kind, need};
/// assert_eq!(need(Kind::Driver, "postgresql+asyncpg").unwrap().distribution, "asyncpg");
/// assert_eq!(need(Kind::Engine, "django.db.backends.sqlite3"), None);
/// ```
pub fn need(kind: Kind, name: &str) -> Option<Need> {
    static NEEDS: LazyLock<HashMap<(&str, &str), Need>> = LazyLock::new(|| {
        let rows = rows(include_str!("needs.txt")).filter(|row| row.len() == 5);
        let other = |name: &'static str| (name != "-").then_some(name);
        rows.map(|row| ((row[0], row[1]), Need { module: row[2], other: other(row[3]), distribution: row[4] }))
            .collect()
    });
    let kind = match kind {
        Kind::Use => "use",
        Kind::Engine => "engine",
        Kind::Driver => "driver",
        Kind::Worker => "worker",
        Kind::Text => "text",
        Kind::Option => "option",
    };
    NEEDS.get(&(kind, name)).copied()
}

/// What code says of a module where it uses a part of it that wants another one.
///
/// ```
/// use shakedown::catalog::needs::texts;
/// assert!(texts("pandas").any(|(text, need)| text == ".read_excel(" && need.module == "openpyxl"));
/// ```
pub fn texts(module: &str) -> impl Iterator<Item = (&'static str, Need)> {
    static TEXTS: LazyLock<Vec<(&str, &str, Need)>> = LazyLock::new(|| keyed("text", Kind::Text).collect());
    TEXTS.iter().filter(move |(of, ..)| *of == module).map(|(_, text, need)| (*text, *need))
}

/// An option of a program that wants a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanting {
    /// Its names, parted by commas; a plain word of the command line has one without hyphens.
    pub names: &'static str,
    /// The value that wants it, `*.yaml` of all that end so; none where the name alone does.
    pub value: Option<&'static str>,
    /// What it wants.
    pub need: Need,
}

/// The options of a program's command line that want a module.
///
/// ```
/// use shakedown::catalog::needs::options;
/// assert!(options("uvicorn").any(|option| option.names == "--loop" && option.need.module == "uvloop"));
/// ```
pub fn options(program: &str) -> impl Iterator<Item = Wanting> {
    static OPTIONS: LazyLock<Vec<(&str, Wanting)>> = LazyLock::new(|| {
        let wanting = |option: &'static str, need| {
            let (names, value) = option.split_once('=').map_or((option, None), |(names, value)| (names, Some(value)));
            Wanting { names, value, need }
        };
        keyed("option", Kind::Option).map(|(of, option, need)| (of, wanting(option, need))).collect()
    });
    OPTIONS.iter().filter(move |(of, _)| *of == program).map(|(_, option)| *option)
}

/// The rows whose name is `OF:REST`: both parts, and what is needed.
fn keyed(word: &'static str, kind: Kind) -> impl Iterator<Item = (&'static str, &'static str, Need)> {
    let keys = rows(include_str!("needs.txt")).filter(move |row| row[0] == word).map(|row| row[1]);
    keys.filter_map(move |key| {
        let (of, rest) = key.split_once(':')?;
        Some((of, rest, need(kind, key)?))
    })
}

/// The distributions that bring this one along, some as `name[extra]`; none where the table does not know it.
pub fn bringers(distribution: &str) -> Option<&'static [&'static str]> {
    static BRINGERS: LazyLock<HashMap<&str, Vec<&str>>> =
        LazyLock::new(|| rows(include_str!("bringers.txt")).map(|row| (row[0], row[1..].to_vec())).collect());
    BRINGERS.get(distribution).map(Vec::as_slice)
}

/// What a requirement, `name` or `name[extra]`, brings along of the distributions that many others bring; none where the table does not know
/// it. An extra's row is of what it adds.
///
/// ```
/// use shakedown::catalog::needs::brings;
/// assert!(brings("flask").unwrap().contains(&"werkzeug"));
/// assert_eq!(brings("brinemoon"), None);
/// ```
pub fn brings(requirement: &str) -> Option<&'static [&'static str]> {
    static BRINGS: LazyLock<HashMap<&str, Vec<&str>>> =
        LazyLock::new(|| rows(include_str!("brings.txt")).map(|row| (row[0], row[1..].to_vec())).collect());
    BRINGS.get(requirement).map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole_and_stands_once() {
        let all: Vec<_> = rows(include_str!("needs.txt")).collect();
        let mut names: Vec<_> = all.iter().map(|row| (row[0], row[1])).collect();
        assert!(all.iter().all(|row| row.len() == 5), "{all:?}");
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn what_is_brought_is_among_what_comes_along() {
        let brought = |name: &str| name == "-" || crate::catalog::modules::comes_along(name);
        for row in rows(include_str!("brings.txt")) {
            assert!(row[1..].iter().all(|name| brought(name)), "{row:?}");
        }
    }

    #[test]
    fn a_bringer_is_named_for_a_distribution_that_is_needed() {
        let needed: Vec<_> = rows(include_str!("needs.txt")).map(|row| row[4]).collect();
        let imported: Vec<_> = rows(include_str!("modules.txt")).map(|row| row[1]).collect();
        // Zones are named by their own names, in a check of its own.
        let known =
            |row: Vec<&'static str>| needed.contains(&row[0]) || imported.contains(&row[0]) || row[0] == "tzdata";
        assert!(rows(include_str!("bringers.txt")).all(known));
    }
}
