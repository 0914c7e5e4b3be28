//! Finds scenarios: every folder that holds a `scenario.toml`, at any depth. Folders without one are groups.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::format::{Definition, Expect, Fault, line_with};
use crate::catalog::suggest::hint;
use crate::diagnose::{explain, ids};
use crate::rehearse::Request;

/// The file that makes a folder a scenario.
pub const FILE: &str = "scenario.toml";
/// The project to rehearse, beside it.
const APP: &str = "app";
/// What `expect.rule` says where no cause must be named.
pub(super) const NO_RULE: &str = "none";
/// How deep groups may be nested.
const DEEPEST: usize = 8;
/// The most bytes of a scenario's own file.
const MOST_BYTES: u64 = 1 << 20;

/// A scenario that can be run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its folder's name.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
    /// What its file says.
    pub definition: Definition,
    /// What is rehearsed of a project without a `scenario.toml`, of which no accepted report is kept.
    pub project: Option<Box<Request>>,
}

/// A scenario whose file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its folder's name.
    pub name: String,
    /// The file, and the line where there is one.
    pub place: String,
    /// What is wrong with it.
    pub message: String,
}

/// Everything found in a folder, by name.
#[derive(Debug, Clone, Default)]
pub struct Collection {
    /// Those that can be run.
    pub scenarios: Vec<Scenario>,
    /// Those that cannot; each fails as itself, the others go on.
    pub broken: Vec<Broken>,
}

/// A fault of the suite as a whole, for the person who wrote it.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The folder cannot be read.
    #[error("cannot read the scenarios in {}: {why}", folder.display())]
    Unreadable {
        /// What was to be read.
        folder: PathBuf,
        /// The system's word for it.
        why: std::io::Error,
    },
    /// There is nothing to run.
    #[error("no scenarios in {}: a scenario is a folder with a {FILE} and an {APP} folder; projects are named one by one: \
             shakedown suite apps/*/", folder.display())]
    Empty {
        /// Where they were looked for.
        folder: PathBuf,
    },
    /// Results go by name, so names must differ.
    #[error("two scenarios are called `{name}`: {} and {}", first.display(), second.display())]
    Duplicate {
        /// The name of both.
        name: String,
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A scenario expects a diagnosis that nobody can make.
    #[error("{place}: there is no rule `{rule}`{hint}")]
    UnknownRule {
        /// The file and line.
        place: String,
        /// What stands there.
        rule: String,
        /// A guess at what was meant.
        hint: String,
    },
}

impl Scenario {
    /// A project that must work.
    pub fn of_project(name: String, request: Request) -> Self {
        let definition = Definition::must_work(request.network);
        Self { name, dir: request.path.clone(), definition, project: Some(Box::new(request)) }
    }

    /// The project to rehearse.
    pub fn app(&self) -> PathBuf {
        match self.project {
            Some(_) => self.dir.clone(),
            None => self.dir.join(APP),
        }
    }

    /// The accepted report: the backend's own where there is one.
    pub fn expected_file(&self, backend: &str) -> PathBuf {
        let own = self.dir.join(format!("expected.{backend}.json"));
        match own.exists() {
            true => own,
            false => self.dir.join("expected.json"),
        }
    }
}

impl Collection {
    /// All of them together.
    ///
    /// # Errors
    /// [`SuiteError::Duplicate`]: results go by name.
    pub fn joined(parts: Vec<Self>) -> Result<Self, SuiteError> {
        let mut all = Self::default();
        for mut part in parts {
            all.scenarios.append(&mut part.scenarios);
            all.broken.append(&mut part.broken);
        }
        let scenarios = all.scenarios.iter().map(|scenario| (&scenario.name, scenario.dir.as_path()));
        let broken = all.broken.iter().map(|broken| (&broken.name, Path::new(&broken.place)));
        let mut by_name: BTreeMap<&String, &Path> = BTreeMap::new();
        for (name, place) in scenarios.chain(broken) {
            if let Some(first) = by_name.insert(name, place) {
                let (first, second) = (first.to_owned(), place.to_owned());
                return Err(SuiteError::Duplicate { name: name.clone(), first, second });
            }
        }
        Ok(all)
    }
}

/// Reads every scenario in `folder`.
pub fn discover(folder: &Path) -> Result<Collection, SuiteError> {
    let mut dirs = Vec::new();
    walk(folder, DEEPEST, &mut dirs).map_err(|why| SuiteError::Unreadable { folder: folder.to_owned(), why })?;
    if dirs.is_empty() {
        return Err(SuiteError::Empty { folder: folder.to_owned() });
    }
    let mut by_name: BTreeMap<String, PathBuf> = BTreeMap::new();
    for dir in dirs {
        let name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned();
        if let Some(first) = by_name.insert(name.clone(), dir.clone()) {
            return Err(SuiteError::Duplicate { name, first, second: dir });
        }
    }
    let mut found = Collection::default();
    for (name, dir) in by_name {
        match read(&name, &dir)? {
            Ok(scenario) => found.scenarios.push(scenario),
            Err(broken) => found.broken.push(broken),
        }
    }
    Ok(found)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if folder.join(FILE).is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // Links are not followed: one that leads upwards would never end.
        if depth > 0 && entry.file_type()?.is_dir() {
            walk(&entry.path(), depth - 1, found)?;
        }
    }
    Ok(())
}

fn read(name: &str, dir: &Path) -> Result<Result<Scenario, Broken>, SuiteError> {
    let file = dir.join(FILE);
    let place = |line: Option<usize>| match line {
        Some(line) => format!("{}:{line}", file.display()),
        None => file.display().to_string(),
    };
    let broken = |line, message: String| Ok(Err(Broken { name: name.to_owned(), place: place(line), message }));
    let text = match crate::fs::read_text(&file, MOST_BYTES) {
        Ok(text) => text,
        Err(error) => return broken(None, error.to_string()),
    };
    let definition = match Definition::parse(&text) {
        Ok(definition) => definition,
        Err(Fault { line, message }) => return broken(line, message),
    };
    if let Some((words, message)) = contradiction(name, &definition) {
        return broken(line_with(&text, words), message);
    }
    if !dir.join(APP).is_dir() {
        return broken(None, format!("there is no {APP} folder beside it"));
    }
    if let Some((rule, hint)) = unknown_rule(&definition.expect) {
        let place = place(line_with(&text, &rule));
        return Err(SuiteError::UnknownRule { place, rule, hint });
    }
    Ok(Ok(Scenario { name: name.to_owned(), dir: dir.to_owned(), definition, project: None }))
}

/// A file that can be read and yet makes no sense: the words to point at, and why.
fn contradiction(name: &str, definition: &Definition) -> Option<(&'static str, String)> {
    let Expect { phase, exit, .. } = &definition.expect;
    let works = definition.expect.verdict == super::ExpectedVerdict::Works;
    let readable = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.chars().all(readable) {
        return Some(("about", format!("the folder's name `{name}` has signs other than letters, digits, - _ .")));
    }
    if works && (phase.is_some() || exit.is_some()) {
        return Some(("verdict", "a deploy that works has no failing phase and no exit code to expect".into()));
    }
    if definition.needs_network() && definition.run.offline {
        return Some(("offline", "it needs the network and is to run without it".into()));
    }
    if definition.needs_network() && !definition.packages.is_empty() {
        return Some((
            "[[package]]",
            "packages of its own are offered by the local index, and it uses the public one".into(),
        ));
    }
    None
}

fn unknown_rule(expect: &Expect) -> Option<(String, String)> {
    let rule = expect.rule.as_deref().filter(|rule| *rule != NO_RULE)?;
    if explain(rule).is_some() {
        return None;
    }
    let suggestion = hint(rule, ids());
    let hint = suggestion.map(|suggestion| format!("; did you mean `{suggestion}`?")).unwrap_or_default();
    Some((rule.to_owned(), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "about = \"x\"\n[expect]\nverdict = \"fails\"\n";

    fn suite(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let dir = folder.path().join(path);
            fs::create_dir_all(dir.join(APP)).unwrap();
            fs::write(dir.join(FILE), text).unwrap();
        }
        folder
    }

    fn names(found: &Collection) -> Vec<&str> {
        found.scenarios.iter().map(|scenario| scenario.name.as_str()).collect()
    }

    #[test]
    fn scenarios_are_found_at_any_depth_and_sorted() {
        let folder = suite(&[("web/two", LEAST), ("one", LEAST), ("web/deep/three", LEAST)]);
        let found = discover(folder.path()).unwrap();
        assert_eq!(names(&found), ["one", "three", "two"]);
    }

    #[test]
    fn a_broken_file_fails_alone_and_says_where() {
        let folder = suite(&[("good", LEAST), ("bad", "about = \"x\"\nabuot = \"y\"\n")]);
        let found = discover(folder.path()).unwrap();
        assert_eq!(names(&found), ["good"]);
        let Broken { name, place, message } = &found.broken[0];
        assert_eq!(name, "bad");
        assert!(place.ends_with("bad/scenario.toml:2"), "{place}");
        assert!(message.contains("did you mean `about`?"), "{message}");
    }

    #[test]
    fn contradictions_and_a_missing_app_are_broken() {
        let works = LEAST.replace("fails", "works") + "phase = \"install\"\n";
        let offline = format!("needs = [\"network\"]\n{LEAST}[run]\noffline = true\n");
        let folder = suite(&[("a", &works), ("b", &offline), ("c", LEAST), ("d e", LEAST)]);
        fs::remove_dir(folder.path().join("c").join(APP)).unwrap();
        let found = discover(folder.path()).unwrap();
        assert_eq!(found.broken.len(), 4, "{:?}", found.broken);
        assert!(found.broken[1].place.ends_with("b/scenario.toml:6"), "{}", found.broken[1].place);
    }

    #[test]
    fn scenarios_and_projects_are_one_suite_where_their_names_differ() {
        let folder = suite(&[("one", LEAST), ("bad", "about = 1\n")]);
        let project = |name: &str| {
            let scenario = Scenario::of_project(name.to_owned(), Request::new(&folder.path().join("shop")));
            Collection { scenarios: vec![scenario], broken: Vec::new() }
        };
        let all = Collection::joined(vec![discover(folder.path()).unwrap(), project("apps/shop")]).unwrap();
        assert_eq!(names(&all), ["one", "apps/shop"]);
        assert_eq!(all.scenarios[1].app(), folder.path().join("shop"));
        assert_eq!(all.scenarios[1].definition.expect.verdict, super::super::ExpectedVerdict::Works);
        for name in ["one", "bad"] {
            let joined = Collection::joined(vec![discover(folder.path()).unwrap(), project(name)]);
            assert!(matches!(joined, Err(SuiteError::Duplicate { .. })), "{name}");
        }
    }

    #[test]
    fn an_empty_folder_and_a_missing_one_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(discover(folder.path()), Err(SuiteError::Empty { .. })));
        assert!(matches!(discover(&folder.path().join("no")), Err(SuiteError::Unreadable { .. })));
    }

    #[test]
    fn two_scenarios_of_one_name_are_an_error() {
        let folder = suite(&[("a/same", LEAST), ("b/same", LEAST)]);
        assert!(matches!(discover(folder.path()), Err(SuiteError::Duplicate { name, .. }) if name == "same"));
    }

    #[test]
    fn an_unknown_rule_is_an_error_with_a_guess() {
        let folder = suite(&[("a", &format!("{LEAST}rule = \"externaly-managed\"\n"))]);
        let error = discover(folder.path()).unwrap_err().to_string();
        assert!(
            error
                .ends_with("scenario.toml:4: there is no rule `externaly-managed`; did you mean `externally-managed`?")
        );
        let folder = suite(&[("a", &format!("{LEAST}rule = \"none\"\n"))]);
        assert_eq!(discover(folder.path()).unwrap().scenarios.len(), 1);
    }
}
