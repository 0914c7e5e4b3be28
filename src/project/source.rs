//! Where a fact comes from: one type behind the planner's choices, a diagnosis' evidence and a fix's edits.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// A place something was read. Paths are relative to the project; lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A file of the project; `line` is absent when the whole file (or its absence) is meant.
    File {
        /// Relative to the project's root.
        path: PathBuf,
        /// Counted from 1.
        line: Option<usize>,
    },
    /// A line of a log: a phase's output, or a log file given by the user.
    Log {
        /// The phase that printed it, where known.
        phase: Option<String>,
        /// Counted from 1 within that phase or file.
        line: usize,
    },
    /// An environment variable, by name.
    Variable(String),
    /// A command line option, for example `--start-cmd`.
    Flag(String),
    /// A default or rule of the builder, in words.
    Default(&'static str),
}

impl Source {
    /// A whole file of the project.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File { path: path.into(), line: None }
    }

    /// A line of a file of the project, counted from 1.
    pub fn line(path: impl Into<PathBuf>, line: usize) -> Self {
        Self::File { path: path.into(), line: Some(line) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: Some(line) } => write!(f, "{}:{line}", path.display()),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::Log { phase: Some(phase), line } => write!(f, "{phase} log:{line}"),
            Self::Log { phase: None, line } => write!(f, "log:{line}"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Flag(name) => f.write_str(name),
            Self::Default(what) => f.write_str(what),
        }
    }
}

/// `{"kind":"file","path":"requirements.txt","line":3}`: flat, so that a reader needs no knowledge of Rust's enums.
impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::File { path, line } => {
                map.serialize_entry("kind", "file")?;
                map.serialize_entry("path", &path.to_string_lossy())?;
                if let Some(line) = line {
                    map.serialize_entry("line", line)?;
                }
            }
            Self::Log { phase, line } => {
                map.serialize_entry("kind", "log")?;
                if let Some(phase) = phase {
                    map.serialize_entry("phase", phase)?;
                }
                map.serialize_entry("line", line)?;
            }
            Self::Variable(name) => {
                map.serialize_entry("kind", "variable")?;
                map.serialize_entry("name", name)?;
            }
            Self::Flag(name) => {
                map.serialize_entry("kind", "flag")?;
                map.serialize_entry("name", name)?;
            }
            Self::Default(what) => {
                map.serialize_entry("kind", "default")?;
                map.serialize_entry("what", what)?;
            }
        }
        map.end()
    }
}

impl JsonSchema for Source {
    fn schema_name() -> Cow<'static, str> {
        "Source".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A place something was read.",
            "type": "object",
            "required": ["kind"],
            "properties": {
                "kind": { "enum": ["file", "log", "variable", "flag", "default"] },
                "path": { "type": "string", "description": "of a file, relative to the project" },
                "line": { "type": "integer", "minimum": 1, "description": "of a file or a log" },
                "phase": { "type": "string", "description": "of a log, where known" },
                "name": { "type": "string", "description": "of a variable or a flag" },
                "what": { "type": "string", "description": "of a default: the builder's rule, in words" }
            },
            "additionalProperties": false
        })
    }
}
