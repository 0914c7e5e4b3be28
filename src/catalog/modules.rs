//! Python modules: which distribution brings one, and which the standard library had once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::rows;

static MODULES: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| rows(include_str!("modules.txt")).map(|row| (row[0], row[1])).collect());

/// The distribution that brings a module, where the table knows it.
///
/// ```
/// assert_eq!(shakedown::catalog::modules::distribution("cv2.aruco"), Some("opencv-python-headless"));
/// ```
pub fn distribution(module: &str) -> Option<&'static str> {
    let mut name = module;
    loop {
        if let Some(found) = MODULES.get(name) {
            return Some(found);
        }
        name = name.rsplit_once('.')?.0;
    }
}

/// Words that make a compound a name of somebody's own: distributions named so are in the table of modules.
const OWN_PARTS: &[&str] =
    &["app", "bot", "config", "controllers", "database", "handlers", "helpers", "manager", "my", "routes", "service"];

/// Whether a top-level module has a name that people give to modules of their own.
pub(crate) fn sounds_own(top: &str) -> bool {
    rows(include_str!("own.txt")).flatten().any(|name| name.eq_ignore_ascii_case(top))
        || top.contains('_') && top.split('_').any(|part| OWN_PARTS.contains(&part))
}

/// Whether a top-level module is part of some Python's standard library.
pub fn is_standard(top: &str) -> bool {
    static STANDARD: LazyLock<HashSet<&str>> = LazyLock::new(|| rows(include_str!("stdlib.txt")).flatten().collect());
    top.starts_with('_') || STANDARD.contains(top)
}

/// Whether many distributions bring this one along.
pub fn comes_along(distribution: &str) -> bool {
    static BROUGHT: LazyLock<HashSet<&str>> = LazyLock::new(|| rows(include_str!("brought.txt")).flatten().collect());
    BROUGHT.contains(distribution)
}

/// What to install for a module: from the table, or the top-level name itself.
pub fn to_install(module: &str) -> String {
    match distribution(module) {
        Some(name) => name.to_owned(),
        None => module.split('.').next().unwrap_or(module).replace('_', "-"),
    }
}

/// The line of a requirements file that brings a module, with the extra without which it does not load: psycopg alone looks for
/// a libpq of the system, by <https://www.psycopg.org/psycopg3/docs/basic/install.html>.
///
/// ```
/// use shakedown::catalog::modules::to_require;
/// assert_eq!(to_require("psycopg.rows"), "psycopg[binary]");
/// assert_eq!(to_require("psycopg2"), "psycopg2-binary");
/// ```
pub fn to_require(module: &str) -> String {
    match to_install(module) {
        name if name == "psycopg" => "psycopg[binary]".to_owned(),
        name => name,
    }
}

/// Names that modules of the standard library had once: the Python that dropped them, and what to write instead. By the
/// "What's New" of each Python, section "Removed".
pub fn removed_attribute(module: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let found = rows(include_str!("removed.txt")).find(|row| row[0] == module && row[1] == name)?;
    Some((found.get(2)?, found.get(3)?))
}

/// Packages whose parts are distributed apart, so that a missing part is a missing distribution.
pub(crate) fn is_namespace(module: &str) -> bool {
    const NAMESPACES: &[&str] = &[
        "google",
        "azure",
        "ruamel",
        "backports",
        "zope",
        "mpl_toolkits",
        "sphinxcontrib",
        "jaraco",
        "airflow",
        "opentelemetry",
        "llama_index",
        "haystack",
    ];
    module.split('.').next().is_some_and(|top| NAMESPACES.contains(&top))
}

/// What a program is that imports a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It answers HTTP.
    Web,
    /// It listens, and speaks a protocol of its own.
    Rpc,
    /// It talks to a service for as long as it lives.
    Bot,
    /// It stays, at work by the clock or for others, unless something else of it serves.
    Clock,
}

/// The role of a module, or of the package that it is in, where the table knows one.
///
/// ```
/// use shakedown::catalog::modules::{Role, role};
/// assert_eq!(role("fastapi.responses"), Some(Role::Web));
/// assert_eq!(role("aiohttp"), None);
/// ```
pub fn role(module: &str) -> Option<Role> {
    static ROLES: LazyLock<HashMap<&str, &str>> =
        LazyLock::new(|| rows(include_str!("roles.txt")).map(|row| (row[0], row[1])).collect());
    let mut name = module;
    loop {
        match ROLES.get(name) {
            Some(&"web") => return Some(Role::Web),
            Some(&"rpc") => return Some(Role::Rpc),
            Some(&"bot") => return Some(Role::Bot),
            Some(_) => return Some(Role::Clock),
            None => name = name.rsplit_once('.')?.0,
        }
    }
}

/// Modules that were once in the standard library, with the Python that dropped them and what replaces them.
pub fn removed_from_stdlib(module: &str) -> Option<(&'static str, &'static str)> {
    const GONE: &[(&str, &str, &str)] = &[
        ("distutils", "3.12", "setuptools"),
        ("imp", "3.12", ""),
        ("asyncore", "3.12", "pyasyncore"),
        ("asynchat", "3.12", "pyasynchat"),
        ("smtpd", "3.12", "aiosmtpd"),
        ("audioop", "3.13", "audioop-lts"),
        ("pyaudioop", "3.13", "audioop-lts"),
        ("cgi", "3.13", "legacy-cgi"),
        ("cgitb", "3.13", "legacy-cgi"),
        ("aifc", "3.13", "standard-aifc"),
        ("chunk", "3.13", "standard-chunk"),
        ("crypt", "3.13", ""),
        ("imghdr", "3.13", "standard-imghdr"),
        ("mailcap", "3.13", "standard-mailcap"),
        ("msilib", "3.13", ""),
        ("nis", "3.13", ""),
        ("nntplib", "3.13", "standard-nntplib"),
        ("ossaudiodev", "3.13", ""),
        ("pipes", "3.13", "standard-pipes"),
        ("sndhdr", "3.13", "standard-sndhdr"),
        ("spwd", "3.13", ""),
        ("sunau", "3.13", "standard-sunau"),
        ("telnetlib", "3.13", "standard-telnetlib"),
        ("uu", "3.13", "standard-uu"),
        ("xdrlib", "3.13", "standard-xdrlib"),
        ("lib2to3", "3.13", ""),
        ("asyncio.compat", "3.7", ""),
        ("formatter", "3.10", ""),
        ("parser", "3.10", ""),
        ("symbol", "3.10", ""),
        ("macpath", "3.8", ""),
        ("binhex", "3.11", ""),
    ];
    let top = module.split('.').next().unwrap_or(module);
    GONE.iter().find(|(name, ..)| *name == top || *name == module).map(|(_, since, instead)| (*since, *instead))
}
