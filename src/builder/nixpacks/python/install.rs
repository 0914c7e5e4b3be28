//! How dependencies are installed.

use crate::builder::nixpacks::draft::{Draft, Key, TracedList};
use crate::project::Source;

use super::VENV;
use super::view::View;
use crate::plan::Warning;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manager {
    Requirements,
    Setuptools,
    Poetry,
    Pdm,
    Uv,
    Pipenv,
}

use Manager::{Pdm, Pipenv, Poetry, Requirements, Setuptools, Uv};

/// The first whose files are all there is taken.
const BY_FILES: [(&[&str], Manager); 6] = [
    (&["requirements.txt"], Requirements),
    (&["pyproject.toml", "poetry.lock"], Poetry),
    (&["pyproject.toml", "pdm.lock"], Pdm),
    (&["pyproject.toml", "uv.lock"], Uv),
    (&["pyproject.toml"], Setuptools),
    (&["Pipfile"], Pipenv),
];

const PIP_CACHE: &str = "/root/.cache/pip";

impl Manager {
    fn name(self) -> &'static str {
        match self {
            Requirements => "requirements",
            Setuptools => "setuptools",
            Poetry => "poetry",
            Pdm => "pdm",
            Uv => "uv",
            Pipenv => "pipenv",
        }
    }

    /// What runs inside the venv.
    fn command(self, locked: bool) -> &'static str {
        match self {
            Requirements => "pip install -r requirements.txt",
            Setuptools => "pip install --upgrade build setuptools && pip install .",
            Poetry => {
                "pip install poetry==$NIXPACKS_POETRY_VERSION && poetry install --no-dev --no-interaction --no-ansi"
            }
            Pdm => "pip install pdm==$NIXPACKS_PDM_VERSION && pdm install --prod",
            Uv => "pip install uv==$NIXPACKS_UV_VERSION && uv sync --no-dev --frozen",
            Pipenv if locked => "PIPENV_VENV_IN_PROJECT=1 pipenv install --deploy",
            Pipenv => "PIPENV_VENV_IN_PROJECT=1 pipenv install --skip-lock",
        }
    }

    fn caches(self) -> &'static [&'static str] {
        match self {
            Pdm => &["/root/.cache/pdm", PIP_CACHE],
            Uv => &["/root/.cache/uv"],
            Requirements | Setuptools | Poetry | Pipenv => &[PIP_CACHE],
        }
    }
}

impl View<'_> {
    pub(super) fn install(&mut self, plan: &mut Draft) {
        let (manager, source) = self.manager();
        self.choose("package manager", manager.map_or("none", Manager::name), source.clone());
        let phase = plan.phase("install");
        phase.set(Key::DependsOn, TracedList::of(&Source::Default("the usual order of phases"), ["setup"]));
        let Some(manager) = manager else { return };
        let command = manager.command(self.project.has_file("Pipfile.lock"));
        let command = format!("python -m venv --copies {VENV} && . {VENV}/bin/activate && {command}");
        phase.set(Key::Cmds, TracedList::of(&source, [command]));
        phase.set(Key::Paths, TracedList::of(&source, [format!("{VENV}/bin")]));
        phase.set(Key::CacheDirectories, TracedList::of(&source, manager.caches().iter().copied()));
        if manager == Setuptools {
            phase.set(Key::OnlyIncludeFiles, TracedList::of(&source, ["pyproject.toml"]));
        }
    }

    fn manager(&mut self) -> (Option<Manager>, Source) {
        if let Some(asked) = self.vars.config("PYTHON_PACKAGE_MANAGER") {
            let name = asked.text.to_lowercase();
            let known = BY_FILES.iter().map(|(_, manager)| *manager).find(|manager| manager.name() == name);
            match name.as_str() {
                _ if known.is_some() => return (known, asked.source),
                "skip" => return (None, asked.source),
                "auto" => {}
                _ => self.warnings.push(Warning {
                    message: format!("Warning: Unknown package manager '{}'. Using auto-detection.", asked.text),
                    source: asked.source,
                }),
            }
        }
        let present = |files: &&[&str]| files.iter().all(|name| self.project.has_file(name));
        match BY_FILES.iter().find(|(files, _)| present(files)) {
            Some((files, manager)) => (Some(*manager), self.project.file(files[files.len() - 1])),
            None => (None, Source::Default("no file names dependencies")),
        }
    }
}
