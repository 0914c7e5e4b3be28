//! The words a diagnosis is made of.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::project::Source;

/// A named cause, what shows it, and what cures it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// The rule's id, kebab-case and stable.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The cause in one sentence, naming the specific thing (package, file, variable).
    pub message: String,
    /// The specific thing alone (`libGL.so.1`, `flask`, `DATABASE_URL`), where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Where it shows, most telling first.
    pub evidence: Vec<Evidence>,
    /// How sure the rule is.
    pub certainty: Certainty,
    /// What to do in words, where no edit can do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Edits that should cure it, best first.
    pub fixes: Vec<Fix>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Likely to hurt.
    Warning,
    /// The deploy fails.
    Error,
}

/// How sure a rule is of its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Fits what is seen, as other causes might.
    Likely,
    /// Said by the failing program itself.
    Certain,
}

/// A place and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// Where.
    pub source: Source,
    /// The line itself, secrets masked; empty when the place speaks for itself.
    pub text: String,
}

/// Edits that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fix {
    /// What it does, in the imperative: "delete [phases.install]".
    pub summary: String,
    /// In order.
    pub edits: Vec<Edit>,
}

/// A change of one file, described so that comments, order and line ends survive it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "edit", rename_all = "kebab-case")]
pub enum Edit {
    /// Remove a key or table of a TOML or JSON file; a table left empty goes with it.
    RemoveKey {
        /// Relative to the project.
        path: PathBuf,
        /// The key, outermost first.
        key: Vec<String>,
    },
    /// Set a key of a TOML or JSON file, making the tables on the way.
    SetKey {
        /// Relative to the project.
        path: PathBuf,
        /// The key, outermost first.
        key: Vec<String>,
        /// The value as JSON.
        value: serde_json::Value,
    },
    /// Remove items of an array of a TOML or JSON file.
    RemoveItem {
        /// Relative to the project.
        path: PathBuf,
        /// The array's key, outermost first.
        key: Vec<String>,
        /// The item, verbatim.
        item: String,
    },
    /// Insert an item into an array of a TOML or JSON file, unless it is there already.
    AddItem {
        /// Relative to the project.
        path: PathBuf,
        /// The array's key, outermost first.
        key: Vec<String>,
        /// The item.
        item: String,
        /// Whether it goes to the front (as `"..."` does).
        first: bool,
    },
    /// Replace a line.
    ReplaceLine {
        /// Relative to the project.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What must stand there now, so that a changed file is refused.
        was: String,
        /// Without line end.
        text: String,
    },
    /// Remove a line.
    RemoveLine {
        /// Relative to the project.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What must stand there now.
        was: String,
    },
    /// Add a line at the end, unless it is there already.
    AppendLine {
        /// Relative to the project; made when missing.
        path: PathBuf,
        /// Without line end.
        text: String,
    },
    /// Write a whole file, for changes of encoding.
    WriteFile {
        /// Relative to the project.
        path: PathBuf,
        /// The new content.
        text: String,
    },
    /// Remove a file.
    RemoveFile {
        /// Relative to the project.
        path: PathBuf,
    },
}

impl Edit {
    /// The file that the edit changes, relative to the project.
    pub fn path(&self) -> &PathBuf {
        match self {
            Self::RemoveKey { path, .. }
            | Self::SetKey { path, .. }
            | Self::RemoveItem { path, .. }
            | Self::AddItem { path, .. }
            | Self::ReplaceLine { path, .. }
            | Self::RemoveLine { path, .. }
            | Self::AppendLine { path, .. }
            | Self::WriteFile { path, .. }
            | Self::RemoveFile { path } => path,
        }
    }
}
