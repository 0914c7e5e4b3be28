//! `pyproject.toml`, as far as a deploy hangs on it, every value with its line.

use std::ops::Range;
use std::path::Path;

use toml_edit::{Document, Item, TableLike, Value};

use super::requirements::{Requirement, normalize};
use super::{InputError, Project, line_at};
use crate::secret::Secrets;

/// A value and its line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// The line of its key, or of the value itself inside a list.
    pub line: usize,
}

/// What the file says. An absent table is as good as an empty one, but for those that a tool looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pyproject {
    /// The line of `[project]`, where there is one.
    pub project: Option<usize>,
    /// `project.name`.
    pub name: Option<At<String>>,
    /// `project.requires-python`, verbatim.
    pub requires_python: Option<At<String>>,
    /// `project.dependencies`; `Err` says why an entry is invalid.
    pub dependencies: Vec<At<Result<Requirement, String>>>,
    /// `project.dynamic`.
    pub dynamic: Vec<At<String>>,
    /// `project.readme`, the file it names.
    pub readme: Option<At<String>>,
    /// `[tool.poetry]`, where there is one.
    pub poetry: Option<Poetry>,
    /// `[build-system]`, where there is one.
    pub build_system: Option<BuildSystem>,
    /// The names of the tables under `[tool]`.
    pub tools: Vec<At<String>>,
}

/// `[tool.poetry]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Poetry {
    /// Its line.
    pub line: usize,
    /// `tool.poetry.name`.
    pub name: Option<At<String>>,
    /// `tool.poetry.dependencies` but for Python, by normalised name, with Poetry's own version text where one is given.
    pub dependencies: Vec<At<(String, Option<String>)>>,
    /// `tool.poetry.dependencies.python`.
    pub python: Option<At<String>>,
}

/// `[build-system]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildSystem {
    /// Its line.
    pub line: usize,
    /// `build-system.requires`, verbatim.
    pub requires: Vec<At<String>>,
    /// `build-system.build-backend`.
    pub backend: Option<At<String>>,
}

impl Pyproject {
    /// Reads a project's file; `Ok(None)` when it has none.
    pub fn read(project: &Project) -> Result<Option<Self>, InputError> {
        const FILE: &str = "pyproject.toml";
        if !project.has_file(FILE) {
            return Ok(None);
        }
        let text = project.read_text(FILE)?;
        Self::parse(&text, &project.place(FILE)).map(Some)
    }

    /// Reads the file's text; `path` is for the error alone.
    pub fn parse(text: &str, path: &Path) -> Result<Self, InputError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = Document::parse(text).map_err(|error| {
            let line = error.span().map(|span| line_at(text, span.start));
            InputError::at(path, line, error.message())
        })?;
        let file = File { text };
        let root = document.as_table();
        let tool = file.table(root, "tool").map(|(tool, _)| tool);
        let mut found = Self { tools: tool.map_or_else(Vec::new, |tool| file.names(tool)), ..Self::default() };
        if let Some((project, line)) = file.table(root, "project") {
            found.project = Some(line);
            found.name = file.string(project, "name");
            found.requires_python = file.string(project, "requires-python");
            found.dynamic = file.strings(project, "dynamic");
            found.dependencies = file.strings(project, "dependencies").into_iter().map(required).collect();
            found.readme =
                file.string(project, "readme").or_else(|| file.string(file.table(project, "readme")?.0, "file"));
        }
        if let Some((poetry, line)) = tool.and_then(|tool| file.table(tool, "poetry")) {
            found.poetry = Some(file.poetry(poetry, line));
        }
        if let Some((system, line)) = file.table(root, "build-system") {
            let (requires, backend) = (file.strings(system, "requires"), file.string(system, "build-backend"));
            found.build_system = Some(BuildSystem { line, requires, backend });
        }
        Ok(found)
    }
}

fn required(found: At<String>) -> At<Result<Requirement, String>> {
    At { value: Requirement::parse(found.value.trim(), false, &Secrets::default()), line: found.line }
}

struct File<'a> {
    text: &'a str,
}

impl File<'_> {
    fn line(&self, span: Option<Range<usize>>) -> usize {
        span.map_or(1, |span| line_at(self.text, span.start))
    }

    /// The line of a key; of its first member for a table that has no header of its own.
    fn key_line(&self, table: &dyn TableLike, name: &str) -> usize {
        let of_item =
            |item: &Item| item.as_table().filter(|table| !table.is_implicit()).and_then(toml_edit::Table::span);
        let of_key = || table.key(name).and_then(toml_edit::Key::span);
        self.line(table.get(name).and_then(of_item).or_else(of_key))
    }

    fn table<'t>(&self, table: &'t dyn TableLike, name: &str) -> Option<(&'t dyn TableLike, usize)> {
        Some((table.get(name)?.as_table_like()?, self.key_line(table, name)))
    }

    fn names(&self, table: &dyn TableLike) -> Vec<At<String>> {
        table.iter().map(|(name, _)| At { value: name.to_owned(), line: self.key_line(table, name) }).collect()
    }

    fn string(&self, table: &dyn TableLike, name: &str) -> Option<At<String>> {
        let value = table.get(name)?.as_str()?.to_owned();
        Some(At { value, line: self.key_line(table, name) })
    }

    fn strings(&self, table: &dyn TableLike, name: &str) -> Vec<At<String>> {
        let items = table.get(name).and_then(Item::as_array).into_iter().flat_map(toml_edit::Array::iter);
        let at = |item: &Value| Some(At { value: item.as_str()?.to_owned(), line: self.line(item.span()) });
        items.filter_map(at).collect()
    }

    fn poetry(&self, poetry: &dyn TableLike, line: usize) -> Poetry {
        let mut found = Poetry { line, name: self.string(poetry, "name"), ..Poetry::default() };
        let Some((dependencies, _)) = self.table(poetry, "dependencies") else { return found };
        for (name, item) in dependencies.iter() {
            let line = self.key_line(dependencies, name);
            let version = item.as_str().or_else(|| item.as_table_like()?.get("version")?.as_str()).map(str::to_owned);
            match version {
                Some(value) if name == "python" => found.python = Some(At { value, line }),
                version if name != "python" => found.dependencies.push(At { value: (normalize(name), version), line }),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Pyproject {
        Pyproject::parse(text, Path::new("pyproject.toml")).unwrap()
    }

    #[test]
    fn a_standard_project_is_read_with_its_lines() {
        let found = parse(
            "[build-system]\nrequires = [\n  'hatchling',\n]\nbuild-backend = \"hatchling.build\"\n\n[project]\nname = 'My_App'\n\
             requires-python = '>=3.11'\ndependencies = [\n  'flask>=2', # web\n  'x=1',\n]\nreadme = { file = 'R.md' }\n",
        );
        let system = found.build_system.unwrap();
        assert_eq!((system.line, system.requires[0].line, system.backend.unwrap().line), (1, 3, 5));
        assert_eq!(found.project, Some(7));
        assert_eq!(found.name, Some(At { value: "My_App".to_owned(), line: 8 }));
        assert_eq!(found.requires_python, Some(At { value: ">=3.11".to_owned(), line: 9 }));
        assert_eq!(found.dependencies[0].line, 11);
        assert_eq!(found.dependencies[0].value.as_ref().unwrap().name.as_deref(), Some("flask"));
        assert_eq!(found.dependencies[1].value.as_ref().unwrap_err(), "versions are compared with ==: write x==1");
        assert_eq!(found.readme, Some(At { value: "R.md".to_owned(), line: 14 }));
        assert_eq!(found.poetry, None);
    }

    #[test]
    fn a_poetry_project_is_read_with_its_lines() {
        let found = parse(
            "[tool.poetry]\nname = 'x'\n[tool.poetry.dependencies]\npython = '^3.11'\nDiscord_py = '^2'\n\
             y = { git = 'https://h/y' }\n[tool.poetry.dependencies.z]\nversion = '1'\n[tool.black]\n",
        );
        let poetry = found.poetry.unwrap();
        assert_eq!(poetry.line, 1);
        assert_eq!(poetry.python, Some(At { value: "^3.11".to_owned(), line: 4 }));
        let at =
            |name: &str, version: Option<&str>, line| At { value: (name.to_owned(), version.map(str::to_owned)), line };
        assert_eq!(poetry.dependencies, [at("discord-py", Some("^2"), 5), at("y", None, 6), at("z", Some("1"), 7)]);
        assert_eq!(
            found.tools.iter().map(|tool| (tool.value.as_str(), tool.line)).collect::<Vec<_>>(),
            [("poetry", 1), ("black", 9)]
        );
        assert_eq!(found.project, None);
    }

    #[test]
    fn values_of_another_type_are_as_good_as_absent() {
        assert_eq!(parse("project = 1\ntool = []\nbuild-system = ''\n"), Pyproject::default());
        assert_eq!(parse("[project]\nname = 1\ndependencies = 'x'\n").dependencies, []);
    }

    #[test]
    fn a_broken_file_names_its_line() {
        let error = Pyproject::parse("[project]\nname = \n", Path::new("pyproject.toml")).unwrap_err();
        assert_eq!(error.line, Some(2));
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[\\[\\]=.a\"'\\n{}, ]{0,60}") {
            let _ = Pyproject::parse(&format!("[project]\n{text}"), Path::new("p"));
        }
    }
}
