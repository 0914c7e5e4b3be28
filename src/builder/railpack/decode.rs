//! From JSON to the planner's own types, with the faults of Go's encoding/json.

use std::collections::BTreeMap;

use crate::project::hujson::{Document, Node, Value};
use crate::project::{Source, Sourced};

use super::plan::{Cache, Command, Layer};

/// A value of a list or a map, with its place.
pub(super) type Placed<T> = Sourced<T>;
pub(super) type Texts = BTreeMap<String, Placed<String>>;

/// The paths of a step that the image takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) include: Vec<String>,
    pub(super) exclude: Vec<String>,
}

/// Where in a file the decoding is: what faults name and what values come from.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub(super) document: &'a Document,
    place: &'a dyn Fn(usize) -> Source,
    path: String,
}

impl<'a> At<'a> {
    /// The root of a file; `name` is what Go calls the structure, empty for one without a name.
    pub(super) fn root(document: &'a Document, name: &str, place: &'a dyn Fn(usize) -> Source) -> Self {
        Self { document, place, path: name.to_owned() }
    }

    pub(super) fn child(&self, name: impl std::fmt::Display) -> Self {
        Self { path: format!("{}.{name}", self.path), ..self.clone() }
    }

    /// A structure without a name, whose faults do not say what it lies in.
    pub(super) fn nameless(&self) -> Self {
        Self { path: String::new(), ..self.clone() }
    }

    pub(super) fn place(&self, node: &Node) -> Source {
        (self.place)(node.line)
    }

    pub(super) fn mismatch<T>(&self, node: &Node, wanted: &str) -> Result<T, String> {
        let kind = match node.value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        };
        let into = if self.path.is_empty() { "Go value" } else { &self.path };
        Err(format!("json: cannot unmarshal {kind} into {into} of type {wanted}"))
    }

    /// A string; `null` says nothing.
    pub(super) fn text(&self, node: &Node) -> Result<Option<Placed<String>>, String> {
        match &node.value {
            Value::Text(value) => Ok(Some(Placed { value: value.clone(), source: self.place(node) })),
            Value::Null => Ok(None),
            _ => self.mismatch(node, "string"),
        }
    }

    /// A list, or `None` for `null`.
    pub(super) fn list<T>(
        &self,
        node: &Node,
        go_type: &str,
        item: impl Fn(&Self, &Node) -> Result<Option<T>, String>,
    ) -> Result<Option<Vec<Placed<T>>>, String>
    where
        T: Default,
    {
        let items = match &node.value {
            Value::List(items) => items,
            Value::Null => return Ok(None),
            _ => return self.mismatch(node, go_type),
        };
        let decoded = items.iter().enumerate().map(|(index, node)| {
            let value = item(&self.child(index), node)?.unwrap_or_default();
            Ok(Placed { value, source: self.place(node) })
        });
        decoded.collect::<Result<_, String>>().map(Some)
    }

    pub(super) fn texts_list(&self, node: &Node) -> Result<Option<Vec<Placed<String>>>, String> {
        self.list(node, "[]string", |at, node| Ok(at.text(node)?.map(|text| text.value)))
    }

    /// The members of an object; `null` has none.
    pub(super) fn members<'n>(&self, node: &'n Node, go_type: &str) -> Result<&'n [(String, Node)], String> {
        match &node.value {
            Value::Map(members) => Ok(members),
            Value::Null => Ok(&[]),
            _ => self.mismatch(node, go_type),
        }
    }

    /// Lays an object of strings over what is there.
    pub(super) fn texts(&self, node: &Node, into: &mut Texts) -> Result<(), String> {
        for (name, value) in self.members(node, "map[string]string")? {
            let empty = Placed { value: String::new(), source: self.place(value) };
            into.insert(name.clone(), self.child(name).text(value)?.unwrap_or(empty));
        }
        Ok(())
    }

    fn plain_list(&self, node: &Node) -> Result<Vec<String>, String> {
        let list = self.texts_list(node)?.unwrap_or_default();
        Ok(list.into_iter().map(|text| text.value).collect())
    }

    pub(super) fn filter(&self, node: &Node) -> Result<Option<Filter>, String> {
        let mut filter = Filter::default();
        for (name, value) in self.members(node, "plan.Filter")? {
            match name.to_ascii_lowercase().as_str() {
                "include" => filter.include = self.child("include").plain_list(value)?,
                "exclude" => filter.exclude = self.child("exclude").plain_list(value)?,
                _ => {}
            }
        }
        Ok(Some(filter))
    }

    /// An object, or one of the short forms `.`, `...` and `$step`.
    pub(super) fn layer(&self, node: &Node) -> Result<Option<Layer>, String> {
        if let Ok(layer) = self.layer_object(node) {
            return Ok(Some(layer));
        }
        let written = self.document.written(node);
        let short = written.trim_matches('"');
        match short {
            "." => Ok(Some(Layer::of_project())),
            "..." => Ok(Some(Layer { spread: true, ..Layer::default() })),
            _ => match short.strip_prefix('$') {
                Some(step) => Ok(Some(Layer::of_step(step))),
                None => Err(format!("invalid input format: {short}")),
            },
        }
    }

    fn layer_object(&self, node: &Node) -> Result<Layer, String> {
        let mut layer = Layer::default();
        for (name, value) in self.members(node, "plan.Layer")? {
            let text = |at: &Self| Ok::<_, String>(at.text(value)?.map(|text| text.value).unwrap_or_default());
            let flag = || match value.value {
                Value::Bool(holds) => Ok(holds),
                Value::Null => Ok(false),
                _ => self.mismatch(value, "bool"),
            };
            match name.to_ascii_lowercase().as_str() {
                "image" => layer.image = text(self)?,
                "step" => layer.step = text(self)?,
                "local" => layer.local = flag()?,
                "spread" => layer.spread = flag()?,
                "include" => layer.include = self.plain_list(value)?,
                "exclude" => layer.exclude = self.plain_list(value)?,
                _ => {}
            }
        }
        Ok(layer)
    }

    pub(super) fn cache(&self, node: &Node) -> Result<Cache, String> {
        let mut cache = Cache::default();
        for (name, value) in self.members(node, "plan.Cache")? {
            let at = self.child(name);
            match name.to_ascii_lowercase().as_str() {
                "directory" => cache.directory = at.text(value)?.map(|text| text.value).unwrap_or_default(),
                "type" => cache.kind = at.text(value)?.map(|text| text.value).unwrap_or_default(),
                _ => {}
            }
        }
        Ok(cache)
    }

    /// An object, or a line for the shell. A line is taken as it is written, escapes and all.
    pub(super) fn command(&self, node: &Node) -> Command {
        self.command_object(node).unwrap_or_else(|| {
            let written = self.document.written(node);
            let line = written.trim_matches('"');
            let before = written.split_once(':').and_then(|(prefix, _)| prefix.split_once('#'));
            let name = before.map(|(_, name)| name).filter(|name| !name.is_empty());
            Command::shell(line, name.unwrap_or(line))
        })
    }

    fn command_object(&self, node: &Node) -> Option<Command> {
        let Value::Map(members) = &node.value else { return None };
        let has = |wanted: &str| members.iter().any(|(name, _)| name == wanted);
        let text = |wanted: &str| {
            let found = members.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            match found.map(|(_, node)| &node.value) {
                Some(Value::Text(text)) => Some(text.clone()),
                None | Some(Value::Null) => Some(String::new()),
                Some(_) => None,
            }
        };
        if has("cmd") {
            return Some(Command::Exec { cmd: text("cmd")?, name: text("customName")? });
        }
        if has("path") && has("name") {
            let mode = members.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("mode"));
            let mode = match mode.map(|(_, node)| &node.value) {
                Some(Value::Number(number)) => number.parse().ok()?,
                None | Some(Value::Null) => 0,
                Some(_) => return None,
            };
            return Some(Command::File { path: text("path")?, asset: text("name")?, mode, name: text("customName")? });
        }
        if has("path") {
            return text("path").map(Command::Path);
        }
        has("src").then(|| Some(Command::Copy { image: text("image")?, src: text("src")?, dest: text("dest")? }))?
    }
}
