//! A report with everything taken out that differs from run to run and from machine to machine.

use crate::log::pattern::Pattern;
use serde_json::Value;

/// Facts about the machine and the moment, not about the project.
const LEFT_OUT: &[&str] = &["builder", "seconds", "reason", "backend", "unverified", "origin"];

/// Parts of texts that differ, and what stands for them. In this order: a later pattern may not undo an earlier one.
static PATTERNS: [(Pattern, &str); 9] = [
    (Pattern::new(r"/nix/store/[0-9a-z]{32}-"), "/nix/store/<hash>-"),
    (Pattern::new(r"\b[0-9a-f]{32,}\b"), "<hash>"),
    (Pattern::new(r"\b(2\.7|3\.\d+)\.\d+\b"), "$1.<patch>"),
    (Pattern::new(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?[+-]\d\d:?\d\d|Z)?"), "<time>"),
    (Pattern::new(r"/tmp/[A-Za-z][\w-]*(?:/[\w-]*[\w])*"), "/tmp/<scratch>"),
    (Pattern::new(r"\b0x[0-9a-f]+\b"), "<address>"),
    (Pattern::new(r"\[\d+\] \[([A-Z]+)\]"), "[<pid>] [$1]"),
    (Pattern::new(r"\(pid: ?\d+\)"), "(pid:<pid>)"),
    (Pattern::new(r"\b\d+(?:\.\d+)? ?(?:s|ms|seconds)\b"), "<time>"),
];

/// What was this run's alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Particulars {
    /// Texts and what stands for them: ports, folders.
    pub(super) replace: Vec<(String, &'static str)>,
}

impl Particulars {
    /// A port is replaced where it stands as one.
    pub(super) fn port(&mut self, port: u16, name: &'static str) {
        self.replace.push((port.to_string(), name));
    }

    /// The report as it should come out on every machine.
    pub(super) fn normalise(&self, value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let log = map.get("kind").is_some_and(|kind| kind == "log");
                // The same failure may be a few lines later with another pip.
                let drops = |key: &str| LEFT_OUT.contains(&key) || (log && key == "line");
                let pairs = map.into_iter().filter(|(key, _)| !drops(key));
                Value::Object(pairs.map(|(key, value)| (key, self.normalise(value))).collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.normalise(item)).collect()),
            Value::String(text) => Value::String(self.text(&text)),
            other => other,
        }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.replace {
            text = replace_word(&text, from, to);
        }
        for (pattern, to) in &PATTERNS {
            text = pattern.replace_all(&text, to);
        }
        text
    }
}

/// Replaces `word` unless it is part of a longer number or name.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let apart = !joins(before.chars().next_back()) && !joins(after.chars().next());
        done += before;
        done += if apart { by } else { word };
        rest = after;
    }
    done + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(text: &str) -> String {
        let mut particulars = Particulars::default();
        particulars.port(18_000, "<port>");
        particulars.text(text)
    }

    #[test]
    fn what_differs_from_run_to_run_is_replaced() {
        assert_eq!(text("listens on 0.0.0.0:18000 only"), "listens on 0.0.0.0:<port> only");
        assert_eq!(text("118000 180000"), "118000 180000");
        assert_eq!(
            text("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-python3-3.11.7/bin"),
            "/nix/store/<hash>-python3-3.11.<patch>/bin"
        );
        assert_eq!(text("[2026-01-02 03:04:05 +0000] [12] [ERROR] x"), "[<time>] [<pid>] [ERROR] x");
        assert_eq!(text("/tmp/pip-install-abc_12/x took 1.25s"), "/tmp/<scratch> took <time>");
        assert_eq!(text("<object at 0x7f001122>"), "<object at <address>>");
        assert_eq!(text("flask==3.1.0 on line 12"), "flask==3.1.<patch> on line 12");
    }

    #[test]
    fn the_machine_and_the_line_of_a_log_are_left_out() {
        let report = json!({
            "backend": "host", "seconds": 1.5, "unverified": [], "verdict": "fails",
            "evidence": [
                {"source": {"kind": "log", "phase": "install", "line": 12}, "text": "no"},
                {"source": {"kind": "file", "path": "nixpacks.toml", "line": 4}, "text": ""},
            ],
        });
        let wanted = json!({
            "verdict": "fails",
            "evidence": [
                {"source": {"kind": "log", "phase": "install"}, "text": "no"},
                {"source": {"kind": "file", "path": "nixpacks.toml", "line": 4}, "text": ""},
            ],
        });
        assert_eq!(Particulars::default().normalise(report), wanted);
    }
}
