//! What everybody begins with: the project, its plan and its files, each file read once and only when it is asked for.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::keyed::Keyed;
use crate::builder::nixpacks::{Derived, Options, Phase, Plan, PlanError};
use crate::plan::Choice;
use crate::platform::railway;
use crate::project::requirements::Requirements;
use crate::project::{Project, Source};

/// The file that pip is given by default.
pub(in crate::check) const REQUIREMENTS: &str = "requirements.txt";

/// A project, its plan, and its files as far as they have been looked at.
pub(in crate::check) struct Inputs<'a> {
    /// The folder that was opened.
    pub(in crate::check) project: &'a Project,
    /// The folder that is planned: the same, or the only one inside it.
    pub(in crate::check) app: Project,
    pub(in crate::check) options: &'a Options,
    pub(in crate::check) planned: Result<&'a Derived, &'a PlanError>,
    config: OnceCell<Option<Keyed>>,
    railway: OnceCell<Option<Keyed>>,
    pyproject: OnceCell<Option<Keyed>>,
    requirements: OnceCell<Requirements>,
}

impl<'a> Inputs<'a> {
    pub(in crate::check) fn new(
        project: &'a Project,
        options: &'a Options,
        planned: Result<&'a Derived, &'a PlanError>,
    ) -> Self {
        let inner = planned.ok().filter(|derived| derived.root != project.root());
        let app = inner.and_then(|derived| project.enter(&derived.root).ok()).unwrap_or_else(|| project.clone());
        let (config, railway, pyproject, requirements) = Default::default();
        Self { project, app, options, planned, config, railway, pyproject, requirements }
    }

    /// The plan, where there is one with anything in it.
    pub(in crate::check) fn plan(&self) -> Option<&'a Plan> {
        self.planned.ok().map(|derived| &derived.plan).filter(|plan| !plan.is_empty())
    }

    pub(in crate::check) fn phase(&self, name: &str) -> Option<&'a Phase> {
        self.plan()?.phase(name)
    }

    /// Whether the plan is a Python one that we made ourselves.
    pub(in crate::check) fn is_python(&self) -> bool {
        self.planned.is_ok_and(|derived| derived.providers.iter().any(|name| name == "python"))
    }

    /// The choices about one value of the plan, in its order.
    pub(in crate::check) fn choices(&self, what: &'a str) -> impl Iterator<Item = &'a Choice> {
        self.planned.into_iter().flat_map(|derived| &derived.choices).filter(move |choice| choice.what == what)
    }

    /// A variable of the build, as far as project and caller set it.
    pub(in crate::check) fn variable(&self, name: &str) -> Option<&'a str> {
        self.plan()?.variables.as_ref()?.get(name).map(String::as_str)
    }

    /// Where a variable of the build is set.
    pub(in crate::check) fn variable_source(&self, name: &str) -> Option<Source> {
        let what = format!("variables.{name}");
        let choices = self.planned.ok()?.choices.iter();
        choices.filter(|choice| choice.what == what).map(|choice| choice.because.clone()).next()
    }

    /// Nixpacks' own configuration file.
    pub(in crate::check) fn config(&self) -> Option<&Keyed> {
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
    pub(in crate::check) fn railway(&self) -> Option<&Keyed> {
        let read = || {
            let (home, name) = railway::file(self.project)?;
            Keyed::read(&home, Path::new(name))
        };
        let counts = self.options.platform.reads_railway();
        counts.then(|| self.railway.get_or_init(read).as_ref()).flatten()
    }

    pub(in crate::check) fn pyproject(&self) -> Option<&Keyed> {
        self.pyproject.get_or_init(|| Keyed::read(&self.app, Path::new("pyproject.toml"))).as_ref()
    }

    /// requirements.txt and what it includes; empty where there is none.
    pub(in crate::check) fn requirements(&self) -> &Requirements {
        self.requirements.get_or_init(|| match self.app.has_file(REQUIREMENTS) {
            true => Requirements::read(&self.app, Path::new(REQUIREMENTS)),
            false => Requirements::default(),
        })
    }

    /// How dependencies are installed, in the planner's words.
    pub(in crate::check) fn manager(&self) -> Option<&'a str> {
        self.choices("package manager").map(|choice| choice.value.as_str()).next()
    }

    /// The configuration file that an edit goes to, made where there is none.
    pub(in crate::check) fn config_path(&self) -> PathBuf {
        self.config().map_or_else(|| self.app.place("nixpacks.toml"), |file| file.path.clone())
    }

    /// Whether some phase's packages or libraries have this name, whichever output of it.
    pub(in crate::check) fn plans(&self, package: &str) -> bool {
        let stem = |name: &str| {
            name.split('.').next().unwrap_or_default().split('_').next().unwrap_or_default().to_lowercase()
        };
        let phases = self.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
        let mut names = phases
            .flat_map(|(_, phase)| phase.nix_pkgs.iter().chain(phase.nix_libs.iter()).chain(phase.apt_pkgs.iter()));
        names.any(|name| stem(name) == stem(package))
    }

    /// The keyed file that a source stands in.
    pub(in crate::check) fn keyed(&self, source: &Source) -> Option<&Keyed> {
        let Source::File { path, .. } = source else { return None };
        [self.config(), self.railway()].into_iter().flatten().find(|file| file.path == *path)
    }

    /// The line that a source points at, empty where there is none.
    pub(in crate::check) fn line(&self, source: &Source) -> String {
        let Source::File { path, line: Some(line) } = source else { return String::new() };
        let text = match self.keyed(source) {
            Some(file) => file.text.clone(),
            None => self.project.read_text(path).unwrap_or_default(),
        };
        text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned()
    }

    /// Whether there are commands besides those that set up, install and release.
    pub(in crate::check) fn builds(&self) -> bool {
        let phases = self.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
        phases
            .filter(|(name, _)| !["setup", "install", "release"].contains(&name.as_str()))
            .any(|(_, phase)| !phase.cmds.is_empty())
    }
}
