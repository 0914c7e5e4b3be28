//! Conditions that end the program where a variable is not set.

use crate::check::facts::code::{Code, Statement};
use crate::log::pattern::Pattern;

/// A read that gives nothing where the variable is not set.
macro_rules! read {
    () => {
        r#"\(?(?:\w+\s*:=\s*)?(?:\w+\.)?(?:getenv|environ\.get)\(\s*["'](\w+)["']\s*(?:,\s*(?:None|""|'')\s*)?\)\)?"#
    };
}
macro_rules! environ {
    () => {
        r"(?:\w+\.)?environ(?:\.keys\(\))?"
    };
}

static READ: Pattern = Pattern::ascii(read!());
static ABSENT: [Pattern; 4] = [
    Pattern::ascii(concat!(r"^not\s+", read!(), "$")),
    Pattern::ascii(concat!("^", read!(), r#"\s*(?:is\s+None|==\s*(?:None|""|'')|in\s+[(\[{](?u:.*)[)\]}])$"#)),
    Pattern::ascii(concat!(r#"^["'](\w+)["']\s+not\s+in\s+"#, environ!(), "$")),
    Pattern::ascii(concat!(r#"^not\s+["'](\w+)["']\s+in\s+"#, environ!(), "$")),
];
static PRESENT: [Pattern; 2] = [
    Pattern::ascii(concat!("^", read!(), r#"\s*(?:(?:is\s+not|!=)\s*(?:None|""|''))?$"#)),
    Pattern::ascii(concat!(r#"^["'](\w+)["']\s+in\s+"#, environ!(), "$")),
];

/// The variables that a statement wants set: the others end the program there.
pub(super) fn demanded(code: &Code, index: usize, statement: &Statement) -> Vec<String> {
    let text = statement.text.as_str();
    if let Some(condition) = text.strip_prefix("assert ") {
        return all_set(before_comma(condition));
    }
    let condition = text.strip_prefix("if ").and_then(|rest| rest.strip_suffix(':'));
    let Some(condition) = condition.filter(|_| code.directly_inside(index).any(Statement::is_end)) else {
        return Vec::new();
    };
    // What two conditions decide together does not hang on the variable alone.
    match parts(condition, " and ").len() {
        1 => parts(condition, " or ").into_iter().flat_map(absent).collect(),
        _ => Vec::new(),
    }
}

/// The variables without one of which a condition holds.
fn absent(condition: &str) -> Vec<String> {
    if let Some(name) = named(&ABSENT, condition) {
        return vec![name];
    }
    let negated = condition.strip_prefix("not ").map(str::trim);
    negated.filter(|inner| inner.starts_with(['(', 'a'])).map(all_set).unwrap_or_default()
}

/// The variables that a condition wants, all of them: `A and B`, `all([A, B])`.
fn all_set(condition: &str) -> Vec<String> {
    let inner = condition.trim().strip_prefix("all").unwrap_or(condition).trim();
    if inner.len() < condition.trim().len() && inner.starts_with('(') && !inner.contains(" for ") {
        return READ.captures_iter(inner).map(|found| found[1].to_owned()).collect();
    }
    match parts(inner, " or ").len() {
        1 => parts(inner, " and ").into_iter().filter_map(|part| named(&PRESENT, part)).collect(),
        _ => Vec::new(),
    }
}

fn named(patterns: &'static [Pattern], text: &str) -> Option<String> {
    patterns.iter().find_map(|pattern| Some(pattern.captures(text)?[1].to_owned()))
}

/// The operands of an operator that stands outside of brackets, those of brackets around the whole included.
fn parts<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let text = unwrapped(text.trim());
    let mut depth = 0_usize;
    let (mut found, mut begin) = (Vec::new(), 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && at >= begin && text[at..].starts_with(operator) => {
                found.push(text[begin..at].trim());
                begin = at + operator.len();
            }
            _ => {}
        }
    }
    found.push(text[begin..].trim());
    found
}

/// A text without the brackets around the whole of it.
fn unwrapped(text: &str) -> &str {
    let inner = text.strip_prefix('(').filter(|inner| super::uses::closing(inner) + 1 == inner.len());
    inner.map_or(text, |inner| inner[..inner.len() - 1].trim())
}

/// What an `assert` asks, without what it says.
fn before_comma(text: &str) -> &str {
    let mut depth = 0_usize;
    let end = text.char_indices().find(|(_, c)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *c == ',' && depth == 0
    });
    end.map_or(text, |(at, _)| &text[..at])
}
