//! Where things stand in a file of Python, outside of its texts and comments.

use std::ops::Range;

/// The text with blanks in the place of its comments, so that every other byte stays where it is.
pub(super) fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let comment = outside(line, 0..line.len()).find(|(_, c, _)| *c == '#').map_or(line.len(), |(at, ..)| at);
        code.push_str(&line[..comment]);
        code.extend(line[comment..].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    }
    code
}

/// The characters of a part of a text that stand outside of quotes, with how many brackets are open around them.
pub(super) fn outside(text: &str, range: Range<usize>) -> impl Iterator<Item = (usize, char, usize)> {
    let mut quote = None;
    let mut depth = 0_usize;
    let mut escaped = false;
    let start = range.start;
    text[range].char_indices().filter_map(move |(at, c)| {
        if let Some(open) = quote {
            if c == open && !escaped || c == '\n' {
                quote = None;
            }
            escaped = c == '\\' && !escaped;
            return None;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            _ => return Some((start + at, c, depth)),
        }
        None
    })
}

/// What follows `if __name__ == "__main__":` in its own line.
pub(super) fn after_guard(line: &str) -> Option<&str> {
    let (_, guarded) = line.trim_start().strip_prefix("if")?.split_once("__main__")?;
    guarded.split_once(':').map(|(_, call)| call.trim_start())
}

/// Where the parenthesis closes that was open before `start`.
pub(super) fn closing(code: &str, start: usize) -> Option<usize> {
    /// A call of more than that is none.
    const LONGEST: usize = 4096;
    let end = code.len().min(start + LONGEST);
    let end = (end..code.len()).find(|at| code.is_char_boundary(*at)).unwrap_or(code.len());
    outside(code, start..end).find(|(_, c, _)| *c == ')').map(|(at, ..)| at)
}

/// Whether the nearest block around a line is one that may be passed over.
pub(super) fn is_conditional(text: &str, index: usize) -> bool {
    let lines: Vec<&str> = text.lines().take(index + 1).collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(lines[index]);
    let around = lines[..index].iter().rev().find(|line| !line.trim().is_empty() && depth(line) < own);
    let head = around.map_or("", |line| line.trim_start());
    ["if ", "elif ", "else", "except"].iter().any(|word| head.starts_with(word)) && !head.contains("__name__")
}
