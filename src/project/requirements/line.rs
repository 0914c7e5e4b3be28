//! One requirement: a name with versions, or something at a place of its own.

use std::str::FromStr;

use pep440_rs::{Operator, Version, VersionSpecifiers};

use crate::project::marker;
use crate::secret::Secrets;

/// What one line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Normalised; absent where only building it would tell.
    pub name: Option<String>,
    /// Normalised, in order.
    pub extras: Vec<String>,
    /// Empty when any version will do.
    pub specifiers: VersionSpecifiers,
    /// The text after `;`, checked for form.
    pub marker: Option<String>,
    /// `sha256:..` and the like.
    pub hashes: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is installed in place (`-e`).
    pub editable: bool,
}

/// Where a package comes from. Credentials are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The index, by name.
    Index,
    /// An archive at a URL.
    Url(String),
    /// A repository (`git+https://..`).
    Repository(String),
    /// A file or folder of the machine that wrote the line; `file:` URLs among them.
    Path(String),
}

/// A package's name as indexes compare it: lower case, runs of `-`, `_` and `.` as one `-`.
pub fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            other => normal.push(other.to_ascii_lowercase()),
        }
    }
    normal
}

const ARCHIVES: &[&str] = &[".whl", ".zip", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tar"];
const REPOSITORIES: &[&str] = &["git+", "hg+", "svn+", "bzr+"];

impl Requirement {
    /// Reads a line without comment; `Err` says in words why pip would refuse it.
    pub(in crate::project) fn parse(text: &str, editable: bool, secrets: &Secrets) -> Result<Self, String> {
        let (text, hashes) = split_options(text)?;
        let mut found = Self {
            name: None,
            extras: Vec::new(),
            specifiers: VersionSpecifiers::empty(),
            marker: None,
            hashes,
            origin: Origin::Index,
            editable,
        };
        if let Some(origin) = origin(text, editable) {
            let (place, marker) = split_place(text);
            found.set_marker(marker)?;
            found.name = name_of_place(place);
            found.origin = origin(&secrets.mask(place));
            return Ok(found);
        }
        found.parse_named(text, secrets)?;
        Ok(found)
    }

    /// The one version that it allows, where it allows only one.
    pub fn pinned(&self) -> Option<&Version> {
        self.specifiers
            .iter()
            .find(|specifier| matches!(specifier.operator(), Operator::Equal | Operator::ExactEqual))
            .map(pep440_rs::VersionSpecifier::version)
    }

    fn parse_named(&mut self, text: &str, secrets: &Secrets) -> Result<(), String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let length = text.find(|c| !is_name(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(length);
        if name.is_empty() {
            return Err("does not begin with a package name".to_owned());
        }
        let edges = [name.chars().next(), name.chars().last()];
        if edges.into_iter().flatten().any(|c| !c.is_ascii_alphanumeric()) {
            return Err(format!("{name} is no package name: it must begin and end with a letter or digit"));
        }
        self.name = Some(normalize(name));
        let mut rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('[') {
            let (extras, after) = after.split_once(']').ok_or("the bracket after the name is not closed")?;
            let listed = (!extras.trim().is_empty()).then(|| extras.split(',').map(str::trim));
            for extra in listed.into_iter().flatten() {
                if extra.is_empty() || !extra.chars().all(is_name) {
                    return Err(format!("{extra:?} is no name of an extra"));
                }
                self.extras.push(normalize(extra));
            }
            rest = after.trim_start();
        }
        if let Some(place) = rest.strip_prefix('@') {
            let (place, marker) = split_place(place.trim());
            self.set_marker(marker)?;
            let origin = origin(place, false).ok_or_else(|| format!("{place:?} after @ is no URL"))?;
            self.origin = origin(&secrets.mask(place));
            return Ok(());
        }
        let (versions, marker) = match rest.split_once(';') {
            Some((versions, marker)) => (versions.trim(), Some(marker.trim())),
            None => (rest.trim(), None),
        };
        self.set_marker(marker)?;
        let versions = versions.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(versions).trim();
        self.specifiers = specifiers(name, versions)?;
        Ok(())
    }

    fn set_marker(&mut self, marker: Option<&str>) -> Result<(), String> {
        match marker {
            Some(marker) if !marker::is_valid(marker) => Err(format!("{marker:?} after ; is no marker")),
            marker => {
                self.marker = marker.map(str::to_owned);
                Ok(())
            }
        }
    }
}

fn specifiers(name: &str, text: &str) -> Result<VersionSpecifiers, String> {
    if text.is_empty() {
        return Ok(VersionSpecifiers::empty());
    }
    if let Some(rest) = text.strip_prefix("=>").or_else(|| text.strip_prefix("=<")) {
        return Err(format!("versions are compared with {}=: write {name}{}={rest}", &text[1..2], &text[1..2]));
    }
    let is_single_equals = text.strip_prefix('=').is_some_and(|rest| !rest.starts_with('='));
    if is_single_equals {
        let version = text.trim_start_matches('=').split('=').next().unwrap_or_default();
        return Err(format!("versions are compared with ==: write {name}=={version}"));
    }
    if !text.starts_with(['=', '<', '>', '!', '~']) {
        return Err(format!("{text:?} after {name} is no version specifier"));
    }
    // pip takes a trailing comma, the parser does not; arbitrary equality is about strings, not versions.
    let text = text.trim_end_matches([',', ' ', '\t']);
    if text.starts_with("===") && !text.contains(',') && VersionSpecifiers::from_str(text).is_err() {
        return Ok(VersionSpecifiers::empty());
    }
    VersionSpecifiers::from_str(text).map_err(|_| format!("{text:?} after {name} is no version specifier"))
}

/// Cuts off the options that one requirement may have, and reads its hashes.
fn split_options(text: &str) -> Result<(&str, Vec<String>), String> {
    let is_option = |word: &str| word.starts_with("--") || word == "-C";
    let mut hashes = Vec::new();
    let mut end = text.len();
    let mut words = words(text).peekable();
    while let Some((at, word)) = words.next() {
        if !is_option(word) {
            continue;
        }
        end = end.min(at);
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let value = value.or_else(|| words.peek().map(|(_, next)| *next));
        match (name, value) {
            ("--hash", Some(value)) if value.contains(':') => hashes.push(value.to_owned()),
            ("--hash", _) => return Err("--hash needs a value such as sha256:..".to_owned()),
            ("--global-option" | "--install-option" | "--config-settings" | "--config-setting" | "-C", _) => {}
            _ => return Err(format!("pip knows no option {name} for a single requirement")),
        }
    }
    Ok((text[..end].trim_end(), hashes))
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split([' ', '\t'])
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .filter(|(_, word)| !word.is_empty())
}

/// How a line that names a place is to be read; `None` when it names a package.
fn origin(text: &str, editable: bool) -> Option<fn(&str) -> Origin> {
    let url = |text: &str| Origin::Url(text.to_owned());
    let path = |text: &str| Origin::Path(text.to_owned());
    let (place, _) = split_place(text);
    let lower = place.to_ascii_lowercase();
    if REPOSITORIES.iter().any(|kind| lower.starts_with(kind)) {
        return Some(|text| Origin::Repository(text.to_owned()));
    }
    if lower.starts_with("file:") {
        return Some(path);
    }
    let scheme = lower.split_once("://").map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))) {
        return Some(url);
    }
    let is_drive = matches!(place.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    let first = place.split(['[', '@', ';', ' ', '=', '<', '>', '!', '~']).next().unwrap_or_default();
    let is_path = editable
        || is_drive
        || place.starts_with('.')
        || first.contains(['/', '\\'])
        || ARCHIVES.iter().any(|end| lower.ends_with(end) && !place.contains([' ', '@']));
    is_path.then_some(path)
}

/// A URL or path, and the marker behind it: a `;` counts after a blank, as URLs may hold one.
fn split_place(text: &str) -> (&str, Option<&str>) {
    match text.split_once(" ;").or_else(|| text.split_once("; ")) {
        Some((place, marker)) => (place.trim(), Some(marker.trim())),
        None => (text.trim(), None),
    }
}

/// The package's name as far as a URL or path tells: `#egg=`, or the name of a wheel.
fn name_of_place(place: &str) -> Option<String> {
    let (place, fragment) = place.split_once('#').unwrap_or((place, ""));
    if let Some(egg) = fragment.split('&').find_map(|part| part.strip_prefix("egg=")) {
        return Some(normalize(egg.split(['[', '=', '<', '>', '!', '~']).next().unwrap_or(egg)));
    }
    let file = place.rsplit(['/', '\\']).next()?.split('?').next()?;
    let (name, _) = file.strip_suffix(".whl")?.split_once('-')?;
    Some(normalize(name))
}
