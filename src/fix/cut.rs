//! Cuts in text: ranges replaced without touching a byte around them.

use std::ops::Range;

use super::tree::{Dialect, Node};

/// A range and what takes its place.
pub(super) type Cut = (Range<usize>, String);

/// The text after all cuts, which must not overlap.
pub(super) fn apply(text: &str, mut cuts: Vec<Cut>) -> String {
    cuts.sort_by_key(|(range, _)| range.start);
    let mut result = String::with_capacity(text.len());
    let mut from = 0;
    for (range, with) in cuts {
        result.push_str(text.get(from..range.start).unwrap_or_default());
        result.push_str(&with);
        from = range.end.max(from);
    }
    result.push_str(&text[from..]);
    result
}

/// Where the line of `at` begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |newline| newline + 1)
}

/// Where the line after that of `at` begins.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |newline| at + newline + 1)
}

/// The line end in use at `at`: that of its own line, or of the one before where it is the last.
pub(super) fn eol(text: &str, at: usize) -> &'static str {
    let end = line_end(text, at);
    let line = &text[..end];
    let newline = if line.ends_with('\n') { Some(end - 1) } else { memchr::memrchr(b'\n', line.as_bytes()) };
    match newline {
        Some(newline) if newline > 0 && text.as_bytes()[newline - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

/// The blanks that the line of `at` begins with.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let start = line_start(text, at);
    let line = &text[start..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

pub(super) fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Where the comment lines directly above the line that begins at `start` begin.
pub(super) fn comments_above(text: &str, start: usize, limit: usize) -> usize {
    let mut from = start;
    while from > limit {
        let above = line_start(text, from - 1);
        if above < limit || !is_comment(&text[above..from]) {
            break;
        }
        from = above;
    }
    from
}

/// Takes one item or member out of its list or map.
pub(super) fn without(text: &str, dialect: Dialect, node: &Node, index: usize) -> Vec<Cut> {
    let entries = node.entries();
    let Some(entry) = entries.get(index) else { return Vec::new() };
    let inside = node.span.start + 1..node.span.end - 1;
    let stop = entry.comma.map_or(entry.span.end, |comma| comma + 1);
    let start = entry.span.start;
    let has_comment = |range: Range<usize>| text[range].contains('#');
    if entries.len() == 1 && !has_comment(inside.start..start) && !has_comment(entry.span.end..inside.end) {
        return vec![(inside, String::new())];
    }

    let mut cuts = Vec::new();
    let previous_comma = index.checked_sub(1).and_then(|previous| entries.get(previous)?.comma);
    let own_line = stands_alone(text, start..stop);
    if let (Some(comma), None) = (previous_comma, entry.comma) {
        let same_line = !text[comma..start].contains('\n');
        if same_line {
            return vec![(comma..stop, String::new())];
        }
        // TOML allows the comma to stay, which leaves that line as it was.
        if dialect == Dialect::Json || !own_line {
            cuts.push((comma..comma + 1, String::new()));
        }
    }

    if own_line {
        let from = line_start(text, start);
        let to = line_end(text, stop);
        let above = comments_above(text, from, line_end(text, node.span.start).min(from));
        let next = &text[to..line_end(text, to)];
        let heads_more = !(is_blank(next) || is_comment(next) || next.trim_start().starts_with([']', '}']));
        cuts.push((if heads_more { from } else { above }..to, String::new()));
        return cuts;
    }
    let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let after = stop + blanks(&text[stop..inside.end]);
    let next_on_line = entries.get(index + 1).is_some_and(|next| next.span.start == after);
    if next_on_line {
        cuts.push((start..after, String::new()));
    } else {
        let before = text[inside.start..start].trim_end_matches([' ', '\t']).len() + inside.start;
        cuts.push((before..stop, String::new()));
    }
    cuts
}

/// Whether nothing but a comment shares the lines of `range`.
fn stands_alone(text: &str, range: Range<usize>) -> bool {
    let rest = &text[range.end..line_end(text, range.end)];
    is_blank(&text[line_start(text, range.start)..range.start]) && (is_blank(rest) || is_comment(rest))
}

/// Puts `new` into a list or map as the first or last entry.
pub(super) fn with(text: &str, node: &Node, new: &str, first: bool) -> Vec<Cut> {
    let entries = node.entries();
    let insert = |at: usize, what: String| (at..at, what);
    let (Some(head), Some(tail)) = (entries.first(), entries.last()) else {
        return vec![insert(node.span.end - 1, new.to_owned())];
    };
    let breaks = |entry: &super::tree::Entry| is_blank(&text[line_start(text, entry.span.start)..entry.span.start]);
    if first {
        let start = head.span.start;
        let gap = if breaks(head) { format!("{}{}", eol(text, start), indent(text, start)) } else { " ".to_owned() };
        return vec![insert(start, format!("{new},{gap}"))];
    }
    let end = tail.span.end;
    let after = tail.comma.map_or(end, |comma| comma + 1);
    let closing = if tail.comma.is_some() { "," } else { "" };
    if !breaks(tail) || !stands_alone(text, tail.span.start..after) {
        let lead = if tail.comma.is_some() { " " } else { ", " };
        return vec![insert(after, format!("{lead}{new}{closing}"))];
    }
    let line = &text[..line_end(text, after)];
    let line_stop = line.trim_end_matches(['\r', '\n']).len();
    let mut cuts =
        vec![insert(line_stop, format!("{}{}{new}{closing}", eol(text, after), indent(text, tail.span.start)))];
    if tail.comma.is_none() {
        if line_stop == end {
            cuts[0].1.insert(0, ',');
        } else {
            cuts.push(insert(end, ",".to_owned()));
        }
    }
    cuts
}
