//! JSON as Go's encoding/json writes it: `&`, `<` and `>` escaped.

use serde_json::Value;

/// Two spaces a level, the names of every level sorted; no final newline.
pub(super) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, Some(0), &mut out);
    out
}

/// One line, the names in their own order.
pub(super) fn compact(value: &Value) -> String {
    let mut out = String::new();
    write(value, None, &mut out);
    out
}

fn write(value: &Value, level: Option<usize>, out: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, level, out);
                write(item, level.map(|level| level + 1), out);
            }
            end(level, out);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            let mut members: Vec<_> = map.iter().collect();
            if level.is_some() {
                members.sort_by_key(|(name, _)| *name);
            }
            out.push('{');
            for (index, (name, item)) in members.into_iter().enumerate() {
                separate(index, level, out);
                string(name, out);
                out.push_str(if level.is_some() { ": " } else { ":" });
                write(item, level.map(|level| level + 1), out);
            }
            end(level, out);
            out.push('}');
        }
        Value::String(text) => string(text, out),
        other => out.push_str(&other.to_string()),
    }
}

fn separate(index: usize, level: Option<usize>, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
    if let Some(level) = level {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level + 1));
    }
}

fn end(level: Option<usize>, out: &mut String) {
    if let Some(level) = level {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '&' | '<' | '>' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A text as Go's `%q` shows it.
pub(super) fn go_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_sorted_and_html_is_escaped() {
        let value = json!({ "b": ["a && b", "\u{1}\t<>\u{2028}é"], "a": {}, "c": [] });
        let wanted = "{\n  \"a\": {},\n  \"b\": [\n    \"a \\u0026\\u0026 b\",\n    \"\\u0001\\t\\u003c\\u003e\\u2028é\"\n  ],\n  \"c\": []\n}";
        assert_eq!(pretty(&value), wanted);
        assert_eq!(compact(&json!({ "step": "x", "include": ["."] })), "{\"step\":\"x\",\"include\":[\".\"]}");
    }
}
