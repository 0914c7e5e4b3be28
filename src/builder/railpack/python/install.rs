//! How the packages are installed: by the first of pip, uv, Poetry, PDM and Pipenv whose files are there.

use toml_edit::{Document, Item};

use crate::project::Source;

use super::super::decode::Placed;
use super::super::draft::{Draft, StepDraft};
use super::super::messages::Log;
use super::super::plan::{Cache, Command, Layer};
use super::{Provider, VARIABLES, VENV, VENV_BIN};

const LOCAL_BIN: &str = "/root/.local/bin";
/// The files of the project that the install step is given, where they are there.
pub(crate) const COPIED: [&str; 6] =
    ["requirements.txt", "pyproject.toml", "Pipfile", "poetry.lock", "uv.lock", "pdm.lock"];

impl Provider<'_> {
    /// The paths that the image takes of what was installed: none where nothing is.
    pub(super) fn install(
        &self,
        draft: &mut Draft,
        local: &Layer,
        install: &mut StepDraft,
        build: &mut StepDraft,
        log: &mut Log,
    ) -> Vec<String> {
        let has = |name: &str| self.app.has(name);
        let file = |name: &str| self.app.project.file(name);
        let locked = |lock: &str| has("pyproject.toml") && has(lock);
        if has("requirements.txt") {
            log.info("Using pip");
            self.pip(draft, install, local, &file("requirements.txt"));
        } else if locked("uv.lock") {
            log.info("Using uv");
            let source = file("uv.lock");
            self.uv(draft, install, local, &source);
            build.run(Command::exec("uv sync --locked --no-dev --no-editable"), &source);
        } else if locked("poetry.lock") {
            log.info("Using poetry");
            self.poetry(install, local, &file("poetry.lock"));
        } else if locked("pdm.lock") {
            log.info("Using pdm");
            self.pdm(install, local, &file("pdm.lock"));
        } else if has("Pipfile") {
            log.info("Using pipenv");
            self.pipenv(install, &file("Pipfile"));
        } else {
            return Vec::new();
        }
        vec![VENV.to_owned()]
    }

    fn cache(draft: &mut Draft, install: &mut StepDraft, name: &str, directory: &str, source: &Source) {
        let cache = Cache { directory: directory.to_owned(), kind: "shared".to_owned() };
        draft.caches.insert(name.to_owned(), Placed { value: cache, source: source.clone() });
        install.caches.push(Placed { value: name.to_owned(), source: source.clone() });
    }

    fn pip(&self, draft: &mut Draft, install: &mut StepDraft, local: &Layer, source: &Source) {
        Self::cache(draft, install, "pip", "/opt/pip-cache", source);
        install.set(&VARIABLES, source);
        install.set(&[("PIP_CACHE_DIR", "/opt/pip-cache"), ("VIRTUAL_ENV", VENV)], source);
        install.run(Command::exec(format!("python -m venv {VENV}")), source);
        install.run(Command::Path(VENV_BIN.to_owned()), source);
        self.copy_manifests(install, local);
        install.run(Command::exec("pip install -r requirements.txt"), source);
    }

    fn uv(&self, draft: &mut Draft, install: &mut StepDraft, local: &Layer, source: &Source) {
        Self::cache(draft, install, "uv", "/opt/uv-cache", source);
        let own = [
            ("UV_COMPILE_BYTECODE", "1"),
            ("UV_LINK_MODE", "copy"),
            ("UV_CACHE_DIR", "/opt/uv-cache"),
            ("UV_PYTHON_DOWNLOADS", "never"),
            ("VIRTUAL_ENV", VENV),
        ];
        install.set(&own, source);
        install.set(&VARIABLES, source);
        self.copy_manifests(install, local);
        Self::paths(install, source);
        install.run(Command::exec("uv sync --locked --no-dev --no-install-project"), source);
    }

    fn poetry(&self, install: &mut StepDraft, local: &Layer, source: &Source) {
        install.set(&VARIABLES, source);
        let own = [("VIRTUAL_ENV", VENV), ("POETRY_VIRTUALENVS_PATH", VENV), ("POETRY_VIRTUALENVS_IN_PROJECT", "true")];
        install.set(&own, source);
        self.copy_manifests(install, local);
        Self::paths(install, source);
        install.run(Command::exec("poetry install --no-interaction --no-ansi --only main --no-root"), source);
    }

    fn pdm(&self, install: &mut StepDraft, local: &Layer, source: &Source) {
        install.set(&VARIABLES, source);
        install.set(&[("PDM_CHECK_UPDATE", "false")], source);
        self.copy_manifests(install, local);
        Self::paths(install, source);
        install.run(Command::exec("pdm install --check --prod --no-editable"), source);
    }

    fn pipenv(&self, install: &mut StepDraft, source: &Source) {
        install.set(&VARIABLES, source);
        let own =
            [("PIPENV_CHECK_UPDATE", "false"), ("PIPENV_VENV_IN_PROJECT", "1"), ("PIPENV_IGNORE_VIRTUALENVS", "1")];
        install.set(&own, source);
        Self::paths(install, source);
        install.run(Command::copy("Pipfile"), source);
        if self.app.has("Pipfile.lock") {
            let lock = self.app.project.file("Pipfile.lock");
            install.run(Command::copy("Pipfile.lock"), &lock);
            install.run(Command::exec("pipenv install --deploy --ignore-pipfile"), &lock);
        } else {
            install.run(Command::exec("pipenv install --skip-lock"), source);
        }
    }

    fn paths(install: &mut StepDraft, source: &Source) {
        install.run(Command::Path(LOCAL_BIN.to_owned()), source);
        install.run(Command::Path(VENV_BIN.to_owned()), source);
    }

    /// The manifests of the root, or all files where one of them names a place among them.
    fn copy_manifests(&self, install: &mut StepDraft, local: &Layer) {
        if let Some(source) = self.needs_all_files() {
            install.inputs.push(Placed { value: local.clone(), source });
            return;
        }
        for name in COPIED.iter().filter(|name| self.app.project.has_file(name) && !self.app.is_hidden(name)) {
            install.run(Command::copy(name), &self.app.project.file(name));
        }
    }

    fn needs_all_files(&self) -> Option<Source> {
        let holds = |name: &str, text: &str, needle: &str| {
            let at = text.find(needle)?;
            Some(self.app.line(name, Some(crate::project::line_at(text, at))))
        };
        if let Some(text) = self.app.text("requirements.txt") {
            return holds("requirements.txt", &text, "file://");
        }
        let text = self.app.text("pyproject.toml")?;
        let named = ["file://", "path = "].iter().find_map(|needle| holds("pyproject.toml", &text, needle));
        named.or_else(|| {
            let document = Document::parse(text.as_str()).ok()?;
            let tables = ["tool", "uv"];
            let uv = tables.iter().try_fold(document.as_item(), |item, name| {
                item.get(name).filter(|item| item.as_table_like().is_some())
            })?;
            uv.get("workspace").map(|_: &Item| self.app.project.file("pyproject.toml"))
        })
    }
}
