//! A mapping of strings out of a YAML file.

use super::{DEEPEST, Kind, Node, parse};

/// Aliases may repeat values; no honest file has as many.
const MOST_VALUES: usize = 100_000;

/// A name, its value and the line of the name.
pub(in crate::builder::railpack) type Pair = (String, String, usize);

/// A mapping of strings, in the file's order; a name that comes again replaces the value. `None` for an empty file.
///
/// # Errors
/// Begins with `yaml: `; may have several lines.
pub(in crate::builder::railpack) fn strings(text: &[u8]) -> Result<Vec<Pair>, String> {
    let Some(root) = parse(text).map_err(|fault| format!("yaml: {fault}"))? else { return Ok(Vec::new()) };
    let mut reader = Reader { pairs: Vec::new(), mismatches: Vec::new(), values: 0 };
    reader.top(&root, 0).map_err(|fault| format!("yaml: {fault}"))?;
    if reader.mismatches.is_empty() {
        return Ok(reader.pairs);
    }
    Err(format!("yaml: unmarshal errors:\n  {}", reader.mismatches.join("\n  ")))
}

const MERGE_WANTED: &str = "map merge requires map or sequence of maps as the value";

struct Reader {
    pairs: Vec<Pair>,
    mismatches: Vec<String>,
    values: usize,
}

impl Reader {
    /// A mapping of strings, or nothing at all.
    fn top(&mut self, node: &Node, depth: usize) -> Result<(), String> {
        self.count(depth)?;
        match &node.kind {
            Kind::Alias(target) => self.top(target, depth + 1),
            Kind::List(_) => {
                self.mismatch(node, "!!seq", "map[string]string");
                Ok(())
            }
            Kind::Scalar { text, plain } => {
                let tag = tag_of(node, text, *plain)?;
                if tag != "!!null" {
                    self.mismatch(node, &tag, "map[string]string");
                }
                Ok(())
            }
            Kind::Map(pairs) => {
                for (key, value) in pairs {
                    if is_merge(key) {
                        self.merge(value, depth)?;
                        continue;
                    }
                    let Some(name) = self.string(key, depth + 1)? else { continue };
                    let Some(text) = self.string(value, depth + 1)? else { continue };
                    match self.pairs.iter_mut().find(|(known, ..)| *known == name) {
                        Some(pair) => (pair.1, pair.2) = (text, key.line),
                        None => self.pairs.push((name, text, key.line)),
                    }
                }
                Ok(())
            }
        }
    }

    fn merge(&mut self, value: &Node, depth: usize) -> Result<(), String> {
        let is_map = |node: &Node| match &node.kind {
            Kind::Map(_) => true,
            Kind::Alias(target) => matches!(target.kind, Kind::Map(_)),
            _ => false,
        };
        match &value.kind {
            Kind::List(items) => {
                // Those that come first win, so they are laid on last.
                for item in items.iter().rev() {
                    if !is_map(item) {
                        return Err(MERGE_WANTED.to_owned());
                    }
                    self.top(item, depth + 1)?;
                }
                Ok(())
            }
            _ if is_map(value) => self.top(value, depth + 1),
            _ => Err(MERGE_WANTED.to_owned()),
        }
    }

    fn string(&mut self, node: &Node, depth: usize) -> Result<Option<String>, String> {
        self.count(depth)?;
        match &node.kind {
            Kind::Alias(target) => self.string(target, depth + 1),
            Kind::List(_) => {
                self.mismatch(node, "!!seq", "string");
                Ok(None)
            }
            Kind::Map(_) => {
                self.mismatch(node, "!!map", "string");
                Ok(None)
            }
            Kind::Scalar { text, plain } => {
                let is_null = tag_of(node, text, *plain)? == "!!null";
                Ok(Some(if is_null { String::new() } else { text.clone() }))
            }
        }
    }

    fn count(&mut self, depth: usize) -> Result<(), String> {
        self.values += 1;
        let too_much = self.values > MOST_VALUES || depth > 2 * DEEPEST;
        if too_much { Err("document contains excessive aliasing".to_owned()) } else { Ok(()) }
    }

    fn mismatch(&mut self, node: &Node, tag: &str, wanted: &str) {
        let tag = node.tag.as_deref().map_or(tag.to_owned(), short);
        let value = match &node.kind {
            _ if matches!(tag.as_str(), "!!seq" | "!!map") => String::new(),
            Kind::Scalar { text, .. } if text.len() > 10 => {
                format!(" `{}...`", String::from_utf8_lossy(&text.as_bytes()[..7]))
            }
            Kind::Scalar { text, .. } => format!(" `{text}`"),
            _ => " ``".to_owned(),
        };
        self.mismatches.push(format!("line {}: cannot unmarshal {tag}{value} into {wanted}", node.line));
    }
}

fn is_merge(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar { text, plain } => {
            text == "<<" && (*plain || node.tag.as_deref().is_some_and(|tag| short(tag) == "!!merge"))
        }
        _ => false,
    }
}

fn short(tag: &str) -> String {
    tag.strip_prefix("tag:yaml.org,2002:").map_or(tag.to_owned(), |name| format!("!!{name}"))
}

/// What a scalar is taken for; of numbers and dates only that they are no text matters here.
fn tag_of(node: &Node, text: &str, plain: bool) -> Result<String, String> {
    let resolved = if plain || node.tag.is_some() { resolve(text) } else { "!!str" };
    let Some(tag) = node.tag.as_deref().map(short).filter(|tag| tag != "!") else { return Ok(resolved.to_owned()) };
    match tag.as_str() {
        "!!str" => Ok(tag),
        "!!float" if resolved == "!!int" => Ok(tag),
        "!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp" if tag != resolved => {
            Err(format!("cannot decode {resolved} `{text}` as a {tag}"))
        }
        _ => Ok(tag),
    }
}

fn resolve(text: &str) -> &'static str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return "!!null",
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" | "n" | "N" | "no" | "No"
        | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return "!!bool",
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf"
        | "-.INF" => return "!!float",
        "<<" => return "!!merge",
        _ => {}
    }
    let plain = text.replace('_', "");
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let radix = |prefix: [&str; 2], radix| {
        prefix
            .iter()
            .find_map(|prefix| unsigned.strip_prefix(prefix))
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix)))
    };
    if digits(unsigned) || radix(["0x", "0X"], 16) || radix(["0b", "0B"], 2) || radix(["0o", "0O"], 8) {
        return "!!int";
    }
    let first = text.bytes().next().unwrap_or_default();
    if (first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.'))
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
        && plain.parse::<f64>().is_ok()
    {
        return "!!float";
    }
    if is_date(text) { "!!timestamp" } else { "!!str" }
}

/// `2001-1-2`, with or without a time of the day.
fn is_date(text: &str) -> bool {
    let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = date.split('-').collect();
    let in_range =
        |part: &str, most: u32| part.len() <= 2 && part.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n));
    matches!(parts.as_slice(), [year, month, day] if year.len() == 4
        && year.bytes().all(|byte| byte.is_ascii_digit()) && in_range(month, 12) && in_range(day, 31))
}
