//! Every text on its way to the terminal: what a project, a log, a package or an engine says can neither colour, move, retitle nor link.
//!
//! Colour of our own passes as marks that only this process knows how to make; everything else that is not plain text is
//! shown as what it is.

use std::borrow::Cow;
use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// Begins a mark. No character: Unicode sets it aside for use within a program.
const MARK: char = '\u{fdd0}';
/// A number of this process, without which nobody can imitate a mark.
static SECRET: LazyLock<String> = LazyLock::new(|| format!("{:016x}", RandomState::new().hash_one(std::process::id())));

/// Text in a colour, by the numbers of SGR such as `1;31`, until it has gone through [`shown`].
pub(super) fn painted(numbers: &str, text: &str) -> String {
    let secret = &*SECRET;
    format!("{MARK}{secret}{numbers}m{text}{MARK}{secret}0m")
}

/// What may be written to a terminal: control characters, C1 codes, bidirectional overrides and invisible marks as visible escapes
/// such as `\x1b`; line ends and tabs as they are; colours of our own as colours.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(is_harmful) {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        if let Some((numbers, after)) = colour(from) {
            let _ = write!(out, "\x1b[{numbers}m");
            rest = after;
            continue;
        }
        let mut characters = from.chars();
        out.extend(characters.next().map(escape));
        rest = characters.as_str();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The same for what must stay on its line, such as a name in a list.
pub(super) fn in_line(text: &str) -> Cow<'_, str> {
    match text.contains('\n') {
        true => Cow::Owned(text.replace('\n', r"\n")),
        false => Cow::Borrowed(text),
    }
}

/// JSON whose strings hold harmful characters as escapes; those below U+0020 are escaped already.
pub fn in_json(json: &str) -> Cow<'_, str> {
    let is_raw = |c: char| is_harmful(c) && !c.is_ascii_control() || c == '\x7f';
    if !json.contains(is_raw) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match is_raw(c) {
            true => out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The numbers of a mark of our own, and what follows it.
fn colour(text: &str) -> Option<(&str, &str)> {
    let numbers = text.strip_prefix(MARK)?.strip_prefix(SECRET.as_str())?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    Some((&numbers[..end], numbers[end..].strip_prefix('m')?))
}

fn is_harmful(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Marks and overrides of direction, separators of lines, what is invisible, annotations, tags, and what begins our marks.
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => c.is_control(),
    }
}

fn escape(c: char) -> String {
    match c {
        '\r' => r"\r".to_owned(),
        '\0'..='\u{ff}' => format!("\\x{:02x}", u32::from(c)),
        _ => format!("\\u{{{:x}}}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_command_the_terminal_is_shown_as_what_it_is() {
        assert_eq!(shown("a\x1b[31mb\x1b]0;title\x07"), r"a\x1b[31mb\x1b]0;title\x07");
        assert_eq!(shown("\u{9b}2J\u{7f}\r\u{8}"), r"\x9b2J\x7f\r\x08");
        assert_eq!(shown("user\u{202e}txt.exe\u{2066}"), r"user\u{202e}txt.exe\u{2066}");
        assert_eq!(shown("two\nlines\tand «text» 日本 👩‍💻"), "two\nlines\tand «text» 日本 👩‍💻");
    }

    #[test]
    fn only_our_own_colours_are_colours() {
        assert_eq!(shown(&painted("1;31", "bad")), "\x1b[1;31mbad\x1b[0m");
        assert_eq!(shown(&painted("1;31", "\x1b[32mgood")), "\x1b[1;31m\\x1b[32mgood\x1b[0m");
        assert_eq!(shown("\u{fdd0}0123456789abcdef1;31m"), r"\u{fdd0}0123456789abcdef1;31m");
        // Whoever knew the secret could colour, and no more.
        assert_eq!(shown(&painted("2J\x1b", "x")).matches('\x1b').count(), 1);
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "a\u{9b}b\u{202e}\u{e0041}\u{7f}é\n";
        let json = serde_json::to_string(text).unwrap();
        let safe = in_json(&json);
        assert!(!safe.contains(is_harmful), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left_of_any_text(text in any::<String>()) {
            let once = shown(&text).into_owned();
            prop_assert!(!once.contains(is_harmful));
            prop_assert_eq!(shown(&once), &*once);
        }
    }
}
