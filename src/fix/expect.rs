//! What an edit by key must amount to, as plain values: the check on the cuts that [`super::keyed`] makes.

use serde_json::{Map, Value};

use super::change::{Change, MOST_TIMES};
use super::tree::Dialect;
use crate::project::hujson;

/// A file's values; `Err` says in words why it cannot be read.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Value, String> {
    match dialect {
        Dialect::Json => serde_json::from_str(text).map_err(|error| format!("is not valid JSON: {error}")),
        Dialect::CommentedJson => {
            let plain = hujson::Document::plain(text).map_err(|fault| format!("is not valid JSON: {fault}"))?;
            parse(&plain, Dialect::Json)
        }
        Dialect::Toml => {
            toml_edit::de::from_str(text).map_err(|error| format!("is not valid TOML: {}", error.message()))
        }
    }
}

/// The values after the change. What is gone already need not be removed.
pub(super) fn after(mut values: Value, key: &[String], change: Change<'_>) -> Result<Value, String> {
    let shown = key.join(".");
    match change {
        Change::Remove => {
            remove(&mut values, key);
        }
        Change::Set(value) => *place(&mut values, key)? = value.clone(),
        Change::RemoveItem(item) => match key.iter().try_fold(&mut values, |at, part| member(at, part)) {
            None => {}
            Some(Value::Array(items)) => {
                let before = items.len();
                items.retain(|found| found.as_str() != Some(item));
                let times = before - items.len();
                if times > MOST_TIMES {
                    return Err(format!("`{shown}` holds {item:?} {times} times"));
                }
            }
            Some(_) => return Err(format!("`{shown}` is not a list")),
        },
        Change::AddItem { item, first } => match place(&mut values, key)? {
            place @ Value::Null => *place = Value::from(vec![item]),
            Value::Array(items) if items.iter().any(|found| found.as_str() == Some(item)) => {}
            Value::Array(items) => items.insert(if first { 0 } else { items.len() }, item.into()),
            _ => return Err(format!("`{shown}` is not a list")),
        },
    }
    Ok(values)
}

fn remove(values: &mut Value, key: &[String]) -> bool {
    let (Value::Object(members), Some((name, rest))) = (values, key.split_first()) else { return false };
    if rest.is_empty() {
        return members.shift_remove(name).is_some();
    }
    let Some(inner) = members.get_mut(name) else { return false };
    let removed = remove(inner, rest);
    if removed && inner.as_object().is_some_and(Map::is_empty) {
        members.shift_remove(name);
    }
    removed
}

/// What a table holds by a name, or a list by a number.
fn member<'a>(values: &'a mut Value, part: &str) -> Option<&'a mut Value> {
    match values {
        Value::Object(members) => members.get_mut(part),
        Value::Array(items) => items.get_mut(part.parse::<usize>().ok()?),
        _ => None,
    }
}

fn place<'a>(values: &'a mut Value, key: &[String]) -> Result<&'a mut Value, String> {
    let mut at = values;
    for part in key {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        at = match at {
            Value::Object(members) => members.entry(part.as_str()).or_insert(Value::Null),
            list @ Value::Array(_) => member(list, part).ok_or_else(|| format!("there is no item {part}"))?,
            _ => return Err(format!("`{part}` would be inside something that is not a table")),
        };
    }
    Ok(at)
}
