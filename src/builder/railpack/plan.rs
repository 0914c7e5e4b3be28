//! The plan, in Railpack's own vocabulary.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::gojson;

/// Where the schema of the plan is published.
pub const SCHEMA: &str = "https://schema.railpack.com";

/// What Railpack would build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which they are declared; [`Step::inputs`] says what comes before what.
    pub steps: Vec<Step>,
    /// Caches by name.
    pub caches: BTreeMap<String, Cache>,
    /// The names of the variables that every command of the build sees.
    pub secrets: Vec<String>,
    /// The image that runs.
    pub deploy: Deploy,
    /// Patterns of files that do not reach the build.
    pub exclude: Vec<String>,
}

/// A part of the build with a file system of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// Unique within the plan.
    pub name: String,
    /// The first is the file system it begins with, the others are copied over it.
    pub inputs: Vec<Layer>,
    /// What it does, in order.
    pub commands: Vec<Command>,
    /// The secrets whose change makes it run again; `*` for all.
    pub secrets: Vec<String>,
    /// Texts by name, for [`Command::File`].
    pub assets: BTreeMap<String, String>,
    /// Variables of its commands and of the steps after it.
    pub variables: BTreeMap<String, String>,
    /// The caches that its commands see, by name.
    pub caches: Vec<String>,
}

/// Files of an image, of a step, or of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    /// An image's name; empty when it is none.
    pub image: String,
    /// A step's name; empty when it is none.
    pub step: String,
    /// Whether it is the project.
    pub local: bool,
    /// Whether it stands for the generated list.
    pub spread: bool,
    /// The paths taken; empty for none of them where it is not the first input, for all where it is.
    pub include: Vec<String>,
    /// The paths left out.
    pub exclude: Vec<String>,
}

/// One thing that a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Runs a program; no shell reads the line.
    Exec {
        /// Words, quoted as a shell would quote them.
        cmd: String,
        /// What logs call it; empty for the line itself.
        name: String,
    },
    /// Puts a folder on the path.
    Path(String),
    /// Copies from the project, or from an image.
    Copy {
        /// Empty for the project.
        image: String,
        /// What is copied.
        src: String,
        /// Where it is put.
        dest: String,
    },
    /// Writes an asset to a file.
    File {
        /// The file.
        path: String,
        /// The asset.
        asset: String,
        /// Permissions; 0 for the usual ones.
        mode: u32,
        /// What logs call it.
        name: String,
    },
}

/// A folder kept from one build to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cache {
    /// Where it is mounted.
    pub directory: String,
    /// `shared` or `locked`.
    pub kind: String,
}

/// The image that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deploy {
    /// What it begins with.
    pub base: Layer,
    /// What is copied over it.
    pub inputs: Vec<Layer>,
    /// Run by `bash -c`; empty when nothing says how the app starts.
    pub start_command: String,
    /// Variables of the app.
    pub variables: BTreeMap<String, String>,
    /// Folders put on the path.
    pub paths: Vec<String>,
}

impl Layer {
    /// All of a step.
    pub fn of_step(step: impl Into<String>) -> Self {
        Self { step: step.into(), ..Self::default() }
    }

    /// All of an image.
    pub fn of_image(image: impl Into<String>) -> Self {
        Self { image: image.into(), ..Self::default() }
    }

    /// The project.
    pub fn of_project() -> Self {
        Self { local: true, include: vec![".".to_owned()], ..Self::default() }
    }

    /// These paths of a step.
    pub fn of_paths(step: impl Into<String>, include: Vec<String>, exclude: Vec<String>) -> Self {
        Self { step: step.into(), include, exclude, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.step.is_empty() && self.image.is_empty() && !self.local && !self.spread
    }

    /// As Go prints it: one line, the keys in the order of the structure.
    pub(super) fn line(&self) -> String {
        gojson::compact(&self.value())
    }

    fn value(&self) -> Value {
        let mut map = Map::new();
        text(&mut map, "image", &self.image);
        text(&mut map, "step", &self.step);
        for (name, holds) in [("local", self.local), ("spread", self.spread)] {
            if holds {
                map.insert(name.to_owned(), true.into());
            }
        }
        list(&mut map, "include", &self.include);
        list(&mut map, "exclude", &self.exclude);
        Value::Object(map)
    }
}

impl Command {
    /// A line that is run as words.
    pub fn exec(cmd: impl Into<String>) -> Self {
        Self::Exec { cmd: cmd.into(), name: String::new() }
    }

    /// A line for the shell, put between quotes as it is: one of its own ends the text there.
    pub fn shell(line: &str, name: &str) -> Self {
        Self::Exec { cmd: format!("sh -c '{line}'"), name: name.to_owned() }
    }

    /// A file of the project, kept under its name.
    pub fn copy(path: &str) -> Self {
        Self::Copy { image: String::new(), src: path.to_owned(), dest: path.to_owned() }
    }

    /// The line that is run, without the shell that a string is given to; none for what runs nothing.
    pub fn line(&self) -> Option<&str> {
        match self {
            Self::Exec { cmd, name } if *cmd == format!("sh -c '{name}'") => Some(name),
            Self::Exec { cmd, .. } => Some(cmd),
            Self::Path(_) | Self::Copy { .. } | Self::File { .. } => None,
        }
    }

    /// What stands for the generated list.
    pub(super) fn is_spread(&self) -> bool {
        matches!(self, Self::Exec { cmd, .. } if cmd == "..." || cmd == "sh -c '...'")
    }

    /// In words, for a reader.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Exec { cmd, name } => if name.is_empty() { cmd } else { name }.clone(),
            Self::Path(path) => format!("PATH {path}"),
            Self::Copy { image, src, dest } if image.is_empty() => format!("copy {src} to {dest}"),
            Self::Copy { image, src, dest } => format!("copy {src} of {image} to {dest}"),
            Self::File { path, .. } => format!("write {path}"),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Exec { cmd, name } => {
                let mut map = Map::from_iter([("cmd".to_owned(), cmd.clone().into())]);
                text(&mut map, "customName", name);
                Value::Object(map)
            }
            Self::Path(path) => json!({ "path": path }),
            Self::Copy { image, src, dest } => {
                let mut map = Map::new();
                text(&mut map, "image", image);
                map.insert("src".to_owned(), src.clone().into());
                map.insert("dest".to_owned(), dest.clone().into());
                Value::Object(map)
            }
            Self::File { path, asset, mode, name } => {
                let mut map = Map::from_iter([
                    ("path".to_owned(), path.clone().into()),
                    ("name".to_owned(), asset.clone().into()),
                ]);
                if *mode != 0 {
                    map.insert("mode".to_owned(), (*mode).into());
                }
                text(&mut map, "customName", name);
                Value::Object(map)
            }
        }
    }
}

impl Step {
    fn value(&self) -> Value {
        let mut map = Map::new();
        text(&mut map, "name", &self.name);
        list(&mut map, "inputs", &self.inputs.iter().map(Layer::value).collect::<Vec<_>>());
        list(&mut map, "commands", &self.commands.iter().map(Command::value).collect::<Vec<_>>());
        list(&mut map, "secrets", &self.secrets);
        texts(&mut map, "assets", &self.assets);
        texts(&mut map, "variables", &self.variables);
        list(&mut map, "caches", &self.caches);
        Value::Object(map)
    }
}

impl Plan {
    /// The plan as a tree of JSON, `$schema` with it.
    pub fn to_value(&self) -> Value {
        let mut map = Map::from_iter([("$schema".to_owned(), SCHEMA.into())]);
        list(&mut map, "steps", &self.steps.iter().map(Step::value).collect::<Vec<_>>());
        let caches = self.caches.iter().map(|(name, cache)| {
            let mut entry = Map::new();
            text(&mut entry, "directory", &cache.directory);
            text(&mut entry, "type", &cache.kind);
            (name.clone(), Value::Object(entry))
        });
        if !self.caches.is_empty() {
            map.insert("caches".to_owned(), Value::Object(caches.collect()));
        }
        list(&mut map, "secrets", &self.secrets);
        let mut deploy = Map::from_iter([("base".to_owned(), self.deploy.base.value())]);
        list(&mut deploy, "inputs", &self.deploy.inputs.iter().map(Layer::value).collect::<Vec<_>>());
        text(&mut deploy, "startCommand", &self.deploy.start_command);
        texts(&mut deploy, "variables", &self.deploy.variables);
        list(&mut deploy, "paths", &self.deploy.paths);
        map.insert("deploy".to_owned(), Value::Object(deploy));
        list(&mut map, "exclude", &self.exclude);
        Value::Object(map)
    }

    /// What `railpack plan` prints, without its final newline.
    pub fn to_json(&self) -> String {
        gojson::pretty(&self.to_value())
    }

    /// A step by name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }
}

/// What `railpack plan` prints of a project that it cannot plan, without its final newline.
pub fn nothing_to_json() -> String {
    gojson::pretty(&json!({ "$schema": SCHEMA }))
}

fn text(map: &mut Map<String, Value>, name: &str, value: &str) {
    if !value.is_empty() {
        map.insert(name.to_owned(), value.into());
    }
}

fn list<T: Clone + Into<Value>>(map: &mut Map<String, Value>, name: &str, values: &[T]) {
    if !values.is_empty() {
        map.insert(name.to_owned(), values.iter().cloned().map(Into::into).collect::<Vec<Value>>().into());
    }
}

fn texts(map: &mut Map<String, Value>, name: &str, values: &BTreeMap<String, String>) {
    if !values.is_empty() {
        let entries = values.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        map.insert(name.to_owned(), Value::Object(entries.collect()));
    }
}
