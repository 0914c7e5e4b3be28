//! The Python provider.

mod dependencies;
mod install;
mod start;

pub(crate) use install::COPIED;

use crate::builder::regex;
use crate::project::Source;

use super::app::App;
use super::decode::Placed;
use super::draft::{Draft, MISE_STEP, StepDraft};
use super::environment::Environment;
use super::messages::Log;
use super::mise;
use super::plan::Layer;
use super::version::Rules;
use super::versions::{Table, first_release};

const DEFAULT_VERSION: &str = "3.13";
const VENV: &str = "/app/.venv";
const VENV_BIN: &str = "/app/.venv/bin";
const BROWSERS: &str = "/root/.cache/ms-playwright";
pub(super) const RULE: Source = Source::Default("every Python project");

/// Any of these makes a project Python, and the first of them starts it where nothing else does.
const MAIN_FILES: [&str; 6] = ["main.py", "app.py", "start.py", "bot.py", "hello.py", "server.py"];

pub(super) const VARIABLES: [(&str, &str); 6] = [
    ("PYTHONFAULTHANDLER", "1"),
    ("PYTHONUNBUFFERED", "1"),
    ("PYTHONHASHSEED", "random"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("PIP_DEFAULT_TIMEOUT", "100"),
];

pub(super) const HELP: &str = "To start your Python application, Railpack will automatically:\n\n\
1. Start FastHTML projects with uvicorn\n\
2. Start FastAPI projects with uvicorn\n\
3. Start Flask projects with gunicorn\n\
4. Start Django projects with the gunicorn production server\n\n\
Otherwise, it will run the main.py or app.py file in your project root";

/// A project as the provider sees it.
pub(super) struct Provider<'a> {
    pub(super) app: &'a App<'a>,
    pub(super) env: &'a Environment,
    pub(super) rules: Rules,
}

impl Provider<'_> {
    pub(super) fn detects(&self) -> bool {
        let manifests = ["requirements.txt", "pyproject.toml", "Pipfile"];
        self.main_file().is_some() || manifests.iter().any(|name| self.app.has(name))
    }

    fn main_file(&self) -> Option<&'static str> {
        let known = |name: &&&str| self.rules > Rules::V0_15 || **name != "start.py";
        MAIN_FILES.iter().filter(known).find(|name| self.app.has(name)).copied()
    }

    /// `local` is the project as the steps get it.
    pub(super) fn plan(&self, draft: &mut Draft, local: &Layer, mise_files: &[String], table: &Table, log: &mut Log) {
        self.tools(draft, table, log);
        self.build_packages(draft, log);
        let mut install = StepDraft { name: "install".to_owned(), ..StepDraft::default() };
        install.inputs.push(Placed { value: Layer::of_step(MISE_STEP), source: RULE });
        install.secrets = self.install_secrets();
        let mut build = StepDraft::new("build", &RULE);
        let mut outputs = self.install(draft, local, &mut install, &mut build, log);
        self.playwright(&mut install, &mut outputs, log);
        build.inputs.push(Placed { value: Layer::of_step("install"), source: RULE });
        build.inputs.push(Placed { value: local.clone(), source: RULE });
        draft.steps.extend([install, build]);
        draft.deploy.start = self.start(log);
        let variables =
            VARIABLES.map(|(name, value)| (name.to_owned(), Placed { value: value.to_owned(), source: RULE }));
        draft.deploy.variables.extend(variables);
        self.runtime_packages(draft, log);
        let mise = if draft.mise_has_work(mise_files) { super::generate::mise_layer() } else { Layer::default() };
        let venv = Layer::of_paths("build", outputs, Vec::new());
        let rest = Layer::of_paths("build", vec![".".to_owned()], vec![".venv".to_owned()]);
        draft.deploy.inputs.extend([mise, venv, rest].map(|value| Placed { value, source: RULE }));
    }

    /// Variables that the tools of the install step read. One whose name has two of the beginnings is there twice.
    fn install_secrets(&self) -> Vec<Placed<String>> {
        let beginnings = ["PYTHON", "PIP", "PIPX", "UV", "PDM", "POETRY"];
        let named = |beginning: &'static str| self.env.names().filter(move |name| name.starts_with(beginning));
        let placed = |name: &str| Placed { value: name.to_owned(), source: Source::Variable(name.to_owned()) };
        beginnings.into_iter().flat_map(named).map(placed).collect()
    }

    fn tools(&self, draft: &mut Draft, table: &Table, log: &mut Log) {
        let app = self.app;
        let is_old = self.rules < Rules::V0_37;
        draft.tool("python", DEFAULT_VERSION, Source::Default("Railpack's default"));
        if is_old {
            self.version_from_variable(draft);
        }
        if let Some((version, key, because)) = self.pipfile_version() {
            draft.version("python", &version, &format!("Pipfile > {key}"), because);
        }
        if let Some(text) = app.text("runtime.txt") {
            let version = first_release(&text);
            let line = text.lines().position(|line| !version.is_empty() && line.contains(version));
            draft.version("python", version, "runtime.txt", app.line("runtime.txt", line.map(|index| index + 1)));
        }
        let mut names = vec!["python"];
        let file = |name: &str| app.project.file(name);
        let has = |name: &str| app.has(name);
        let (poetry, pdm, pipfile) = (has("poetry.lock"), has("pdm.lock"), has("Pipfile"));
        if pdm || pipfile || is_old && poetry {
            let because = if pdm {
                "pdm.lock"
            } else if pipfile {
                "Pipfile"
            } else {
                "poetry.lock"
            };
            draft.tool("pipx", "latest", file(because));
            names.push("pipx");
            draft.uvx = true;
            if !is_old {
                draft.tool("uv", "latest", file(because));
                names.push("uv");
            }
        }
        let poetry_tool = if is_old { "pipx:poetry" } else { "poetry" };
        for (holds, tool, lock) in [
            (poetry, poetry_tool, "poetry.lock"),
            (pdm, "pipx:pdm", "pdm.lock"),
            (has("uv.lock"), "uv", "uv.lock"),
            (pipfile, "pipx:pipenv", "Pipfile"),
        ] {
            if holds {
                draft.tool(tool, "latest", file(lock));
                names.push(tool);
            }
        }
        draft.tools_from_files(&names, &mise::asked(app), table, log);
        if !is_old {
            self.version_from_variable(draft);
        }
        draft.no_compile = true;
    }

    fn version_from_variable(&self, draft: &mut Draft) {
        if let Some((version, variable)) = self.env.config("PYTHON_VERSION") {
            draft.version("python", version, &variable, Source::Variable(variable.clone()));
        }
    }

    fn pipfile_version(&self) -> Option<(String, &'static str, Source)> {
        let text = self.app.text("Pipfile")?;
        ["python_full_version", "python_version"]
            .into_iter()
            .find_map(|key| {
                let found = regex(&format!(r#"{key}\s*=\s*['"]([0-9.]*)"?"#)).captures(&text)?;
                let line = crate::project::line_at(&text, found.get(0)?.start());
                let version = found[1].to_owned();
                Some((version, key, self.app.line("Pipfile", Some(line))))
            })
            .filter(|(version, ..)| !version.is_empty())
    }
}
