//! Where the keys of a TOML or JSON file stand.

use std::collections::HashMap;

use toml_edit::{Array, Document, Item, Table, TableLike, Value};

/// Lines by key path: `phases`, `install`, `cmds`, and `0` for the first item of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyLines(HashMap<Vec<String>, usize>);

impl KeyLines {
    /// The lines of a TOML file; empty when it does not parse.
    pub fn toml(text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        let mut found = Found { breaks, at: Vec::new(), lines: HashMap::new() };
        if let Ok(document) = Document::parse(text) {
            found.table(document.as_table());
        }
        Self(found.lines)
    }

    /// The lines of a JSON file; empty when it does not parse.
    pub fn json(text: &str) -> Self {
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
            return Self::default();
        }
        let mut scan = Scan { bytes: text.as_bytes(), next: 0, line: 1, at: Vec::new(), lines: HashMap::new() };
        scan.value();
        Self(scan.lines)
    }

    /// The line of a key, or of the nearest key around it.
    pub fn line(&self, path: &[&str]) -> Option<usize> {
        (1..=path.len()).rev().find_map(|depth| {
            let key: Vec<String> = path[..depth].iter().map(|&part| part.to_owned()).collect();
            self.0.get(&key).copied()
        })
    }

    /// Whether the file has this very key.
    pub fn contains(&self, path: &[&str]) -> bool {
        let key: Vec<String> = path.iter().map(|&part| part.to_owned()).collect();
        self.0.contains_key(&key)
    }
}

struct Found {
    breaks: Vec<usize>,
    at: Vec<String>,
    lines: HashMap<Vec<String>, usize>,
}

impl Found {
    fn note(&mut self, offset: Option<usize>) {
        if let Some(offset) = offset {
            self.lines.insert(self.at.clone(), 1 + self.breaks.partition_point(|at| *at < offset));
        }
    }

    fn table(&mut self, table: &Table) {
        self.members(table);
    }

    fn members(&mut self, table: &dyn TableLike) {
        for (name, item) in table.iter() {
            let key = table.get_key_value(name).and_then(|(key, _)| key.span());
            self.at.push(name.to_owned());
            self.note(key.or_else(|| item.span()).map(|span| span.start));
            self.item(item);
            self.at.pop();
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Table(table) => self.table(table),
            Item::Value(value) => self.value(value),
            Item::ArrayOfTables(tables) => {
                for (index, table) in tables.iter().enumerate() {
                    self.at.push(index.to_string());
                    self.note(table.span().map(|span| span.start));
                    self.table(table);
                    self.at.pop();
                }
            }
            Item::None => {}
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Array(array) => self.array(array),
            Value::InlineTable(table) => self.members(table),
            _ => {}
        }
    }

    fn array(&mut self, array: &Array) {
        for (index, value) in array.iter().enumerate() {
            self.at.push(index.to_string());
            self.note(value.span().map(|span| span.start));
            self.value(value);
            self.at.pop();
        }
    }
}

/// Walks JSON that is known to be well formed (and so no deeper than serde_json allows).
struct Scan<'a> {
    bytes: &'a [u8],
    next: usize,
    line: usize,
    at: Vec<String>,
    lines: HashMap<Vec<String>, usize>,
}

impl Scan<'_> {
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.next).copied() {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return Some(byte),
            }
            self.next += 1;
        }
        None
    }

    fn value(&mut self) {
        match self.peek() {
            Some(b'{') => self.members(b'}'),
            Some(b'[') => self.members(b']'),
            Some(b'"') => {
                self.string();
            }
            _ => {
                while self.bytes.get(self.next).is_some_and(|byte| !b",]} \t\r\n".contains(byte)) {
                    self.next += 1;
                }
            }
        }
    }

    fn members(&mut self, close: u8) {
        self.next += 1;
        for index in 0.. {
            match self.peek() {
                Some(byte) if byte != close => {}
                _ => break,
            }
            let line = self.line;
            let name = if close == b'}' { self.string() } else { index.to_string() };
            if close == b'}' && self.peek() == Some(b':') {
                self.next += 1;
            }
            self.at.push(name);
            self.lines.insert(self.at.clone(), line);
            self.value();
            self.at.pop();
            if self.peek() == Some(b',') {
                self.next += 1;
            }
        }
        self.next += 1;
    }

    fn string(&mut self) -> String {
        let start = self.next;
        self.next += 1;
        while let Some(byte) = self.bytes.get(self.next) {
            self.next += 1;
            match byte {
                b'\\' => self.next += 1,
                b'"' => break,
                _ => {}
            }
        }
        let quoted = self.bytes.get(start..self.next).unwrap_or_default();
        serde_json::from_slice(quoted).unwrap_or_default()
    }
}
