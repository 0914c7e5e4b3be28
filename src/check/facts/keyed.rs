//! A TOML or JSON file, with the line of each key.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::builder::railpack;
use crate::project::hujson;
use crate::project::{KeyLines, Project, Source};

/// A TOML or JSON file that parses.
pub(in crate::check) struct Keyed {
    /// As it is shown, and as edits name it.
    pub(in crate::check) path: PathBuf,
    pub(in crate::check) text: String,
    pub(in crate::check) value: Value,
    lines: KeyLines,
}

impl Keyed {
    /// `None` when it is absent or does not parse: the planner speaks of that.
    pub(in crate::check) fn read(project: &Project, name: &Path) -> Option<Self> {
        let text = project.has_file(name).then(|| project.read_text(name).ok())??;
        let (value, lines) = match name.extension()?.to_str()? {
            "toml" => (toml_edit::de::from_str(&text).ok()?, KeyLines::toml(&text)),
            "json" if name.ends_with(railpack::CONFIG_FILE) => {
                let plain = hujson::Document::plain(&text).ok()?;
                (serde_json::from_str(&plain).ok()?, KeyLines::json(&plain))
            }
            "json" => (serde_json::from_str(&text).ok()?, KeyLines::json(&text)),
            _ => return None,
        };
        Some(Self { path: project.place(name), text, value, lines })
    }

    pub(in crate::check) fn get(&self, key: &[&str]) -> Option<&Value> {
        key.iter().try_fold(&self.value, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
    }

    pub(in crate::check) fn str(&self, key: &[&str]) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// The members of a table, sorted as in the file; none where it is not one.
    pub(in crate::check) fn members(&self, key: &[&str]) -> impl Iterator<Item = (&String, &Value)> {
        self.get(key).and_then(Value::as_object).into_iter().flatten()
    }

    pub(in crate::check) fn source(&self, key: &[&str]) -> Source {
        Source::File { path: self.path.clone(), line: self.lines.line(key) }
    }

    /// The line that a key stands in.
    pub(in crate::check) fn line(&self, key: &[&str]) -> &str {
        let line = self.lines.line(key).and_then(|line| self.text.lines().nth(line.saturating_sub(1)));
        line.unwrap_or_default()
    }
}

/// The strings of a list.
pub(in crate::check) fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
