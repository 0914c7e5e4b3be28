//! The console scripts that a project would bring if it were installed.

use std::path::Path;

use serde_json::Value;

use crate::project::Project;

/// A console script of the project.
pub(crate) struct Script {
    pub(crate) name: String,
    /// `module:function`.
    pub(crate) target: String,
    pub(crate) file: &'static str,
    pub(crate) line: Option<usize>,
}

impl Script {
    /// A command that does the same where the project is not installed: a module that Python can run, else the function itself.
    pub(crate) fn command(&self, app: &Project) -> String {
        let (module, function) = self.target.split_once(':').unwrap_or((&self.target, "main"));
        let place = Path::new(&module.replace('.', "/")).to_owned();
        let text = app.read_text(place.with_extension("py")).unwrap_or_default();
        if text.contains("__name__ ==") || app.has_file(place.join("__main__.py")) {
            return format!("python -m {module}");
        }
        let (head, _) = function.split_once('.').unwrap_or((function, ""));
        format!("python -c 'from {module} import {head}; {function}()'")
    }
}

/// The project's own console script of this name, as pyproject.toml, setup.cfg or setup.py declares it.
pub(crate) fn own(app: &Project, name: &str) -> Option<Script> {
    let found = |target: String, file: &'static str, text: &str| Script {
        name: name.to_owned(),
        target: target.trim().to_owned(),
        file,
        line: text.lines().position(|line| line.contains(name) && line.contains(target.trim())).map(|line| line + 1),
    };
    if let Some(text) = read(app, "pyproject.toml") {
        let value: Value = toml_edit::de::from_str(&text).unwrap_or_default();
        for table in ["/project/scripts", "/project/gui-scripts", "/tool/poetry/scripts"] {
            if let Some(target) = value.pointer(table).and_then(|table| table.get(name)).and_then(Value::as_str) {
                return Some(found(target.to_owned(), "pyproject.toml", &text));
            }
        }
    }
    for file in ["setup.cfg", "setup.py"] {
        let Some(text) = read(app, file).filter(|text| text.contains("console_scripts")) else { continue };
        let target = text.lines().find_map(|line| {
            let (key, value) = line.trim().trim_matches(['"', '\'', ',', '[', ']', ' ']).split_once('=')?;
            let key = key.rsplit(['"', '\'', '[']).next()?.trim();
            (key == name && value.contains(':')).then(|| value.trim_matches(['"', '\'', ',', ']', '}', ' ']).to_owned())
        });
        if let Some(target) = target {
            return Some(found(target, file, &text));
        }
    }
    None
}

fn read(app: &Project, name: &str) -> Option<String> {
    app.has_file(name).then(|| app.read_text(name).ok())?
}
