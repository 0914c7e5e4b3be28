//! YAML 1.1 as the Go package yaml.v2 reads it, with its faults in its own words.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use libyaml_safer::{Error, ErrorKind, Event, EventData, Parser, ScalarStyle};
use regex::bytes::Regex;

mod strings;

pub(super) use strings::strings;

/// A value and its line, counted from 1.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    tag: Option<String>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Scalar { text: String, plain: bool },
    List(Vec<Rc<Node>>),
    Map(Vec<(Rc<Node>, Rc<Node>)>),
    Alias(Rc<Node>),
}

/// Deeper nesting than this is refused, for the sake of the stack.
const DEEPEST: usize = 128;

/// The parser would panic at it.
static TAG_BEFORE_COMMA: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "a literal, used by a test")]
    Regex::new(r"![^\s,]*,").unwrap()
});

/// The first document.
fn parse(text: &[u8]) -> Result<Option<Rc<Node>>, String> {
    if TAG_BEFORE_COMMA.is_match(text) {
        return Err("did not find expected whitespace or line break".to_owned());
    }
    // The parser wants every line to have an end; what a block at the end of the file gains by it is taken away again.
    let is_open = text.last().is_some_and(|byte| *byte != b'\n');
    let text = if is_open || text.is_empty() { [text, b"\n"].concat() } else { text.to_vec() };
    let text = text.as_slice();
    let mut input = text;
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let open_at = is_open.then_some(text.len() as u64);
    let mut builder = Builder { parser, text, open_at, anchors: HashMap::new() };
    builder.next()?;
    match builder.next()?.data {
        EventData::DocumentStart { .. } => {
            let event = builder.next()?;
            let root = builder.node(event, 0)?;
            builder.next()?;
            Ok(Some(root))
        }
        _ => Ok(None),
    }
}

struct Builder<'a, 'i> {
    parser: Parser<&'i mut &'a [u8]>,
    text: &'a [u8],
    /// Where the file ends, if in the middle of a line.
    open_at: Option<u64>,
    anchors: HashMap<String, Rc<Node>>,
}

impl Builder<'_, '_> {
    fn next(&mut self) -> Result<Event, String> {
        self.parser.parse().map_err(|error| located(&error, self.text))
    }

    fn node(&mut self, event: Event, depth: usize) -> Result<Rc<Node>, String> {
        if depth > DEEPEST {
            return Err("exceeded max depth of 10000".to_owned());
        }
        let line = usize::try_from(event.start_mark.line).unwrap_or(usize::MAX).saturating_add(1);
        let (kind, anchor, tag) = match event.data {
            EventData::Alias { anchor } => {
                let Some(target) = self.anchors.get(&anchor).cloned() else {
                    return Err(format!("unknown anchor '{anchor}' referenced"));
                };
                (Kind::Alias(target), None, None)
            }
            EventData::Scalar { anchor, tag, mut value, style, .. } => {
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                if is_block && self.open_at == Some(event.end_mark.index) && value.ends_with('\n') {
                    value.pop();
                }
                (Kind::Scalar { text: value, plain: style == ScalarStyle::Plain }, anchor, tag)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event { data: EventData::SequenceEnd, .. } => break,
                        event => items.push(self.node(event, depth + 1)?),
                    }
                }
                (Kind::List(items), anchor, tag)
            }
            EventData::MappingStart { anchor, tag, .. } => {
                let mut pairs = Vec::new();
                loop {
                    let key = match self.next()? {
                        Event { data: EventData::MappingEnd, .. } => break,
                        event => self.node(event, depth + 1)?,
                    };
                    let event = self.next()?;
                    pairs.push((key, self.node(event, depth + 1)?));
                }
                (Kind::Map(pairs), anchor, tag)
            }
            _ => return Err("unknown problem parsing YAML content".to_owned()),
        };
        let node = Rc::new(Node { line, tag, kind });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }
}

/// A fault of the syntax as yaml.v2 words it: no line when it is the first.
fn located(error: &Error, text: &[u8]) -> String {
    let scanner = error.kind() == ErrorKind::Scanner;
    let line = match (error.problem_mark().map(|mark| mark.line), error.context_mark().map(|mark| mark.line)) {
        (Some(line), _) if line != 0 => line + u64::from(scanner),
        (_, Some(line)) => line,
        _ => 0,
    };
    let problem = match error.problem() {
        "invalid UTF-8" => utf8_fault(text),
        problem => problem,
    };
    if line == 0 { problem.to_owned() } else { format!("line {line}: {problem}") }
}

fn utf8_fault(text: &[u8]) -> &'static str {
    let Err(error) = std::str::from_utf8(text) else { return "invalid UTF-8" };
    let rest = &text[error.valid_up_to()..];
    let width = match rest.first() {
        Some(0xC0..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF7) => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    match rest.get(..width) {
        None => "incomplete UTF-8 octet sequence",
        Some(octets) if octets[1..].iter().any(|octet| octet & 0xC0 != 0x80) => "invalid trailing UTF-8 octet",
        Some(_) => "invalid length of a UTF-8 sequence",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        strings(text.as_bytes()).map(|pairs| pairs.into_iter().map(|(name, value, _)| (name, value)).collect())
    }

    fn value(text: &str) -> String {
        read(text).unwrap().pop().unwrap().1
    }

    #[test]
    fn values_are_text_whatever_they_look_like() {
        assert_eq!(value("a: yes\n"), "yes");
        assert_eq!(value("a: 80"), "80");
        assert_eq!(value("a: x # y"), "x");
        assert_eq!(value("a: 'x # y'"), "x # y");
        assert_eq!(value("a: ~"), "");
        assert_eq!(value("a: \"~\""), "~");
        assert_eq!(value("a: >\n  b\n  c\n"), "b c\n");
        assert_eq!(value("a: !!str 80"), "80");
    }

    #[test]
    fn the_last_of_two_wins_where_the_first_stood() {
        let read = read("a: 1\nb: 2\n'a': 3\n").unwrap();
        assert_eq!(read, [("a".into(), "3".into()), ("b".into(), "2".into())] as [(String, String); 2]);
    }

    #[test]
    fn faults_are_worded_as_yaml_v2_words_them() {
        let fault = |text| read(text).unwrap_err();
        assert_eq!(fault("a: b: c"), "yaml: mapping values are not allowed in this context");
        assert_eq!(fault("x: y\na: b: c"), "yaml: line 2: mapping values are not allowed in this context");
        assert_eq!(fault("a: *x"), "yaml: unknown anchor 'x' referenced");
        assert_eq!(fault("- a"), "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]string");
        let short = "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `abc` into map[string]string";
        assert_eq!(fault("abc"), short);
        assert_eq!(fault("a: [1]\n"), "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string");
    }

    #[test]
    fn anchors_repeat_within_reason() {
        assert_eq!(value("a: &x 1\nb: *x\n"), "1");
        let mut bomb = String::from("a0: &a0 {k: v}\n");
        for level in 1..40 {
            bomb.push_str(&format!("a{level}: &a{level}\n  <<: [*a{0}, *a{0}]\n", level - 1));
        }
        bomb.push_str("<<: *a39\n");
        assert!(read(&bomb).is_err());
    }

    #[test]
    fn depth_is_bounded() {
        assert!(read(&format!("a: {}", "[".repeat(10_000))).is_err());
    }

    #[test]
    fn nothing_makes_it_panic() {
        let pieces = [
            "a",
            ":",
            " ",
            "\n",
            "- ",
            "? ",
            "|",
            ">",
            "'",
            "\"",
            "\\",
            "{",
            "}",
            "[",
            "]",
            ",",
            "&x ",
            "*x ",
            "!",
            "!!str ",
            "%",
            "#",
            "\t",
            "<<: ",
            "---",
            "...",
            "!<",
            "%20",
            "\u{85}",
            "\u{feff}",
            "\r",
            "0",
            "\\x4",
            "%TAG ! x\n",
            "%YAML 1.1\n",
        ];
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..(state >> 40) % 14 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[usize::try_from(state >> 33).unwrap() % pieces.len()]);
            }
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let caught = std::panic::catch_unwind(|| strings(text.as_bytes()).is_ok());
            assert!(caught.is_ok(), "{text:?}");
        }
    }
}
