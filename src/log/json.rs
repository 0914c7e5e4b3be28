//! Lines that are one JSON object, as structured loggers and log shippers write them.

use serde_json::{Map, Value};

/// Keys under which log shippers and loggers put the line itself.
const MESSAGE: &[&str] = &["message", "msg", "log", "line", "text", "textPayload", "body", "event"];
/// Keys under which loggers put what was raised, without its traceback.
const RAISED: &[&str] = &["exception", "exc_info", "exc", "error", "err"];
/// Objects within objects that are looked into.
const DEEP: usize = 4;

/// The message of a line that is one JSON object, and after it the traceback that another of its fields holds.
pub(super) fn message(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('[').trim_end_matches([',', ']']);
    if !(text.starts_with('{') && text.ends_with('}')) {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_str(text).ok()?;
    let message = MESSAGE.iter().find_map(|key| object.get(*key)?.as_str());
    let message = message.or_else(|| nested(&object));
    let mut parts: Vec<String> = message.map(str::to_owned).into_iter().collect();
    let mut traces = Vec::new();
    object.values().for_each(|value| tracebacks(value, DEEP, &mut traces));
    let named = || RAISED.iter().filter_map(|key| object.get(*key)?.as_str()).map(str::to_owned);
    let said = if traces.is_empty() { named().collect() } else { traces };
    for part in said {
        if !parts.iter().any(|known| known.contains(&part)) {
            parts.push(part);
        }
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// The message of a record within the record: Google's `jsonPayload`, Elastic's `log`.
fn nested(object: &Map<String, Value>) -> Option<&str> {
    let inner = object.values().filter_map(Value::as_object);
    inner.flat_map(|inner| MESSAGE.iter().map(move |key| inner.get(*key))).flatten().find_map(Value::as_str)
}

/// Tracebacks that a value holds: as text, or taken apart into frames.
fn tracebacks(value: &Value, deep: usize, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("Traceback (most recent call last)") || text.contains("  File \"") => {
            found.push(text.clone());
        }
        // structlog's `dict_tracebacks` begins with what was raised last.
        Value::Array(all) if deep > 0 => all.iter().rev().for_each(|one| tracebacks(one, deep - 1, found)),
        Value::Object(object) if deep > 0 => match assembled(object) {
            Some(text) => found.push(text),
            None => object.values().for_each(|one| tracebacks(one, deep - 1, found)),
        },
        _ => {}
    }
}

/// What Python would have printed of an exception that was written as an object: by structlog (`structlog.tracebacks.ExceptionDictTransformer`), or
/// with the names of Elastic's common schema (`error.type`, `error.message`, `error.stack_trace`).
fn assembled(object: &Map<String, Value>) -> Option<String> {
    if let Some(trace) = object.get("stack_trace").and_then(Value::as_str) {
        let word = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        let head = if trace.contains("Traceback") { "" } else { "Traceback (most recent call last):\n" };
        return Some(format!("{head}{}\n{}: {}", trace.trim_end(), word("type"), word("message")));
    }
    let kind = object.get("exc_type")?.as_str()?;
    let frames = object.get("frames").and_then(Value::as_array).into_iter().flatten();
    let mut text = String::from("Traceback (most recent call last):\n");
    for frame in frames {
        let word = |key: &str| frame.get(key).and_then(Value::as_str).unwrap_or_default();
        let line = frame.get("lineno").and_then(Value::as_u64).unwrap_or_default();
        text.push_str(&format!("  File \"{}\", line {line}, in {}\n", word("filename"), word("name")));
        if !word("line").is_empty() {
            text.push_str(&format!("    {}\n", word("line")));
        }
    }
    let said = object.get("exc_value").and_then(Value::as_str).unwrap_or_default();
    text.push_str(kind);
    if !said.is_empty() {
        text.push_str(": ");
        text.push_str(said);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::message;
    use crate::log::Log;

    fn lines(text: &str) -> Vec<String> {
        Log::from(text).lines().iter().map(|line| line.text.clone()).collect()
    }

    #[test]
    fn a_traceback_in_a_field_of_its_own_is_read_after_the_message() {
        let log = r#"{"level":"error","message":"no start","exc":"Traceback (most recent call last):\n  File \"/app/main.py\", line 2, in <module>\n    import tides\nModuleNotFoundError: No module named 'tides'"}"#;
        assert_eq!(
            lines(log),
            [
                "no start",
                "Traceback (most recent call last):",
                "  File \"/app/main.py\", line 2, in <module>",
                "    import tides",
                "ModuleNotFoundError: No module named 'tides'"
            ]
        );
    }

    /// As structlog 25 writes with `dict_tracebacks`: what was raised last stands first.
    #[test]
    fn a_traceback_that_was_taken_apart_is_put_together() {
        let log = r#"{"event":"no start","exception":[{"exc_type":"ConfigError","exc_value":"TOKEN is required","frames":[{"filename":"/app/main.py","lineno":9,"name":"<module>"}]},{"exc_type":"KeyError","exc_value":"'TOKEN'","frames":[]}]}"#;
        assert_eq!(
            message(log).unwrap().lines().collect::<Vec<_>>(),
            [
                "no start",
                "Traceback (most recent call last):",
                "KeyError: 'TOKEN'",
                "Traceback (most recent call last):",
                "  File \"/app/main.py\", line 9, in <module>",
                "ConfigError: TOKEN is required"
            ]
        );
    }

    #[test]
    fn an_object_behind_a_stamp_is_one_too() {
        let log = r#"2026-01-02T03:04:05.123456789Z [err]  {"event": "failed", "error": "KeyError: 'TIDE_KEY'"}"#;
        assert_eq!(lines(log), ["failed", "KeyError: 'TIDE_KEY'"]);
        assert_eq!(message(r#"{"a": 1}"#), None);
    }
}
