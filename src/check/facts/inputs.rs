//! What everybody begins with: the project, its plan and its files, each file read once and only when it is asked for.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::keyed::Keyed;
use crate::builder::DeployOptions;
use crate::builder::nixpacks::{Derived, Phase, Plan, PlanError};
use crate::builder::{BuilderKind, Planned, RailpackAnswer};
use crate::catalog::nix_packages;
use crate::check::finding::set_key;
use crate::finding::Edit;
use crate::plan::Choice;
use crate::platform::{Deploy, railway};
use crate::project::requirements::Requirements;
use crate::project::{Project, Source};

/// The file that pip is given by default.
pub(in crate::check) const REQUIREMENTS: &str = "requirements.txt";

/// A project, its plan, and its files as far as they have been looked at.
pub struct Inputs<'a> {
    /// The folder that was opened.
    pub(in crate::check) project: &'a Project,
    /// The folder that is planned: the same, or the only one inside it.
    pub(in crate::check) app: Project,
    pub(in crate::check) given: &'a DeployOptions,
    /// What a builder made of it.
    pub(in crate::check) planned: &'a Planned,
    config: OnceCell<Option<Keyed>>,
    railway: OnceCell<Option<Keyed>>,
    pyproject: OnceCell<Option<Keyed>>,
    requirements: OnceCell<Requirements>,
    script_lines: OnceCell<Vec<(String, Source)>>,
    supervised_lines: OnceCell<Vec<(String, Source)>>,
}

impl<'a> Inputs<'a> {
    pub(in crate::check) fn new(project: &'a Project, given: &'a DeployOptions, planned: &'a Planned) -> Self {
        let (config, railway, pyproject, requirements, script_lines, supervised_lines) = Default::default();
        let mut inputs = Self {
            project,
            app: project.clone(),
            given,
            planned,
            config,
            railway,
            pyproject,
            requirements,
            script_lines,
            supervised_lines,
        };
        let inner = inputs.derived().filter(|derived| derived.root != project.root());
        if let Some(app) = inner.and_then(|derived| project.enter(&derived.root).ok()) {
            inputs.app = app;
        }
        inputs
    }

    /// What Nixpacks made of it, where that builds it.
    pub(in crate::check) fn nixpacks(&self) -> Option<Result<&'a Derived, &'a PlanError>> {
        match self.planned {
            Planned::Nixpacks(planned) => Some(planned.as_ref()),
            Planned::Railpack(_) => None,
        }
    }

    /// Nixpacks' plan and its reasons, where there is one.
    pub(in crate::check) fn derived(&self) -> Option<&'a Derived> {
        self.nixpacks()?.ok()
    }

    fn railpack(&self) -> Option<&'a RailpackAnswer> {
        match self.planned {
            Planned::Railpack(answer) => Some(answer),
            Planned::Nixpacks(_) => None,
        }
    }

    /// Who builds it.
    pub(in crate::check) fn builder(&self) -> BuilderKind {
        match self.planned {
            Planned::Nixpacks(_) => BuilderKind::Nixpacks,
            Planned::Railpack(_) => BuilderKind::Railpack,
        }
    }

    /// Nixpacks' plan, where there is one with anything in it.
    pub(in crate::check) fn plan(&self) -> Option<&'a Plan> {
        self.derived().map(|derived| &derived.plan).filter(|plan| !plan.is_empty())
    }

    /// A phase of Nixpacks' plan.
    pub(in crate::check) fn phase(&self, name: &str) -> Option<&'a Phase> {
        self.plan()?.phase(name)
    }

    /// Whether our own planner made the plan, and chose the Python provider.
    pub(in crate::check) fn is_python(&self) -> bool {
        match self.planned {
            Planned::Nixpacks(planned) => {
                planned.as_ref().is_ok_and(|derived| derived.providers.iter().any(|name| name == "python"))
            }
            Planned::Railpack(answer) => answer.planned.provider == Some("python") && answer.planned.plan.is_some(),
        }
    }

    /// The choices about one value of the plan, in its order, by the builder's own name for it.
    pub(in crate::check) fn choices(&self, what: &'a str) -> impl Iterator<Item = &'a Choice> + use<'a> {
        let choices = match self.planned {
            Planned::Nixpacks(planned) => planned.as_ref().ok().map(|derived| &derived.choices),
            Planned::Railpack(answer) => Some(&answer.planned.choices),
        };
        choices.into_iter().flatten().filter(move |choice| choice.what == what)
    }

    fn choices_of(&self, nixpacks: &'static str, railpack: &'static str) -> impl Iterator<Item = &'a Choice> + use<'a> {
        self.choices(match self.builder() {
            BuilderKind::Nixpacks => nixpacks,
            BuilderKind::Railpack => railpack,
        })
    }

    /// What chose the start command; the last one counts.
    pub(in crate::check) fn start_choices(&self) -> impl Iterator<Item = &'a Choice> + use<'a> {
        self.choices(self.builder().start_choice())
    }

    /// What chose the commands that install.
    pub(in crate::check) fn install_choices(&self) -> impl Iterator<Item = &'a Choice> + use<'a> {
        self.choices_of("phases.install.cmds", "steps.install.commands")
    }

    /// What chose the commands that build.
    pub(in crate::check) fn build_choices(&self) -> impl Iterator<Item = &'a Choice> + use<'a> {
        self.choices_of("phases.build.cmds", "steps.build.commands")
    }

    /// Every command of the build.
    pub(in crate::check) fn commands(&self) -> Vec<&'a str> {
        match self.planned {
            Planned::Nixpacks(_) => {
                let phases = self.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
                phases.flat_map(|(_, phase)| phase.cmds.iter()).map(String::as_str).collect()
            }
            Planned::Railpack(answer) => answer.commands().map(|(_, command)| command).collect(),
        }
    }

    /// Whether nothing says what is to be built.
    pub(in crate::check) fn plans_nothing(&self) -> bool {
        match self.planned {
            Planned::Nixpacks(planned) => planned.as_ref().is_ok_and(Derived::is_empty),
            Planned::Railpack(answer) => {
                answer.planned.provider.is_none()
                    && answer.planned.fault().is_some_and(|fault| fault.starts_with("Railpack could not determine"))
            }
        }
    }

    /// Whether there is a plan, and nothing says how the app starts.
    pub(in crate::check) fn lacks_start(&self) -> bool {
        match self.planned {
            Planned::Nixpacks(planned) => planned.as_ref().is_ok_and(Derived::no_start_command),
            Planned::Railpack(answer) => match &answer.planned.plan {
                Some(plan) => plan.deploy.start_command.is_empty(),
                None => answer.planned.fault().is_some_and(|fault| fault.starts_with("No start command")),
            },
        }
    }

    /// How the platform deploys.
    pub(in crate::check) fn deploy(&self) -> Option<&'a Deploy> {
        match self.planned {
            Planned::Nixpacks(planned) => planned.as_ref().ok().map(|derived| &derived.deploy),
            Planned::Railpack(answer) => Some(&answer.deploy),
        }
    }

    /// A variable of the build or of the app, as far as project, builder and caller set it.
    pub(in crate::check) fn variable(&self, name: &str) -> Option<&'a str> {
        match self.planned {
            Planned::Nixpacks(_) => self.plan()?.variables.as_ref()?.get(name).map(String::as_str),
            Planned::Railpack(answer) => answer.variable(name),
        }
    }

    /// Where a variable is set.
    pub(in crate::check) fn variable_source(&self, name: &str) -> Option<Source> {
        match self.planned {
            Planned::Nixpacks(planned) => {
                let what = format!("variables.{name}");
                let choices = planned.as_ref().ok()?.choices.iter();
                choices.filter(|choice| choice.what == what).map(|choice| choice.because.clone()).next()
            }
            Planned::Railpack(answer) if answer.variables.contains_key(name) => Some(Source::Variable(name.to_owned())),
            Planned::Railpack(answer) => {
                let what = format!("deploy.variables.{name}");
                answer.planned.choices.iter().find(|choice| choice.what == what).map(|choice| choice.because.clone())
            }
        }
    }

    /// The release of Python that mise installs.
    pub(in crate::check) fn mise_python(&self) -> Option<&'a str> {
        let planned = &self.railpack()?.planned;
        let of_file = planned.overruling_python().map(|file| file.value.as_str());
        of_file.or_else(|| Some(&planned.packages.iter().find(|package| package.name == "python")?.version))
    }

    /// The builder's own configuration file.
    pub(in crate::check) fn config(&self) -> Option<&Keyed> {
        let read = || match self.planned {
            Planned::Nixpacks(_) => {
                let derived = self.derived();
                let named = derived.and_then(|derived| derived.config.clone());
                let named = named.or_else(|| Some(derived?.deploy.nixpacks_config.as_ref()?.value.clone()));
                let named = named.or_else(|| self.variable("NIXPACKS_CONFIG_FILE").map(PathBuf::from));
                let names = named.into_iter().chain(self.builder().config_files().iter().map(PathBuf::from));
                names.into_iter().find(|name| self.app.has_file(name)).and_then(|name| Keyed::read(&self.app, &name))
            }
            Planned::Railpack(_) => Keyed::read(&self.app, Path::new(self.builder().config_file())),
        };
        self.config.get_or_init(read).as_ref()
    }

    /// Railway's configuration file, where it counts.
    pub(in crate::check) fn railway(&self) -> Option<&Keyed> {
        let read = || {
            let (home, name) = railway::file(self.project)?;
            Keyed::read(&home, Path::new(name))
        };
        let counts = self.given.reads_railway();
        counts.then(|| self.railway.get_or_init(read).as_ref()).flatten()
    }

    /// Railway's configuration file, where Railway no longer reads it.
    pub(in crate::check) fn unread_railway(&self) -> Option<PathBuf> {
        let is_unread = self.given.railway_ended && self.given.platform.reads_railway();
        let (home, name) = is_unread.then(|| railway::file(self.project)).flatten()?;
        Some(home.place(name))
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

    /// The commands of the shell script that the start command runs, a line each; empty where it runs none.
    pub(in crate::check) fn script_lines(&self) -> &[(String, Source)] {
        self.script_lines.get_or_init(|| {
            let start = self.start_choices().last();
            start.map(|start| super::shell_script::lines(&self.app, &start.value)).unwrap_or_default()
        })
    }

    /// The commands that a supervisord is told to start, by the start command or by that script.
    pub(in crate::check) fn supervised_lines(&self) -> &[(String, Source)] {
        self.supervised_lines.get_or_init(|| {
            let start = self.start_choices().last().map(|start| start.value.as_str());
            let scripted = self.script_lines().iter().map(|(command, _)| command.as_str());
            start.into_iter().chain(scripted).flat_map(|command| super::supervised::lines(&self.app, command)).collect()
        })
    }

    /// The whole text of that script.
    pub(in crate::check) fn script_text(&self) -> String {
        match self.script_lines().first() {
            Some((_, Source::File { path, .. })) => self.project.read_text(path).unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// How dependencies are installed, in Nixpacks' words; `none` where nothing is.
    pub(in crate::check) fn manager(&self) -> Option<&'a str> {
        match self.planned {
            Planned::Nixpacks(_) => self.choices("package manager").map(|choice| choice.value.as_str()).next(),
            Planned::Railpack(answer) => self.is_python().then(|| answer.manager())?,
        }
    }

    /// The configuration file that an edit goes to, made where there is none.
    pub(in crate::check) fn config_path(&self) -> PathBuf {
        self.config().map_or_else(|| self.app.place(self.builder().config_file()), |file| file.path.clone())
    }

    /// Makes `command` the start command in the builder's own configuration.
    pub(in crate::check) fn start_with(&self, command: &str) -> Edit {
        set_key(&self.config_path(), self.builder().start_key(), command)
    }

    /// Whether some phase's packages or libraries have this name, whichever output of it, or another one that comes to the same.
    pub(in crate::check) fn plans(&self, package: &str) -> bool {
        let stem = |name: &str| {
            name.split('.').next().unwrap_or_default().split('_').next().unwrap_or_default().to_lowercase()
        };
        let same = nix_packages::package(package).map_or(&[][..], |row| row.attributes);
        let is_it = |name: &str| stem(name) == stem(package) || same.contains(&name);
        match self.planned {
            Planned::Nixpacks(_) => {
                let phases = self.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
                let lists = phases.flat_map(|(_, phase)| [&phase.nix_pkgs, &phase.nix_libs, &phase.apt_pkgs]);
                lists.flat_map(|list| list.iter()).any(|name| is_it(name))
            }
            Planned::Railpack(_) => {
                let lists = ["packages:apt:runtime.packages", "packages:apt:build.packages"];
                lists.into_iter().flat_map(|list| self.choices(list)).any(|choice| is_it(&choice.value))
            }
        }
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
        match self.planned {
            Planned::Nixpacks(_) => {
                let phases = self.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
                phases
                    .filter(|(name, _)| !["setup", "install", "release"].contains(&name.as_str()))
                    .any(|(_, phase)| !phase.cmds.is_empty())
            }
            // uv's second synchronisation makes no files of the project's.
            Planned::Railpack(answer) => {
                answer.commands().any(|(step, command)| step != "install" && !command.starts_with("uv sync"))
            }
        }
    }
}
