//! `requirements.txt` as pip reads it, every line with its place.

mod line;
mod repair;

pub use line::{Origin, Requirement, normalize};
pub use repair::repaired;

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::path::{Component, Path, PathBuf};

use super::marker::{self, Platform};
use super::{Encoding, Project, Source, decode};
use crate::secret::Secrets;

/// More files than this no project includes on purpose.
const MOST_FILES: usize = 32;

/// All that a requirements file and those it includes ask for, in order.
#[derive(Debug, Clone, Default)]
pub struct Requirements {
    /// The packages.
    pub packages: Vec<Entry>,
    /// The lines that only set an option.
    pub options: Vec<OptionLine>,
    /// The files of the project that lines name, whether or not they are there.
    pub includes: Vec<Include>,
    /// The lines that pip would refuse.
    pub invalid: Vec<Invalid>,
    /// The files that were read, the first one first, and how each is encoded.
    pub files: Vec<(PathBuf, Encoding)>,
}

/// A requirement and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is asked for.
    pub requirement: Requirement,
    /// Relative to the project.
    pub path: PathBuf,
    /// From 1; several where a backslash continues the line.
    pub lines: RangeInclusive<usize>,
    /// The first of these lines verbatim, as an edit must name it; it may hold credentials.
    pub written: String,
    /// Whether it stands in a file of constraints: it limits versions and installs nothing.
    pub is_constraint: bool,
}

/// A line such as `--index-url ..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionLine {
    /// In its long form.
    pub name: &'static str,
    /// Credentials masked; absent for a flag.
    pub value: Option<String>,
    /// Where.
    pub source: Source,
}

/// A line such as `-r base.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// As it is named.
    pub named: String,
    /// Relative to the project.
    pub path: PathBuf,
    /// Where it is named.
    pub source: Source,
}

/// A line that pip would refuse, or a file it would not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Credentials masked.
    pub text: String,
    /// As a lower-case fragment.
    pub why: String,
    /// Where.
    pub source: Source,
}

impl Entry {
    /// Where it stands.
    pub fn source(&self) -> Source {
        Source::line(&self.path, *self.lines.start())
    }

    /// Whether it applies on the platform; `None` where that cannot be told.
    pub fn applies(&self, platform: &Platform<'_>) -> Option<bool> {
        self.requirement.marker.as_deref().map_or(Some(true), |marker| marker::holds(marker, platform))
    }
}

impl Requirements {
    /// Reads a file of the project and those it includes. What cannot be read is among the invalid lines.
    pub fn read(project: &Project, path: &Path) -> Self {
        let mut reader = Reader { project, found: Self::default(), seen: HashSet::new(), secrets: Secrets::default() };
        reader.file(path, false, &project.file(path), 0);
        reader.found
    }

    /// The requirements of a package, by its normalised name, constraints not among them.
    pub fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.packages
            .iter()
            .filter(move |entry| !entry.is_constraint && entry.requirement.name.as_deref() == Some(name))
    }
}

struct Reader<'p> {
    project: &'p Project,
    found: Requirements,
    seen: HashSet<(PathBuf, bool)>,
    secrets: Secrets,
}

/// pip's options: long form, short form, whether a value follows.
const OPTIONS: &[(&str, &str, bool)] = &[
    ("--requirement", "-r", true),
    ("--constraint", "-c", true),
    ("--editable", "-e", true),
    ("--index-url", "-i", true),
    ("--pypi-url", "", true),
    ("--extra-index-url", "", true),
    ("--find-links", "-f", true),
    ("--no-index", "", false),
    ("--no-binary", "", true),
    ("--only-binary", "", true),
    ("--prefer-binary", "", false),
    ("--require-hashes", "", false),
    ("--pre", "", false),
    ("--trusted-host", "", true),
    ("--use-feature", "", true),
    ("--always-unzip", "-Z", false),
];

impl Reader<'_> {
    fn invalid(&mut self, text: &str, why: impl Into<String>, source: Source) {
        let mask = |text: &str| self.secrets.mask(text).into_owned();
        let (text, why) = (mask(text), mask(&why.into()));
        self.found.invalid.push(Invalid { text, why, source });
    }

    fn file(&mut self, path: &Path, is_constraint: bool, asked_by: &Source, depth: usize) {
        // pip includes a file as often as it is named; once is enough here, and ends cycles.
        if !self.seen.insert((path.to_owned(), is_constraint)) {
            return;
        }
        let shown = path.display().to_string();
        if self.found.files.len() >= MOST_FILES || depth >= MOST_FILES {
            return self.invalid(&shown, format!("is one of more than {MOST_FILES} files"), asked_by.clone());
        }
        let bytes = match self.project.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                return self.invalid(&shown, format!("{shown} cannot be read: {}", error.what), asked_by.clone());
            }
        };
        let decoded = decode(&bytes);
        self.found.files.push((self.project.place(path), decoded.encoding));
        for logical in join(&decoded.text) {
            let source = self.project.line(path, Some(*logical.lines.start()));
            if logical.text.starts_with('-') {
                self.option(path, &logical, is_constraint, source, depth);
            } else {
                self.package(path, &logical, &logical.text, false, is_constraint, source);
            }
        }
    }

    fn option(&mut self, path: &Path, logical: &Logical<'_>, is_constraint: bool, source: Source, depth: usize) {
        let text = logical.text.as_str();
        let word = text.split([' ', '\t', '=']).next().unwrap_or_default();
        let known = OPTIONS.iter().find(|(long, short, _)| word == *long || (!short.is_empty() && word == *short));
        // `-rbase.txt`: a short option may touch its value.
        let glued = || OPTIONS.iter().find(|(_, short, value)| *value && !short.is_empty() && text.starts_with(short));
        let (name, value) = match known {
            Some((name, _, true)) => (*name, Some(text[word.len()..].trim_start_matches(['=', ' ', '\t']).trim())),
            Some((name, _, false)) => (*name, None),
            None => match glued().filter(|_| !text.starts_with("--")) {
                Some((name, short, _)) => (*name, Some(text[short.len()..].trim())),
                None => return self.invalid(text, format!("pip knows no option {word} here"), source),
            },
        };
        match (name, value) {
            (_, Some("")) => self.invalid(text, format!("{name} needs a value"), source),
            ("--requirement" | "--constraint", Some(value)) => {
                let value = value.trim_matches(['"', '\'']);
                let constraint = is_constraint || name == "--constraint";
                if value.contains("://") {
                    let value = Some(self.secrets.mask(value).into_owned());
                    return self.found.options.push(OptionLine { name, value, source });
                }
                match beside(path, value) {
                    Some(included) => {
                        let (named, path) = (value.to_owned(), included.clone());
                        self.found.includes.push(Include { named, path, source: source.clone() });
                        self.file(&included, constraint, &source, depth + 1);
                    }
                    None => self.invalid(text, format!("{value} is outside the project"), source),
                }
            }
            ("--editable", Some(value)) => self.package(path, logical, value, true, is_constraint, source),
            (_, value) => {
                let value = value.map(|value| self.secrets.mask(value).into_owned());
                self.found.options.push(OptionLine { name, value, source });
            }
        }
    }

    fn package(
        &mut self,
        path: &Path,
        logical: &Logical<'_>,
        text: &str,
        editable: bool,
        is_constraint: bool,
        source: Source,
    ) {
        match Requirement::parse(text, editable, &self.secrets) {
            Ok(requirement) => self.found.packages.push(Entry {
                requirement,
                path: self.project.place(path),
                lines: logical.lines.clone(),
                written: logical.first.to_owned(),
                is_constraint,
            }),
            Err(why) => self.invalid(&logical.text, why, source),
        }
    }
}

/// A path named in a file, relative to the project; `None` when it leaves it.
fn beside(file: &Path, named: &str) -> Option<PathBuf> {
    let mut path = file.parent().map(Path::to_owned).unwrap_or_default();
    for part in Path::new(named).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            _ => return None,
        }
    }
    Some(path)
}

/// A line as pip sees it: continued lines joined, comments gone.
struct Logical<'a> {
    text: String,
    first: &'a str,
    lines: RangeInclusive<usize>,
}

fn join(text: &str) -> Vec<Logical<'_>> {
    let mut logical = Vec::new();
    let mut open: Option<Logical<'_>> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        let is_comment = line.trim_start().starts_with('#');
        let (content, goes_on) = match line.strip_suffix('\\') {
            Some(content) if !is_comment => (content, true),
            _ => (line, false),
        };
        let current = open.get_or_insert_with(|| Logical { text: String::new(), first: line, lines: number..=number });
        if is_comment {
            // A comment among continued lines ends them.
            current.text.push(' ');
        }
        current.text.push_str(content);
        current.lines = *current.lines.start()..=number;
        if !goes_on {
            logical.extend(open.take());
        }
    }
    logical.extend(open);
    for line in &mut logical {
        line.text = without_comment(&line.text).trim().to_owned();
    }
    logical.retain(|line| !line.text.is_empty());
    logical
}

/// A comment starts at a `#` at the start of the line or after a blank; in a URL it is part of it.
fn without_comment(text: &str) -> &str {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == '#' && before.is_whitespace() {
            return &text[..at];
        }
        before = c;
    }
    text
}

#[cfg(test)]
mod tests;
