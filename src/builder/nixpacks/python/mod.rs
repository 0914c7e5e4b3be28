//! The Python provider.

mod install;
mod start;
mod version;
mod view;

use std::sync::LazyLock;

use regex::Regex;

use crate::project::{Project, Source, line_containing};

use super::draft::{Draft, Key, Traced};
use super::error::PlanError;
use super::providers::find_text;
use super::variables::Variables;
use crate::builder::regex;
use crate::plan::{Choice, Warning};
use view::View;

/// Where the install command makes the virtual environment.
pub(super) const VENV: &str = "/opt/venv";
const ANY_PYTHON: &str = "/**/*.py";
/// Each is searched as a whole for the names of packages: a comment counts as much as a requirement.
const DEPENDENCY_FILES: [&str; 3] = ["requirements.txt", "pyproject.toml", "Pipfile"];

static POSTGRES: LazyLock<Regex> = LazyLock::new(|| regex("django.db.backends.postgresql"));
static MYSQL: LazyLock<Regex> = LazyLock::new(|| regex(r"django\.db\.backends\.mysql|django_psdb_engine"));

const VARIABLES: [(&str, &str); 7] = [
    ("PIP_DEFAULT_TIMEOUT", "100"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("PIP_NO_CACHE_DIR", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONFAULTHANDLER", "1"),
    ("PYTHONHASHSEED", "random"),
    ("PYTHONUNBUFFERED", "1"),
];

/// Tools that a lock file asks for: their version variable, the default, and their name in `.tool-versions`.
const LOCKED_TOOLS: [(&str, &str, &str, Option<&str>); 3] = [
    ("poetry.lock", "NIXPACKS_POETRY_VERSION", "1.3.1", Some("poetry")),
    ("pdm.lock", "NIXPACKS_PDM_VERSION", "2.13.3", None),
    ("uv.lock", "NIXPACKS_UV_VERSION", "0.4.30", Some("uv")),
];

/// What the provider makes of a project.
pub(super) struct Provided {
    pub(super) plan: Draft,
    /// Its part of `NIXPACKS_METADATA`.
    pub(super) metadata: String,
    pub(super) choices: Vec<Choice>,
    pub(super) warnings: Vec<Warning>,
}

pub(super) fn plan(project: &Project, vars: &Variables) -> Result<Provided, PlanError> {
    let mut view = View { project, vars, choices: Vec::new(), warnings: Vec::new() };
    let mut plan = Draft::default();
    let postgres = view.setup(&mut plan)?;
    view.install(&mut plan);
    plan.start = view.start()?;
    view.variables(&mut plan)?;
    let tags = [
        ("django", view.django().is_some()),
        ("postgres", postgres),
        ("poetry", project.has_file("poetry.lock")),
        ("pdm", project.has_file("pdm.lock")),
    ];
    let tags = tags.into_iter().filter(|(_, holds)| *holds).map(|(tag, _)| tag);
    let metadata = std::iter::once("python").chain(tags).collect::<Vec<_>>().join(",");
    Ok(Provided { plan, metadata, choices: view.choices, warnings: view.warnings })
}

impl View<'_> {
    fn setup(&mut self, plan: &mut Draft) -> Result<bool, PlanError> {
        let python = self.version()?;
        let postgres = self.postgres()?;
        let setup = plan.phase("setup");
        let rule = Source::Default("every Python project");
        setup.set(Key::NixOverlays, super::draft::TracedList::empty(rule.clone()));
        setup.push(Key::NixPkgs, python.package, python.source.clone());
        setup.archive = Some(Traced::new(python.archive, python.source));
        let has_postgres = postgres.is_some();
        if let Some(source) = postgres {
            setup.push(Key::NixPkgs, "postgresql_16.dev", source);
        }
        if self.django().is_some()
            && let Some(found) = find_text(self.project, ANY_PYTHON, &MYSQL)?
        {
            setup.push(Key::NixPkgs, "libmysqlclient.dev", found.source);
        }
        if self.project.has_file("Pipfile") {
            setup.push(Key::NixPkgs, "pipenv", self.project.file("Pipfile"));
        }
        for (dependency, key, package) in [
            ("cairo", Key::NixLibs, "cairo"),
            ("pydub", Key::NixPkgs, "ffmpeg-headless"),
            ("pdf2image", Key::NixPkgs, "poppler_utils"),
        ] {
            if let Some(source) = self.mention(dependency) {
                setup.push(key, package, source);
            }
        }
        setup.push(Key::NixLibs, "zlib", rule.clone());
        setup.push(Key::NixLibs, "stdenv.cc.cc.lib", rule.clone());
        setup.push(Key::NixPkgs, "gcc", rule);
        Ok(has_postgres)
    }

    fn variables(&self, plan: &mut Draft) -> Result<(), PlanError> {
        let variables = plan.variables.get_or_insert_default();
        let rule = Source::Default("every Python project");
        variables.extend(VARIABLES.map(|(name, value)| (name.to_owned(), Traced::new(value, rule.clone()))));
        for (lock, variable, default, tool) in LOCKED_TOOLS {
            if !self.project.has_file(lock) {
                continue;
            }
            let asked = match tool {
                Some(tool) => version::of_tool(self.project, tool)?,
                None => None,
            };
            let version = asked.unwrap_or_else(|| Traced::new(default, self.project.file(lock)));
            variables.insert(variable.to_owned(), version);
            if lock == "uv.lock" {
                variables.insert("UV_PROJECT_ENVIRONMENT".to_owned(), Traced::new(VENV, self.project.file(lock)));
            }
        }
        Ok(())
    }

    /// The place that mentions a dependency. A file that is not text mentions nothing.
    fn mention(&self, dependency: &str) -> Option<Source> {
        DEPENDENCY_FILES.iter().filter(|name| self.project.has_file(name)).find_map(|name| {
            let text = self.project.read_text(name).ok()?;
            let found = text.to_lowercase().contains(dependency);
            found.then(|| self.project.line(name, line_containing(&text, dependency)))
        })
    }

    /// What makes this a Django project: `manage.py`, and the word anywhere among the dependencies.
    fn django(&self) -> Option<Source> {
        if self.project.has_file("manage.py") { self.mention("django") } else { None }
    }

    fn postgres(&self) -> Result<Option<Source>, PlanError> {
        let found = find_text(self.project, ANY_PYTHON, &POSTGRES)?.map(|found| found.source);
        Ok(found.or_else(|| ["psycopg2", "psycopg"].iter().find_map(|name| self.mention(name))))
    }

    fn choose(&mut self, what: &str, value: impl Into<String>, because: Source) {
        self.choices.push(Choice { what: what.to_owned(), value: value.into(), because });
    }
}
