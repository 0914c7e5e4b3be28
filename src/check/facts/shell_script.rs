//! The shell script that a start command runs, as far as it is a plain list of commands.

use std::path::Path;

use super::command::{Invocation, invocations, is_keyword};
use crate::project::{Project, Source};

/// A longer file is not a script that starts something.
pub(in crate::check) const LARGEST: u64 = 1 << 16;

/// The script that an invocation runs, as it is named.
pub(in crate::check) fn named<'c>(invocation: &Invocation<'c>) -> Option<&'c str> {
    let named = match invocation.program {
        "bash" | "sh" => invocation.arguments.iter().copied().find(|word| !word.starts_with('-'))?,
        program if program.ends_with(".sh") => invocation.path,
        _ => return None,
    };
    let inside = named.strip_prefix("/app/").unwrap_or(named).trim_start_matches("./");
    (!inside.starts_with('/') && !inside.contains("..")).then_some(inside)
}

/// A word that a block of commands begins with, at the head of a command.
fn begins_block(word: &str) -> bool {
    matches!(word, "if" | "for" | "while" | "until" | "case")
}

/// A word behind which nothing can be said of the lines that follow.
fn ends_script(word: &str) -> bool {
    matches!(word, "exec" | "exit" | "return" | "cd" | "pushd")
}

/// The words at the heads of a line's commands.
fn heads(line: &str) -> impl Iterator<Item = &str> {
    let leads = |word: &&str| matches!(*word, "then" | "do" | "else" | "{" | "!");
    line.split([';', '&', '|']).filter_map(move |command| command.split_whitespace().find(|word| !leads(word)))
}

/// Its commands with their places. What a condition, a loop, a function or another folder decides is not followed.
pub(super) fn lines(app: &Project, start: &str) -> Vec<(String, Source)> {
    let all = invocations(start);
    let Some((invocation, name)) = all.iter().find_map(|invocation| Some((invocation, named(invocation)?))) else {
        return Vec::new();
    };
    let path = Path::new(invocation.folder).join(name);
    let Ok(text) = crate::fs::read_text(&app.root().join(&path), LARGEST) else { return Vec::new() };
    let mut found = Vec::new();
    let mut held = String::new();
    let mut depth = 0;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(begun) = line.strip_suffix('\\').filter(|_| !line.starts_with('#')) {
            held.push_str(begun);
            continue;
        }
        let whole = format!("{}{line}", std::mem::take(&mut held));
        let first = whole.split_whitespace().next().unwrap_or_default();
        let is_inside = depth > 0;
        // A block that ends neither the script nor its place in the folders is passed over.
        if is_inside || begins_block(first) {
            if whole.split([' ', ';', '\t', '(']).any(ends_script) {
                break;
            }
            depth += heads(&whole).filter(|head| begins_block(head)).count();
            depth = depth.saturating_sub(heads(&whole).filter(|head| matches!(*head, "fi" | "done" | "esac")).count());
            continue;
        }
        let blocks = is_keyword(first) || first == "function" || ends_script(first) && first != "exec";
        if blocks || whole.contains("()") || whole.contains("<<") {
            break;
        }
        let assigns = first.split_once('=').is_some_and(|(name, _)| !name.contains(['-', '/', '$']));
        let is_setting =
            matches!(first, "" | "set" | "export" | "echo" | "source" | "." | "trap" | "sleep" | "true" | "wait");
        let is_assignment = assigns && whole.split_whitespace().count() == 1;
        if !(is_setting || is_assignment || first.starts_with('#')) {
            found.push((whole, app.line(&path, Some(index + 1))));
        }
    }
    found
}
