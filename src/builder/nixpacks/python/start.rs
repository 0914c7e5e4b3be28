//! How the app starts.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::builder::nixpacks::draft::DraftStart;
use crate::project::KeyLines;

use super::ANY_PYTHON;
use super::view::View;
use crate::builder::nixpacks::error::PlanError;
use crate::builder::nixpacks::providers::find_text;
use crate::builder::regex;

static WSGI: LazyLock<Regex> = LazyLock::new(|| regex(r#"WSGI_APPLICATION = ["|'](.*).application["|']"#));
const NO_WSGI: &str = "Failed to find your WSGI_APPLICATION django setting. Add this to continue.";

/// Nixpacks gives up on a file of which any of these has another type.
#[derive(Deserialize)]
struct Pyproject {
    project: Option<Declared>,
}

#[derive(Deserialize)]
struct Declared {
    name: Option<String>,
    packages: Option<Vec<String>>,
    py_modules: Option<Vec<String>>,
    #[serde(rename = "entry_points")]
    _entry_points: Option<HashMap<String, String>>,
}

impl View<'_> {
    pub(super) fn start(&self) -> Result<Option<DraftStart>, PlanError> {
        if let Some(django) = self.django() {
            let found =
                find_text(self.project, ANY_PYTHON, &WSGI)?.and_then(|found| Some((found.group?, found.source)));
            let (app, source) = found.ok_or_else(|| PlanError::refused(NO_WSGI, django))?;
            return Ok(Some(DraftStart::with_cmd(format!("python manage.py migrate && gunicorn {app}"), source)));
        }
        if self.project.has_file("main.py") {
            return Ok(Some(DraftStart::with_cmd("python main.py", self.project.file("main.py"))));
        }
        Ok(self.module())
    }

    /// The module that `pyproject.toml` names; a file that cannot be read names none.
    fn module(&self) -> Option<DraftStart> {
        let name = "pyproject.toml";
        if !self.project.has_file(name) {
            return None;
        }
        let text = self.project.read_text(name).ok()?;
        let project = toml::from_str::<Pyproject>(&text).ok()?.project?;
        let first = |names: Option<Vec<String>>| names.and_then(|names| names.into_iter().next());
        let (key, module) = first(project.packages)
            .map(|module| ("packages", module))
            .or_else(|| first(project.py_modules).map(|module| ("py_modules", module)))
            .or_else(|| project.name.map(|module| ("name", module)))?;
        let line = KeyLines::toml(&text).line(&["project", key]);
        Some(DraftStart::with_cmd(format!("python -m {module}"), self.project.line(name, line)))
    }
}
