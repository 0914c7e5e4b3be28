//! Other names of `os.environ` and `os.getenv`.

use crate::check::facts::code::{Code, Statement};
use crate::log::pattern::Pattern;

static IMPORTED: Pattern = Pattern::ascii(r"\b(environ|getenv) as (\w+)");
static BOUND: Pattern = Pattern::ascii(r"^(\w+)\s*=\s*(?:\w+\.)?(environ|getenv|environ\.get|environ\.copy\(\))$");

/// More of them are none of a program's.
const MOST: usize = 8;

/// The names that a module has for them, each with what it stands for.
#[derive(Default)]
pub(super) struct Aliases(Vec<(String, &'static str)>);

impl Aliases {
    pub(super) fn of(code: &Code) -> Self {
        let mut found = Self::default();
        for statement in code.statements.iter().filter(|statement| statement.text.contains("env")) {
            let text = statement.text.as_str();
            let of_os = text.starts_with("from os import ");
            let imported = IMPORTED
                .captures_iter(text)
                .filter(|_| of_os)
                .map(|found| (found[2].to_owned(), stands_for(&found[1])));
            let bound = BOUND.captures(text).map(|found| (found[1].to_owned(), stands_for(&found[2])));
            found.0.extend(imported.chain(bound));
        }
        found.0.truncate(MOST);
        found
    }

    /// A statement with the names of the standard library, where it has others.
    pub(super) fn plain(&self, statement: &Statement) -> Option<Statement> {
        let mut text = None;
        for (alias, name) in &self.0 {
            let ends: &[&str] =
                if *name == "environ" { &["[", ".get(", ".pop(", ".setdefault(", ".keys("] } else { &["("] };
            let now: &str = text.as_deref().unwrap_or(&statement.text);
            text = renamed(now, alias, name, ends).or(text);
        }
        Some(statement.with_text(text?))
    }
}

fn stands_for(name: &str) -> &'static str {
    if matches!(name, "environ" | "environ.copy()") { "environ" } else { "getenv" }
}

/// A text with another name before each of these ends, and at the end of `in`; none where it has no such place.
fn renamed(text: &str, alias: &str, name: &str, ends: &[&str]) -> Option<String> {
    let mut found = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(alias) {
        let (before, after) = (&text[..at], &text[at + alias.len()..]);
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '\'');
        let is_asked =
            before.ends_with(" in ") && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let is_used = ends.iter().any(|end| after.starts_with(end)) || is_asked;
        if at >= from && is_used && !before.ends_with(is_part) {
            found.push_str(&text[from..at]);
            found.push_str(name);
            from = at + alias.len();
        }
    }
    (from > 0).then(|| found + &text[from..])
}
