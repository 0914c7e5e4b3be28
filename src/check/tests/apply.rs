//! Edits, applied without any regard for layout: enough to see whether they cure.

use std::path::Path;

use serde_json::{Map, Value};

use crate::finding::Edit;

pub(super) fn apply(root: &Path, edits: &[Edit]) {
    for edit in edits {
        let path = root.join(edit.path());
        match edit {
            Edit::RemoveKey { key, .. } => keyed(&path, |value| remove(value, key)),
            Edit::SetKey { key, value: new, .. } => keyed(&path, |value| *slot(value, key) = new.clone()),
            Edit::RemoveItem { key, item, .. } => keyed(&path, |value| {
                let items = slot(value, key).as_array_mut().unwrap();
                let before = items.len();
                items.retain(|present| present.as_str() != Some(item));
                assert!(items.len() < before, "no {item} to remove");
            }),
            Edit::AddItem { key, item, first, .. } => keyed(&path, |value| {
                let list = slot(value, key);
                if list.is_null() {
                    *list = Value::Array(Vec::new());
                }
                let items = list.as_array_mut().unwrap();
                items.insert(if *first { 0 } else { items.len() }, Value::from(item.as_str()));
            }),
            Edit::ReplaceLine { line, was, text, .. } => lines(&path, *line, was, Some(text)),
            Edit::RemoveLine { line, was, .. } => lines(&path, *line, was, None),
            Edit::AppendLine { text, .. } => {
                let before = std::fs::read_to_string(&path).unwrap_or_default();
                let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
                std::fs::write(&path, format!("{before}{gap}{text}\n")).unwrap();
            }
            Edit::WriteFile { text, .. } => std::fs::write(&path, text).unwrap(),
            Edit::RemoveFile { .. } => std::fs::remove_file(&path).unwrap(),
        }
    }
}

fn keyed(path: &Path, change: impl FnOnce(&mut Value)) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let toml = path.extension().is_some_and(|ext| ext == "toml");
    let mut value: Value =
        if toml { toml_edit::de::from_str(&text).unwrap() } else { serde_json::from_str(&text).unwrap() };
    change(&mut value);
    let text = if toml { toml_edit::ser::to_string(&value).unwrap() } else { value.to_string() };
    std::fs::write(path, text).unwrap();
}

fn slot<'a>(value: &'a mut Value, key: &[String]) -> &'a mut Value {
    key.iter().fold(value, |value, part| {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        match value {
            Value::Array(items) => &mut items[part.parse::<usize>().unwrap()],
            other => other.as_object_mut().unwrap().entry(part).or_insert(Value::Null),
        }
    })
}

fn remove(value: &mut Value, key: &[String]) {
    let (last, above) = key.split_last().unwrap();
    let table = slot(value, above).as_object_mut().unwrap();
    assert!(table.remove(last).is_some(), "no key {key:?} to remove");
    if table.is_empty() && !above.is_empty() {
        remove(value, above);
    }
}

fn lines(path: &Path, line: usize, was: &str, text: Option<&str>) {
    let before = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<&str> = before.lines().collect();
    assert_eq!(lines[line - 1], was, "another line {line} than the edit expects");
    match text {
        Some(text) => lines[line - 1] = text,
        None => drop(lines.remove(line - 1)),
    }
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}
