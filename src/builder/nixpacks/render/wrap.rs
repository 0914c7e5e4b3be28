//! Breaking lines where Nixpacks' box breaks them: first fit, at spaces and inside hyphenated words.

/// Where the width of a character is guessed to be two.
const WIDE: char = '\u{1100}';

fn width_of(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    if c < WIDE { 1 } else { 2 }
}

/// Lines no wider than `width`, unless a single character is.
pub(super) fn wrap(text: &str, width: usize) -> Vec<&str> {
    text.split('\n').flat_map(|line| wrap_line(line, width)).collect()
}

fn wrap_line(line: &str, width: usize) -> Vec<&str> {
    if line.len() < width {
        return vec![line.trim_end_matches(' ')];
    }
    let mut lines = Vec::new();
    let (mut start, mut end, mut used) = (0, 0, 0);
    for piece in pieces(line, width) {
        let word = piece.trim_end_matches(' ');
        if used + width_of(word) > width && end > start {
            lines.push(line[start..end].trim_end_matches(' '));
            start = end;
            used = 0;
        }
        end += piece.len();
        used += width_of(piece);
    }
    lines.push(line[start..].trim_end_matches(' '));
    lines
}

/// Words with the spaces behind them, parted after inner hyphens and, where they are too long, anywhere.
fn pieces(line: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(' ').unwrap_or(rest.len());
        let end = rest[word..].find(|c| c != ' ').map_or(rest.len(), |spaces| word + spaces);
        let (whole, after) = rest.split_at(end);
        part_at_hyphens(whole, word, width, &mut pieces);
        rest = after;
    }
    pieces
}

fn part_at_hyphens<'a>(whole: &'a str, word: usize, width: usize, pieces: &mut Vec<&'a str>) {
    let mut start = 0;
    for (at, _) in whole[..word].match_indices('-') {
        let before = whole[..at].chars().next_back();
        let after = whole[at + 1..word].chars().next();
        if before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric) {
            part_anywhere(&whole[start..=at], at + 1 - start, width, pieces);
            start = at + 1;
        }
    }
    part_anywhere(&whole[start..], word - start, width, pieces);
}

fn part_anywhere<'a>(piece: &'a str, word: usize, width: usize, pieces: &mut Vec<&'a str>) {
    let mut start = 0;
    if width_of(&piece[..word]) > width {
        let mut used = 0;
        for (at, c) in piece[..word].char_indices() {
            if used > 0 && used + char_width(c) > width {
                pieces.push(&piece[start..at]);
                start = at;
                used = 0;
            }
            used += char_width(c);
        }
    }
    pieces.push(&piece[start..]);
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_at_spaces_hyphens_and_as_a_last_resort_anywhere() {
        assert_eq!(wrap("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrap("no-input x", 5), ["no-", "input", "x"]);
        assert_eq!(wrap("--no-input", 6), ["--no-", "input"]);
        assert_eq!(wrap("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
        assert_eq!(wrap("a\n\nb ", 9), ["a", "", "b"]);
        assert_eq!(wrap("", 9), [""]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap("ab", 0), ["a", "b"]);
    }
}
