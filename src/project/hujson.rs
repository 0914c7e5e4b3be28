//! JSON with comments and trailing commas, as railpack.json is read: the faults and their places are those of the Go
//! package hujson.

/// A value, the line it begins on, and where its text stands in [`Document::text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    /// Counted from 1.
    pub(crate) line: usize,
    start: usize,
    end: usize,
}

impl Node {
    /// A member of an object by its name; the last one counts.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Value::Map(members) = &self.value else { return None };
        members.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, node)| node)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// In the file's order; a name may stand more than once.
    Map(Vec<(String, Node)>),
}

/// A file that parsed.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The text with comments and trailing commas turned to spaces.
    text: Vec<u8>,
    /// Where trailing commas stood.
    commas: Vec<usize>,
    pub(crate) root: Node,
}

impl Document {
    /// The file as plain JSON, every value at its own place: comments and trailing commas are spaces.
    ///
    /// # Errors
    /// As [`parse`].
    pub(crate) fn plain(text: &str) -> Result<String, String> {
        // Comments are blanked whole, so what is left is UTF-8 as before.
        parse(text.as_bytes()).map(|document| String::from_utf8_lossy(&document.text).into_owned())
    }

    /// The same with the trailing commas, for who edits the file.
    ///
    /// # Errors
    /// As [`parse`].
    pub(crate) fn without_comments(text: &str) -> Result<String, String> {
        let Self { mut text, commas, .. } = parse(text.as_bytes())?;
        commas.into_iter().for_each(|comma| text[comma] = b',');
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The value as it is written, without comments.
    pub(crate) fn written(&self, node: &Node) -> String {
        String::from_utf8_lossy(&self.text[node.start..node.end]).into_owned()
    }
}

/// Deeper nesting than this is refused, for the sake of the stack.
const DEEPEST: usize = 256;

/// Reads a whole file.
///
/// # Errors
/// The fault in hujson's own words, with line and column (in bytes), counted from 1.
pub(crate) fn parse(bytes: &[u8]) -> Result<Document, String> {
    let mut parser = Parser { text: bytes.to_vec(), commas: Vec::new(), at: 0, depth: 0, line: Lines::default() };
    let parsed = parser.value_among_extra();
    let parsed = parsed.and_then(|node| match parser.text.get(parser.at) {
        None => Ok(node),
        Some(byte) => Err(Fault::at(parser.at, format!("invalid character {} after top-level value", quoted(*byte)))),
    });
    match parsed {
        Ok(root) => Ok(Document { text: parser.text, commas: parser.commas, root }),
        Err(fault) => {
            let before = &bytes[..fault.at.min(bytes.len())];
            let line = 1 + memchr::memchr_iter(b'\n', before).count();
            let column = 1 + before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            Err(format!("hujson: line {line}, column {column}: {}", fault.what))
        }
    }
}

struct Fault {
    at: usize,
    what: String,
    /// A bracket that ends an object or a list stood where a value was wanted.
    closes: Option<u8>,
}

impl Fault {
    fn at(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), closes: None }
    }
}

/// Counts lines as the parser goes forward.
#[derive(Default)]
struct Lines {
    upto: usize,
    breaks: usize,
}

struct Parser {
    text: Vec<u8>,
    commas: Vec<usize>,
    at: usize,
    depth: usize,
    line: Lines,
}

impl Parser {
    fn line_here(&mut self) -> usize {
        self.line.breaks += memchr::memchr_iter(b'\n', &self.text[self.line.upto..self.at]).count();
        self.line.upto = self.at;
        1 + self.line.breaks
    }

    fn value_among_extra(&mut self) -> Result<Node, Fault> {
        self.extra()?;
        let node = self.value()?;
        self.extra()?;
        Ok(node)
    }

    fn value(&mut self) -> Result<Node, Fault> {
        let (start, line) = (self.at, self.line_here());
        let Some(first) = self.text.get(start).copied() else {
            return Err(Fault::at(start, "parsing value: unexpected EOF"));
        };
        if self.depth > DEEPEST {
            return Err(Fault::at(start, "exceeded max depth"));
        }
        self.depth += 1;
        let value = match first {
            b'{' => self.object()?,
            b'[' => self.list()?,
            b'}' | b']' => {
                let what = format!("invalid character {} at start of value", quoted(first));
                return Err(Fault { at: start, what, closes: Some(first) });
            }
            b'"' => self.string()?,
            _ => self.literal()?,
        };
        self.depth -= 1;
        Ok(Node { value, line, start, end: self.at })
    }

    fn object(&mut self) -> Result<Value, Fault> {
        self.at += 1;
        let (mut members, mut comma) = (Vec::new(), None);
        loop {
            let name = match self.member(b'}', comma) {
                Ok(Some(name)) => name,
                Ok(None) => return Ok(Value::Map(members)),
                Err(fault) => return Err(fault),
            };
            let Value::Text(key) = name.value else {
                let byte = quoted(self.text[name.start]);
                return Err(Fault::at(name.start, format!("invalid character {byte} at start of object name")));
            };
            match self.text.get(self.at) {
                None => return Err(Fault::at(self.at, "parsing object after name: unexpected EOF")),
                Some(b':') => self.at += 1,
                Some(byte) => {
                    let what = format!("invalid character {} after object name", quoted(*byte));
                    return Err(Fault::at(self.at, what));
                }
            }
            let value = self.value_among_extra().map_err(|fault| Fault { closes: None, ..fault })?;
            members.push((key, value));
            match self.text.get(self.at).copied() {
                None => return Err(Fault::at(self.at, "parsing object after value: unexpected EOF")),
                Some(b',') => comma = Some(self.at),
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Map(members));
                }
                Some(byte) => {
                    let what = format!("invalid character {} after object value (expecting ',' or '}}')", quoted(byte));
                    return Err(Fault::at(self.at, what));
                }
            }
            self.at += 1;
        }
    }

    fn list(&mut self) -> Result<Value, Fault> {
        self.at += 1;
        let (mut items, mut comma) = (Vec::new(), None);
        loop {
            match self.member(b']', comma)? {
                Some(item) => items.push(item),
                None => return Ok(Value::List(items)),
            }
            match self.text.get(self.at).copied() {
                None => return Err(Fault::at(self.at, "parsing array after value: unexpected EOF")),
                Some(b',') => comma = Some(self.at),
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::List(items));
                }
                Some(byte) => {
                    let what = format!("invalid character {} after array value (expecting ',' or ']')", quoted(byte));
                    return Err(Fault::at(self.at, what));
                }
            }
            self.at += 1;
        }
    }

    /// The next value of an object or a list, or `None` at its end; a comma before the end is blanked.
    fn member(&mut self, end: u8, comma: Option<usize>) -> Result<Option<Node>, Fault> {
        self.extra()?;
        let depth = self.depth;
        match self.value() {
            Ok(node) => {
                self.extra()?;
                Ok(Some(node))
            }
            Err(fault) if fault.closes == Some(end) && fault.at == self.at => {
                self.depth = depth;
                if let Some(comma) = comma {
                    self.text[comma] = b' ';
                    self.commas.push(comma);
                }
                self.at += 1;
                Ok(None)
            }
            Err(fault) => Err(Fault { closes: None, ..fault }),
        }
    }

    fn string(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.text.get(self.at) {
                None => return Err(Fault::at(self.at, "parsing string: unexpected EOF")),
                Some(b'\\') => self.at = (self.at + 2).min(self.text.len().max(self.at + 1)),
                Some(b'"') => break,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let literal = &self.text[start..self.at];
        match serde_json::from_slice::<String>(&lone_surrogates_replaced(literal)) {
            Ok(text) => Ok(Value::Text(text)),
            Err(_) => Err(Fault::at(start, format!("invalid literal: {}", String::from_utf8_lossy(literal)))),
        }
    }

    fn literal(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        let belongs = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9');
        self.at += self.text[start..].iter().take_while(|byte| belongs(byte)).count();
        let literal = String::from_utf8_lossy(&self.text[start..self.at]).into_owned();
        match literal.as_str() {
            "" => {
                let what = format!("invalid character {} at start of value", quoted(self.text[start]));
                Err(Fault::at(start, what))
            }
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            number if serde_json::from_str::<serde::de::IgnoredAny>(number).is_ok() => Ok(Value::Number(literal)),
            _ => Err(Fault::at(start, format!("invalid literal: {literal}"))),
        }
    }

    /// Skips white space; comments become white space.
    fn extra(&mut self) -> Result<(), Fault> {
        while let Some(byte) = self.text.get(self.at) {
            let rest = &self.text[self.at..];
            let end = match (byte, rest.get(1)) {
                (b' ' | b'\t' | b'\r' | b'\n', _) => {
                    self.at += 1;
                    continue;
                }
                (b'/', Some(b'/')) => memchr::memchr(b'\n', rest).map(|end| end + 1),
                (b'/', Some(b'*')) => memchr::memmem::find(&rest[2..], b"*/").map(|end| end + 4),
                _ => return Ok(()),
            };
            let Some(end) = end else { return Err(Fault::at(self.at, "parsing comment: unexpected EOF")) };
            let comment = self.at..self.at + end;
            if std::str::from_utf8(&self.text[comment.clone()]).is_err() {
                return Err(Fault::at(self.at, "invalid UTF-8 in comment"));
            }
            self.text[comment.clone()].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            self.at = comment.end;
        }
        Ok(())
    }
}

/// Go reads half of a surrogate pair as a replacement character, where serde_json refuses it.
fn lone_surrogates_replaced(literal: &[u8]) -> Vec<u8> {
    let unit = |at: usize| -> Option<u16> {
        let hex = literal.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
    };
    let (mut out, mut at) = (Vec::with_capacity(literal.len()), 0);
    while at < literal.len() {
        let width = match (literal[at], unit(at)) {
            (b'\\', Some(0xD800..=0xDBFF)) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            (b'\\', Some(0xD800..=0xDFFF)) => {
                out.extend_from_slice(b"\\uFFFD");
                at += 6;
                continue;
            }
            (b'\\', _) => 2,
            _ => 1,
        };
        let end = (at + width).min(literal.len());
        out.extend_from_slice(&literal[at..end]);
        at = end;
    }
    out
}

/// A byte as Go's `%q` shows a character.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        0x07 => r"'\a'".to_owned(),
        0x08 => r"'\b'".to_owned(),
        0x0B => r"'\v'".to_owned(),
        0x0C => r"'\f'".to_owned(),
        byte if byte < 0x20 || byte == 0x7F => format!(r"'\x{byte:02x}'"),
        byte if (0x80..0xA0).contains(&byte) || byte == 0xAD => format!(r"'\u{byte:04x}'"),
        byte => format!("'{}'", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn comments_and_trailing_commas_are_nothing() {
        let text = "// one\n{\"a\": [1, 2,], /* two */ \"b\": {\"c\": null,},\n}\n";
        let document = parse(text.as_bytes()).unwrap();
        let Value::Map(members) = &document.root.value else { panic!("{document:?}") };
        assert_eq!(
            members.iter().map(|(name, node)| (name.as_str(), node.line)).collect::<Vec<_>>(),
            [("a", 2), ("b", 2)]
        );
        assert_eq!(document.written(&members[0].1), "[1, 2 ]");
    }

    #[test]
    fn the_plain_form_keeps_every_place() {
        let text = "{ // ä\n \"a\": [1, /* ö */ 2,],\n}";
        let plain = Document::plain(text).unwrap();
        assert_eq!((plain.len(), plain.find("\"a\"")), (text.len(), text.find("\"a\"")));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).unwrap(), serde_json::json!({"a": [1, 2]}));
    }

    #[test]
    fn faults_have_a_line_and_a_column() {
        assert_eq!(fault("{\"a\": "), "hujson: line 1, column 7: parsing value: unexpected EOF");
        assert_eq!(fault("{\n\"a"), "hujson: line 2, column 3: parsing string: unexpected EOF");
        assert_eq!(fault("{\"a\""), "hujson: line 1, column 5: parsing object after name: unexpected EOF");
        assert_eq!(fault("{\"a\": 1"), "hujson: line 1, column 8: parsing object after value: unexpected EOF");
        assert_eq!(fault("[1"), "hujson: line 1, column 3: parsing array after value: unexpected EOF");
        assert_eq!(fault("/*"), "hujson: line 1, column 1: parsing comment: unexpected EOF");
        assert_eq!(fault("{\"a\": }"), "hujson: line 1, column 7: invalid character '}' at start of value");
        assert_eq!(fault("{'a': 1}"), r"hujson: line 1, column 2: invalid character '\'' at start of value");
        assert_eq!(fault("{} x"), "hujson: line 1, column 4: invalid character 'x' after top-level value");
        assert_eq!(fault("{1: 2}"), "hujson: line 1, column 2: invalid character '1' at start of object name");
        assert_eq!(fault("{\"a\": tru}"), "hujson: line 1, column 7: invalid literal: tru");
        assert_eq!(fault("[,]"), "hujson: line 1, column 2: invalid character ',' at start of value");
    }

    #[test]
    fn depth_is_bounded() {
        assert!(fault(&"[".repeat(100_000)).contains("max depth"));
    }

    #[test]
    fn a_string_that_ends_in_a_backslash_is_no_string() {
        assert_eq!(fault("\"\\"), "hujson: line 1, column 3: parsing string: unexpected EOF");
        assert!(parse(br#""\ud800x""#).is_ok());
    }
}
