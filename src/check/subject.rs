//! What the checks look at, each file read once and only when it is asked for.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::facts::environment::Environment;
use super::facts::provided::Provided;
use super::facts::reach::Module;
use crate::builder::nixpacks::{Derived, Options, Phase, Plan, PlanError};
use crate::plan::Choice;
use crate::platform::railway;
use crate::project::requirements::Requirements;
use crate::project::{KeyLines, Project, Source};

pub(super) const REQUIREMENTS: &str = "requirements.txt";

/// A project, its plan, and its files as far as they have been looked at.
pub(super) struct Subject<'a> {
    /// The folder that was opened.
    pub(super) project: &'a Project,
    /// The folder that is planned: the same, or the only one inside it.
    pub(super) app: Project,
    pub(super) options: &'a Options,
    pub(super) planned: Result<&'a Derived, &'a PlanError>,
    config: OnceCell<Option<Keyed>>,
    railway: OnceCell<Option<Keyed>>,
    pyproject: OnceCell<Option<Keyed>>,
    requirements: OnceCell<Requirements>,
    reached: OnceCell<Vec<Module>>,
    environment: OnceCell<Environment>,
    provided: OnceCell<Option<Provided>>,
    /// Imports that nothing installed answers; none where nobody has asked an installation.
    pub(super) absent: Option<&'a HashSet<String>>,
}

/// A TOML or JSON file that parses.
pub(super) struct Keyed {
    /// As it is shown, and as edits name it.
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) value: Value,
    lines: KeyLines,
}

impl<'a> Subject<'a> {
    pub(super) fn new(project: &'a Project, options: &'a Options, planned: Result<&'a Derived, &'a PlanError>) -> Self {
        let inner = planned.ok().filter(|derived| derived.root != project.root());
        let app = inner.and_then(|derived| project.enter(&derived.root).ok()).unwrap_or_else(|| project.clone());
        let (config, railway, pyproject, requirements) = Default::default();
        let (reached, environment, provided) = Default::default();
        Self {
            project,
            app,
            options,
            planned,
            config,
            railway,
            pyproject,
            requirements,
            reached,
            environment,
            provided,
            absent: None,
        }
    }

    /// The plan, where there is one with anything in it.
    pub(super) fn plan(&self) -> Option<&'a Plan> {
        self.planned.ok().map(|derived| &derived.plan).filter(|plan| !plan.is_empty())
    }

    pub(super) fn phase(&self, name: &str) -> Option<&'a Phase> {
        self.plan()?.phase(name)
    }

    /// Whether the plan is a Python one that we made ourselves.
    pub(super) fn is_python(&self) -> bool {
        self.planned.is_ok_and(|derived| derived.providers.iter().any(|name| name == "python"))
    }

    /// The choices about one value of the plan, in its order.
    pub(super) fn choices(&self, what: &'a str) -> impl Iterator<Item = &'a Choice> {
        self.planned.into_iter().flat_map(|derived| &derived.choices).filter(move |choice| choice.what == what)
    }

    /// A variable of the build, as far as project and caller set it.
    pub(super) fn variable(&self, name: &str) -> Option<&'a str> {
        self.plan()?.variables.as_ref()?.get(name).map(String::as_str)
    }

    /// Where a variable of the build is set.
    pub(super) fn variable_source(&self, name: &str) -> Option<Source> {
        let what = format!("variables.{name}");
        let choices = self.planned.ok()?.choices.iter();
        choices.filter(|choice| choice.what == what).map(|choice| choice.because.clone()).next()
    }

    /// Nixpacks' own configuration file.
    pub(super) fn config(&self) -> Option<&Keyed> {
        let read = || {
            let deploy = self.planned.ok().map(|derived| &derived.deploy);
            let named = self.options.config.clone();
            let named = named.or_else(|| Some(deploy?.nixpacks_config.as_ref()?.value.clone()));
            let named = named.or_else(|| self.variable("NIXPACKS_CONFIG_FILE").map(PathBuf::from));
            let names = named.into_iter().chain(["nixpacks.toml".into(), "nixpacks.json".into()]);
            names.into_iter().find(|name| self.app.has_file(name)).and_then(|name| Keyed::read(&self.app, &name))
        };
        self.config.get_or_init(read).as_ref()
    }

    /// Railway's configuration file, where it counts.
    pub(super) fn railway(&self) -> Option<&Keyed> {
        let read = || {
            let (home, name) = railway::file(self.project)?;
            Keyed::read(&home, Path::new(name))
        };
        let counts = self.options.platform.reads_railway();
        counts.then(|| self.railway.get_or_init(read).as_ref()).flatten()
    }

    pub(super) fn pyproject(&self) -> Option<&Keyed> {
        self.pyproject.get_or_init(|| Keyed::read(&self.app, Path::new("pyproject.toml"))).as_ref()
    }

    /// requirements.txt and what it includes; empty where there is none.
    pub(super) fn requirements(&self) -> &Requirements {
        self.requirements.get_or_init(|| match self.app.has_file(REQUIREMENTS) {
            true => Requirements::read(&self.app, Path::new(REQUIREMENTS)),
            false => Requirements::default(),
        })
    }

    /// What is started and what it imports; empty where that cannot be followed.
    pub(super) fn reached(&self) -> &[Module] {
        self.reached.get_or_init(|| super::facts::reach::modules(self))
    }

    /// What is started and what it surely imports.
    pub(super) fn loaded(&self) -> impl Iterator<Item = &Module> {
        self.reached().iter().filter(|module| module.is_certain)
    }

    /// The variables that the reached code reads.
    pub(super) fn environment(&self) -> &Environment {
        self.environment.get_or_init(|| super::facts::environment::environment(self.reached()))
    }

    /// What is installed, where files tell.
    pub(super) fn provided(&self) -> Option<&Provided> {
        self.provided.get_or_init(|| super::facts::provided::provided(self)).as_ref()
    }

    /// How dependencies are installed, in the planner's words.
    pub(super) fn manager(&self) -> Option<&'a str> {
        self.choices("package manager").map(|choice| choice.value.as_str()).next()
    }

    /// The configuration file that an edit goes to, made where there is none.
    pub(super) fn config_path(&self) -> PathBuf {
        self.config().map_or_else(|| self.app.place("nixpacks.toml"), |file| file.path.clone())
    }

    /// Whether some phase's packages or libraries have this name, whichever output of it.
    pub(super) fn plans(&self, package: &str) -> bool {
        let stem = |name: &str| {
            name.split('.').next().unwrap_or_default().split('_').next().unwrap_or_default().to_lowercase()
        };
        let phases = self.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
        let mut names = phases
            .flat_map(|(_, phase)| phase.nix_pkgs.iter().chain(phase.nix_libs.iter()).chain(phase.apt_pkgs.iter()));
        names.any(|name| stem(name) == stem(package))
    }

    /// The keyed file that a source stands in.
    pub(super) fn keyed(&self, source: &Source) -> Option<&Keyed> {
        let Source::File { path, .. } = source else { return None };
        [self.config(), self.railway()].into_iter().flatten().find(|file| file.path == *path)
    }

    /// The line that a source points at, empty where there is none.
    pub(super) fn line(&self, source: &Source) -> String {
        let Source::File { path, line: Some(line) } = source else { return String::new() };
        let text = match self.keyed(source) {
            Some(file) => file.text.clone(),
            None => self.project.read_text(path).unwrap_or_default(),
        };
        text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned()
    }
}

impl Keyed {
    /// `None` when it is absent or does not parse: the planner speaks of that.
    pub(super) fn read(project: &Project, name: &Path) -> Option<Self> {
        let text = project.has_file(name).then(|| project.read_text(name).ok())??;
        let (value, lines) = match name.extension()?.to_str()? {
            "toml" => (toml_edit::de::from_str(&text).ok()?, KeyLines::toml(&text)),
            "json" => (serde_json::from_str(&text).ok()?, KeyLines::json(&text)),
            _ => return None,
        };
        Some(Self { path: project.place(name), text, value, lines })
    }

    pub(super) fn get(&self, key: &[&str]) -> Option<&Value> {
        key.iter().try_fold(&self.value, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
    }

    pub(super) fn str(&self, key: &[&str]) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// The members of a table, sorted as in the file; none where it is not one.
    pub(super) fn members(&self, key: &[&str]) -> impl Iterator<Item = (&String, &Value)> {
        self.get(key).and_then(Value::as_object).into_iter().flatten()
    }

    pub(super) fn source(&self, key: &[&str]) -> Source {
        Source::File { path: self.path.clone(), line: self.lines.line(key) }
    }

    /// The line that a key stands in.
    pub(super) fn line(&self, key: &[&str]) -> &str {
        let line = self.lines.line(key).and_then(|line| self.text.lines().nth(line.saturating_sub(1)));
        line.unwrap_or_default()
    }
}

/// The strings of a list.
pub(super) fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
