//! A start command that no shell can read.

use super::facts::Facts;
use super::facts::start::Start;
use super::finding::{Check, Findings, error};

pub(crate) const SYNTAX: Check = error(
    "shell-syntax-error",
    "A shell reads parentheses, quotes, `&`, `;` and `|` as its own, and runs nothing of a line that it cannot read to its end. What a program is to \
     get whole, `module:factory()` above all, stands in quotes.",
);

pub(super) const CHECKS: &[Check] = &[SYNTAX];

/// What is wrong with a line.
enum Fault<'c> {
    /// A word that a parenthesis splits.
    Word(&'c str),
    /// A quote that is never closed.
    Open(char),
}

/// The first fault of a line, as bash reads it. What this scan knows nothing of, here-documents above all, is no fault.
fn fault(command: &str) -> Option<Fault<'_>> {
    if command.contains("<<") || command.contains('`') {
        return None;
    }
    let (mut quote, mut escaped, mut substitutions) = (None, false, 0_usize);
    let (mut word, mut before) = (0, ' ');
    for (at, c) in command.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != Some('\'') {
            escaped = true;
        } else if let Some(open) = quote {
            quote = (c != open).then_some(open);
        } else if matches!(c, '"' | '\'') {
            quote = Some(c);
        } else if c == '#' && before.is_whitespace() {
            return None;
        } else if c == '(' && (substitutions > 0 || "$<>=?*+@!(".contains(before)) {
            // Substitutions, arrays and patterns are bash's own, and what stands in them is another line.
            substitutions += 1;
        } else if c == ')' && substitutions > 0 {
            substitutions -= 1;
        } else if c == '(' && !before.is_whitespace() && !"&;|".contains(before) && at > 0 {
            let end = command[at..].find(|c: char| c.is_whitespace() || "&;|".contains(c));
            let end = end.map_or(command.len(), |end| at + end);
            // A function of the shell.
            let is_function = command[end..].trim_start().starts_with('{') || command[end..].starts_with(" (");
            return (!is_function).then(|| Fault::Word(&command[word..end]));
        } else if c.is_whitespace() || "&;|".contains(c) {
            word = at + c.len_utf8();
        }
        before = c;
    }
    quote.map(Fault::Open)
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(start) = Start::of(facts).filter(|start| facts.is_python() && start.is_written(facts)) else { return };
    let finding = match fault(start.command) {
        Some(Fault::Word(word)) => {
            let quoted = if word.contains('"') { format!("'{word}'") } else { format!("\"{word}\"") };
            let better = start.command.replacen(word, &quoted, 1);
            let finding = SYNTAX.found(format!("the shell reads the parenthesis of {word} as its own")).about(word);
            finding
                .help(format!("put it in quotes: {quoted}"))
                .fix("put it in quotes", start.replaced_with(facts, &better))
        }
        Some(Fault::Open(quote)) => SYNTAX
            .found(format!("a quote ({quote}) of the start command is never closed"))
            .help(format!("close it, or write \\{quote} where the sign itself is meant")),
        None => return,
    };
    findings.push(finding.at(start.source.clone(), start.command));
}
