//! Where everything stands in a TOML or JSON file, to the byte.
//!
//! Parsers that write a file back lose line ends, byte order marks or the order of tables. Edits here are cuts in the
//! original bytes instead, and this is the map for them. The text is known to be well formed before it comes here.

use std::collections::HashMap;
use std::ops::Range;

/// How a file spells keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Toml,
    Json,
    /// With comments and trailing commas, as railpack.json may be; laid out as JSON once they are blanked.
    CommentedJson,
}

/// A value.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar,
    Array(Vec<Entry>),
    Map(Vec<Entry>),
}

impl Node {
    /// What a list or map holds.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Scalar => &[],
            Kind::Array(entries) | Kind::Map(entries) => entries,
        }
    }
}

/// An item of a list (its key is empty) or a member of a map.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Vec<String>,
    /// From the key, where there is one, to the end of the value.
    pub(super) span: Range<usize>,
    /// Where the comma after it stands.
    pub(super) comma: Option<usize>,
    pub(super) value: Node,
}

/// A TOML header or `key = value`; all of a JSON file is one statement without a key.
#[derive(Debug)]
pub(super) struct Statement {
    /// The whole key from the root; an element of an array of tables counts by its number.
    pub(super) at: Vec<String>,
    /// The header it stands under.
    pub(super) under: Vec<String>,
    pub(super) span: Range<usize>,
    /// Absent for a header.
    pub(super) value: Option<Node>,
}

const DEEPEST: usize = 200;

/// The statements of a well-formed file in order; `None` where it is not understood.
pub(super) fn scan(text: &str, dialect: Dialect) -> Option<Vec<Statement>> {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), next: 0, dialect, depth: 0 };
    match dialect {
        Dialect::Toml => scanner.toml(),
        Dialect::Json | Dialect::CommentedJson => {
            scanner.trivia();
            let value = scanner.value()?;
            let span = value.span.clone();
            Some(vec![Statement { at: Vec::new(), under: Vec::new(), span, value: Some(value) }])
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    next: usize,
    dialect: Dialect,
    depth: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.next).copied()
    }

    fn starts_with(&self, what: &str) -> bool {
        self.bytes[self.next..].starts_with(what.as_bytes())
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.next += 1)
    }

    fn trivia(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.next += 1,
                b'#' if self.dialect == Dialect::Toml => {
                    let rest = &self.bytes[self.next..];
                    self.next += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
    }

    fn toml(&mut self) -> Option<Vec<Statement>> {
        let mut statements = Vec::new();
        let mut under: Vec<String> = Vec::new();
        let mut counts: HashMap<Vec<String>, usize> = HashMap::new();
        loop {
            self.trivia();
            let start = self.next;
            let Some(first) = self.peek() else { return Some(statements) };
            if first == b'[' {
                let of_tables = self.starts_with("[[");
                self.next += if of_tables { 2 } else { 1 };
                let key = self.key()?;
                self.eat(b']')?;
                if of_tables {
                    self.eat(b']')?;
                }
                under = numbered(&key, of_tables, &mut counts);
                let span = start..self.next;
                statements.push(Statement { at: under.clone(), under: under.clone(), span, value: None });
            } else {
                let key = self.key()?;
                self.eat(b'=')?;
                self.trivia();
                let value = self.value()?;
                let at = under.iter().cloned().chain(key).collect();
                let span = start..value.span.end;
                statements.push(Statement { at, under: under.clone(), span, value: Some(value) });
            }
        }
    }

    fn key(&mut self) -> Option<Vec<String>> {
        let start = self.next;
        if self.dialect == Dialect::Json {
            self.string()?;
            let key = serde_json::from_str(&self.text[start..self.next]).ok()?;
            self.trivia();
            return Some(vec![key]);
        }
        while !matches!(self.peek()?, b'=' | b']') {
            match self.peek()? {
                b'"' | b'\'' => self.string()?,
                _ => self.next += 1,
            }
        }
        let keys = toml_edit::Key::parse(self.text[start..self.next].trim()).ok()?;
        Some(keys.iter().map(|key| key.get().to_owned()).collect())
    }

    fn value(&mut self) -> Option<Node> {
        let start = self.next;
        let kind = match self.peek()? {
            b'[' => Kind::Array(self.entries(b']')?),
            b'{' => Kind::Map(self.entries(b'}')?),
            b'"' | b'\'' => {
                self.string()?;
                Kind::Scalar
            }
            _ => {
                let ends = |byte: &u8| b",]}#\r\n".contains(byte);
                let rest = &self.bytes[start..];
                let length = rest.iter().position(ends).unwrap_or(rest.len());
                // A TOML date may hold a space; what follows the value may be blanks as well.
                let length = self.text[start..start + length].trim_end().len();
                self.next += length;
                (length > 0).then_some(Kind::Scalar)?
            }
        };
        Some(Node { span: start..self.next, kind })
    }

    fn entries(&mut self, close: u8) -> Option<Vec<Entry>> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        self.next += 1;
        let mut entries = Vec::new();
        loop {
            self.trivia();
            if self.peek()? == close {
                break;
            }
            let start = self.next;
            let mut key = Vec::new();
            if close == b'}' {
                key = self.key()?;
                self.eat(if self.dialect == Dialect::Json { b':' } else { b'=' })?;
                self.trivia();
            }
            let value = self.value()?;
            let span = start..value.span.end;
            self.trivia();
            let comma = (self.peek()? == b',').then_some(self.next);
            entries.push(Entry { key, span, comma, value });
            if comma.is_some() {
                self.next += 1;
            }
        }
        self.next += 1;
        self.depth -= 1;
        Some(entries)
    }

    fn string(&mut self) -> Option<()> {
        let quote = self.peek()?;
        let long = if quote == b'"' { "\"\"\"" } else { "'''" };
        let is_long = self.dialect == Dialect::Toml && self.starts_with(long);
        self.next += if is_long { 3 } else { 1 };
        loop {
            match self.peek()? {
                b'\\' if quote == b'"' => self.next += 2,
                byte if byte == quote && !is_long => {
                    self.next += 1;
                    return Some(());
                }
                byte if byte == quote && self.starts_with(long) => {
                    self.next += 3;
                    // Up to two quotes may stand directly before the closing three.
                    for _ in 0..2 {
                        if self.peek() == Some(quote) {
                            self.next += 1;
                        }
                    }
                    return Some(());
                }
                _ => self.next += 1,
            }
        }
    }
}

/// A header's key with the number of each array of tables on its way.
fn numbered(key: &[String], of_tables: bool, counts: &mut HashMap<Vec<String>, usize>) -> Vec<String> {
    let mut at: Vec<String> = Vec::new();
    for (index, part) in key.iter().enumerate() {
        at.push(part.clone());
        if of_tables && index + 1 == key.len() {
            *counts.entry(at.clone()).or_insert(0) += 1;
        }
        if let Some(count) = counts.get(&at) {
            at.push((count - 1).to_string());
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        scan(text, Dialect::Toml).unwrap().iter().map(|statement| statement.at.join("/")).collect()
    }

    #[test]
    fn statements_carry_their_whole_key() {
        let text = "a = 1 # x = 2\n[p.\"i.n\"]\nc.d = \"]\"\n[[t]]\nx = 1\n[[t]]\nx = 2\n[t.u]\ny = 1";
        assert_eq!(keys(text), ["a", "p/i.n", "p/i.n/c/d", "t/0", "t/0/x", "t/1", "t/1/x", "t/1/u", "t/1/u/y"]);
    }

    #[test]
    fn values_end_where_they_end() {
        let text = "a = 1979-05-27 07:32:00  # c\nb = \"\"\"x\\\"\"\"\"\"\"\nc = ''' ] '''\nd = [1, # ]\n 2]\ne = {f.g = 1, h = '}'}";
        let found = scan(text, Dialect::Toml).unwrap();
        let values: Vec<&str> = found.iter().map(|s| &text[s.value.as_ref().unwrap().span.clone()]).collect();
        let expected =
            ["1979-05-27 07:32:00", "\"\"\"x\\\"\"\"\"\"\"", "''' ] '''", "[1, # ]\n 2]", "{f.g = 1, h = '}'}"];
        assert_eq!(values, expected);
    }

    #[test]
    fn json_members_have_keys_and_commas() {
        let text = "{ \"a\\\"b\" : [1, {\"c\":true}] , \"d\":\"}\" }";
        let found = scan(text, Dialect::Json).unwrap();
        let members = found[0].value.as_ref().unwrap().entries();
        assert_eq!(members[0].key, ["a\"b"]);
        assert_eq!(&text[members[0].span.clone()], "\"a\\\"b\" : [1, {\"c\":true}]");
        assert_eq!(members[0].comma.map(|at| &text[at..=at]), Some(","));
        assert_eq!(members[1].comma, None);
    }
}
