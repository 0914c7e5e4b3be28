//! Edits of TOML and JSON files, by key. Everything that an edit does not name stays as it is, to the byte.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::change::{Change, MOST_TIMES};
use super::cut::{self, Cut};
use super::expect;
use super::tree::{Dialect, Entry, Kind, Node, Statement, scan};
use crate::project::hujson;

/// No file of settings is this large; line-wise work on it stays quick.
const LARGEST: usize = 1 << 20;

/// The text with the change made, checked by reading it back; `Err` says in words why it cannot be made.
pub(super) fn change(text: &str, dialect: Dialect, key: &[String], change: Change<'_>) -> Result<String, String> {
    if key.is_empty() {
        return Err("the edit names no key".to_owned());
    }
    if text.len() > LARGEST {
        return Err(format!("is larger than {} MiB", LARGEST >> 20));
    }
    let before = expect::parse(text, dialect)?;
    let expected = expect::after(before, key, change)?;
    let mut text = text.to_owned();
    // One cut at a time: after each one the places are read anew.
    for _ in 0..MOST_TIMES {
        let plain = plain(&text, dialect)?;
        let laid_out = if dialect == Dialect::Toml { Dialect::Toml } else { Dialect::Json };
        let statements = scan(&plain, laid_out).ok_or("is not laid out in a way that can be edited")?;
        let file = File { text: &plain, dialect: laid_out, statements: &statements };
        let Some(cuts) = file.cuts(key, change)? else { break };
        text = cut::apply(&text, cuts);
        if !matches!(change, Change::Remove | Change::RemoveItem(_)) {
            break;
        }
    }
    match expect::parse(&text, dialect) {
        Ok(found) if found == expected => Ok(text),
        _ => Err(format!("`{}` stands there in a way that cannot be edited safely", key.join("."))),
    }
}

/// The text without the comments that its parser does not know, every value at its own place.
fn plain(text: &str, dialect: Dialect) -> Result<Cow<'_, str>, String> {
    match dialect {
        Dialect::CommentedJson => Ok(hujson::Document::without_comments(text)?.into()),
        Dialect::Json | Dialect::Toml => Ok(text.into()),
    }
}

struct File<'a> {
    text: &'a str,
    dialect: Dialect,
    statements: &'a [Statement],
}

impl File<'_> {
    /// The next cuts to make; `None` when nothing is left to do.
    fn cuts(&self, key: &[String], change: Change<'_>) -> Result<Option<Vec<Cut>>, String> {
        match change {
            Change::Remove => Ok(self.remove(key)),
            Change::Set(value) => self.set(key, value).map(Some),
            Change::RemoveItem(item) => Ok(self.array(key).and_then(|array| {
                let index = array.entries().iter().position(|entry| self.is_string(entry, item))?;
                Some(cut::without(self.text, self.dialect, array, index))
            })),
            Change::AddItem { item, first } => match self.array(key) {
                Some(array) if array.entries().iter().any(|entry| self.is_string(entry, item)) => Ok(None),
                Some(array) => Ok(Some(cut::with(self.text, array, &self.render(&item.into())?, first))),
                None => self.set(key, &Value::from(vec![item])).map(Some),
            },
        }
    }

    fn is_string(&self, entry: &Entry, item: &str) -> bool {
        let written = &self.text[entry.value.span.clone()];
        match self.dialect {
            Dialect::Json | Dialect::CommentedJson => {
                serde_json::from_str::<String>(written).is_ok_and(|text| text == item)
            }
            Dialect::Toml => written.parse::<toml_edit::Value>().is_ok_and(|value| value.as_str() == Some(item)),
        }
    }

    fn array(&self, key: &[String]) -> Option<&Node> {
        self.statements.iter().find_map(|statement| {
            let rest = key.strip_prefix(statement.at.as_slice())?;
            let node = descend(statement.value.as_ref()?, rest)?;
            matches!(node.kind, Kind::Array(_)).then_some(node)
        })
    }

    fn remove(&self, key: &[String]) -> Option<Vec<Cut>> {
        for statement in self.statements {
            let (Some(rest), Some(node)) = (key.strip_prefix(statement.at.as_slice()), &statement.value) else {
                continue;
            };
            if rest.is_empty() {
                continue;
            }
            let Some((holder, index, emptied)) = holder(node, rest, true) else { continue };
            if emptied && !statement.at.is_empty() {
                return Some(self.remove_statements(&statement.at));
            }
            return Some(cut::without(self.text, self.dialect, holder, index));
        }
        self.statements.iter().any(|statement| statement.at.starts_with(key)).then(|| self.remove_statements(key))
    }

    /// Removes a TOML key with everything below it, and the headers that are left with nothing under them.
    fn remove_statements(&self, key: &[String]) -> Vec<Cut> {
        let mut gone: Vec<bool> = self.statements.iter().map(|statement| statement.at.starts_with(key)).collect();
        for depth in (1..key.len()).rev() {
            let around = &key[..depth];
            let mut rest = self.statements.iter().zip(&gone).filter(|(statement, gone)| {
                !**gone && statement.at.starts_with(around) && !(statement.value.is_none() && statement.at == around)
            });
            if rest.next().is_some() {
                break;
            }
            for (statement, gone) in self.statements.iter().zip(&mut gone) {
                *gone |= statement.at == around;
            }
        }
        let mut cuts = Vec::new();
        let mut index = 0;
        while index < gone.len() {
            let start = index;
            while gone.get(index) == Some(&true) {
                index += 1;
            }
            if start < index {
                cuts.push((self.block(start..index), String::new()));
            } else {
                index += 1;
            }
        }
        cuts
    }

    /// The lines of neighbouring statements, with the comments that belong to them alone and one of the gaps around.
    fn block(&self, statements: Range<usize>) -> Range<usize> {
        let text = self.text;
        let own = &self.statements[statements.clone()];
        let begin = own.first().map_or(0, |statement| statement.span.start);
        let end = own.last().map_or(0, |statement| statement.span.end);
        let (from, mut to) = (cut::line_start(text, begin), cut::line_end(text, end));
        let before =
            statements.start.checked_sub(1).map_or(0, |index| cut::line_end(text, self.statements[index].span.end));
        let next = self.statements.get(statements.end);
        let limit = next.map_or(text.len(), |next| cut::line_start(text, next.span.start));
        let has_header = own.iter().any(|statement| statement.value.is_none());

        if has_header {
            // Comments after the last key are the table's own unless they lead over to what follows.
            let mut tail = to;
            while tail < limit && cut::is_comment(&text[tail..cut::line_end(text, tail)]) {
                tail = cut::line_end(text, tail);
            }
            if tail < limit || limit == text.len() {
                to = tail;
            }
        }
        let following = &text[to..cut::line_end(text, to)];
        let heads_more =
            !(cut::is_blank(following) || cut::is_comment(following) || following.trim_start().starts_with('['));
        let above = cut::comments_above(text, from, before);
        let from = if heads_more && !has_header { from } else { above };

        let gap_above = from == 0 || cut::is_blank(&text[cut::line_start(text, from - 1)..from]);
        if gap_above {
            while to < text.len() && cut::is_blank(&text[to..cut::line_end(text, to)]) {
                to = cut::line_end(text, to);
            }
        }
        let mut start = from;
        if to == text.len() {
            while start > before && cut::is_blank(&text[cut::line_start(text, start - 1)..start]) {
                start = cut::line_start(text, start - 1);
            }
        }
        start..to
    }

    fn set(&self, key: &[String], value: &Value) -> Result<Vec<Cut>, String> {
        let mut nearest: Option<(&Node, &[String])> = None;
        for statement in self.statements {
            let Some(node) = &statement.value else { continue };
            let Some(rest) = key.strip_prefix(statement.at.as_slice()) else { continue };
            if let Some(found) = descend(node, rest) {
                return Ok(vec![(found.span.clone(), self.render(value)?)]);
            }
            nearest =
                Some(nearest_map(node, rest).ok_or_else(|| format!("`{}` is not a table", statement.at.join(".")))?);
        }
        match nearest {
            Some((map, rest)) => self.set_in_map(map, rest, value),
            None => self.set_in_table(key, value),
        }
    }

    fn set_in_map(&self, map: &Node, rest: &[String], value: &Value) -> Result<Vec<Cut>, String> {
        let Some((name, deeper)) = rest.split_first() else { return Err("the edit names no key".to_owned()) };
        let nested = deeper
            .iter()
            .rev()
            .fold(value.clone(), |inner, part| Value::Object([(part.clone(), inner)].into_iter().collect()));
        let shown = self.render(&nested)?;
        if self.dialect == Dialect::Toml {
            let new = format!("{} = {shown}", toml_edit::Key::new(name.as_str()));
            if map.entries().is_empty() {
                return Ok(vec![(map.span.clone(), format!("{{ {new} }}"))]);
            }
            return Ok(cut::with(self.text, map, &new, false));
        }
        let new = format!("{}: {shown}", Value::from(name.as_str()));
        if map.entries().is_empty() {
            let (at, unit) = (map.span.start, self.indent_unit());
            let (eol, outer) = (cut::eol(self.text, at), cut::indent(self.text, at));
            return Ok(vec![(map.span.clone(), format!("{{{eol}{outer}{unit}{new}{eol}{outer}}}"))]);
        }
        Ok(cut::with(self.text, map, &new, false))
    }

    fn indent_unit(&self) -> &str {
        let root = self.statements.first().and_then(|statement| statement.value.as_ref());
        let member = root.and_then(|root| root.entries().first());
        let used = member.map_or("", |member| cut::indent(self.text, member.span.start));
        if used.is_empty() { "  " } else { used }
    }

    fn set_in_table(&self, key: &[String], value: &Value) -> Result<Vec<Cut>, String> {
        let Some((name, parents)) = key.split_last() else { return Err("the edit names no key".to_owned()) };
        let shown = self.render(value)?;
        let written = |path: &[String]| {
            let parts: Vec<String> = path.iter().map(|part| toml_edit::Key::new(part.as_str()).to_string()).collect();
            parts.join(".")
        };
        let text = self.text;
        let in_table = |statement: &&Statement| statement.under == parents;
        let by_dots = |statement: &&Statement| {
            statement.value.is_some() && statement.at.starts_with(parents) && parents.starts_with(&statement.under)
        };
        let last = self.statements.iter().rev().find(in_table).or_else(|| self.statements.iter().rev().find(by_dots));
        if let Some(last) = last {
            let line = format!("{}{} = {shown}", cut::indent(text, last.span.start), written(&key[last.under.len()..]));
            return Ok(vec![self.line_after(last.span.end, &line)]);
        }
        if parents.is_empty() {
            let line = format!("{} = {shown}", written(std::slice::from_ref(name)));
            let Some(first) = self.statements.first() else { return Ok(vec![self.line_after(text.len(), &line)]) };
            let start = cut::line_start(text, first.span.start);
            let at = cut::comments_above(text, start, 0);
            let eol = cut::eol(text, at);
            return Ok(vec![(at..at, format!("{line}{eol}{eol}"))]);
        }
        let eol = cut::eol(text, text.len());
        let gap = if cut::is_blank(text) { "" } else { eol };
        let section = format!("{gap}[{}]{eol}{} = {shown}", written(parents), written(std::slice::from_ref(name)));
        Ok(vec![self.line_after(text.len(), &section)])
    }

    /// A cut that puts a line after the one of `at`, whether or not that one has a line end.
    fn line_after(&self, at: usize, line: &str) -> Cut {
        let end = cut::line_end(self.text, at);
        let eol = cut::eol(self.text, at);
        let open = end > 0 && !self.text[..end].ends_with('\n');
        (end..end, if open { format!("{eol}{line}") } else { format!("{line}{eol}") })
    }

    fn render(&self, value: &Value) -> Result<String, String> {
        match self.dialect {
            Dialect::Json | Dialect::CommentedJson => Ok(spaced_json(value)),
            Dialect::Toml => toml_value(value).map(|value| value.to_string()),
        }
    }
}

/// JSON on one line with a space after commas and colons, as people write it.
fn spaced_json(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced_json).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if !members.is_empty() => {
            let shown =
                members.iter().map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), spaced_json(value)));
            format!("{{ {} }}", shown.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn toml_value(value: &Value) -> Result<toml_edit::Value, String> {
    Ok(match value {
        Value::Null => return Err("TOML has no null".to_owned()),
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(real)) => real.into(),
            (None, None) => return Err("TOML has no such number".to_owned()),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => {
            let items = items.iter().map(toml_value).collect::<Result<Vec<_>, _>>()?;
            toml_edit::Value::Array(items.into_iter().collect())
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| Ok((name.as_str(), toml_value(value)?)));
            toml_edit::Value::InlineTable(members.collect::<Result<Vec<_>, String>>()?.into_iter().collect())
        }
    })
}

/// What stands at `rest`; an item of a list counts by its number.
fn descend<'a>(node: &'a Node, rest: &[String]) -> Option<&'a Node> {
    if rest.is_empty() {
        return Some(node);
    }
    match &node.kind {
        Kind::Map(entries) => {
            entries.iter().find_map(|entry| descend(&entry.value, rest.strip_prefix(entry.key.as_slice())?))
        }
        Kind::Array(entries) => {
            let (number, rest) = rest.split_first()?;
            descend(&entries.get(number.parse::<usize>().ok()?)?.value, rest)
        }
        Kind::Scalar => None,
    }
}

/// The innermost map on the way to `rest`, and what is left of the way; `None` when something else is in the way.
fn nearest_map<'a, 'k>(node: &'a Node, rest: &'k [String]) -> Option<(&'a Node, &'k [String])> {
    let Kind::Map(entries) = &node.kind else { return None };
    let below = entries.iter().find_map(|entry| Some((&entry.value, rest.strip_prefix(entry.key.as_slice())?)));
    below.map_or(Some((node, rest)), |(inner, rest)| nearest_map(inner, rest))
}

/// The list of entries to shorten so that `rest` is gone, and whether `node` itself ends up empty. Maps that hold
/// nothing else go with it.
fn holder<'a>(node: &'a Node, rest: &[String], root: bool) -> Option<(&'a Node, usize, bool)> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries
        .iter()
        .enumerate()
        .find_map(|(index, entry)| {
            let emptied = entries.len() == 1;
            if entry.key.starts_with(rest) {
                return Some((node, index, emptied));
            }
            match holder(&entry.value, rest.strip_prefix(entry.key.as_slice())?, false)? {
                (_, _, true) => Some((node, index, emptied)),
                found => Some(found),
            }
        })
        .map(|(found, index, emptied)| (found, index, emptied && (root || std::ptr::eq(found, node))))
}
