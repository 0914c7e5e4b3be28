//! Text with places.

/// The words of Rust's standard library for text that is not UTF-8; Nixpacks shows them as they are.
pub(super) const NOT_UTF8: &str = "stream did not contain valid UTF-8";

/// How a file's bytes stand for text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Plain UTF-8.
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8Bom,
    /// UTF-16, little endian, behind a byte order mark.
    Utf16Le,
    /// UTF-16, big endian, behind a byte order mark.
    Utf16Be,
    /// None of these; the text holds replacement characters.
    Unknown,
}

/// A file's text and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Without byte order mark; line ends as they are.
    pub text: String,
    /// How it was written.
    pub encoding: Encoding,
}

/// Reads bytes as text, whatever they are.
pub fn decode(bytes: &[u8]) -> Decoded {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] if std::str::from_utf8(rest).is_ok() => {
            Decoded { text: String::from_utf8_lossy(rest).into_owned(), encoding: Encoding::Utf8Bom }
        }
        [0xFF, 0xFE, rest @ ..] => Decoded { text: wide(rest, u16::from_le_bytes), encoding: Encoding::Utf16Le },
        [0xFE, 0xFF, rest @ ..] => Decoded { text: wide(rest, u16::from_be_bytes), encoding: Encoding::Utf16Be },
        _ => {
            let encoding = if std::str::from_utf8(bytes).is_ok() { Encoding::Utf8 } else { Encoding::Unknown };
            Decoded { text: String::from_utf8_lossy(bytes).into_owned(), encoding }
        }
    }
}

/// UTF-8 text with `\n` line ends, or the line (from 1) where it stops being UTF-8.
pub(super) fn from_utf8(bytes: Vec<u8>) -> Result<String, usize> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..valid]).count()
    })?;
    Ok(if memchr::memmem::find(text.as_bytes(), b"\r\n").is_some() { text.replace("\r\n", "\n") } else { text })
}

/// Deeper than anybody writes, and no deeper than what reads it can go.
pub(super) const DEEPEST: usize = 100;

/// The line (from 1) where brackets or the parts of a dotted key nest deeper than [`DEEPEST`]: the parsers of configuration go as
/// deep as the text does, and the stack ends sooner. What quotes hold does not count.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut dots, mut line) = (0usize, 0usize, 1usize);
    let mut quote = None;
    let mut is_escaped = false;
    for byte in text.bytes() {
        match (quote, byte) {
            (_, b'\n') => {
                (line, dots, is_escaped) = (line + 1, 0, false);
                // A comment may hold one quote alone; what spans lines begins with three.
                quote = None;
            }
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(b'"'), b'\\') => is_escaped = true,
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'[' | b'{') => depth += 1,
            (None, b']' | b'}') => depth = depth.saturating_sub(1),
            (None, b'.') => dots += 1,
            (None, b'=' | b',' | b' ') => dots = 0,
            (None, _) => {}
        }
        if depth > DEEPEST || dots > DEEPEST {
            return Some(line);
        }
    }
    None
}

/// Whether a file is configuration that a parser goes down into.
pub(super) fn is_nested(name: &std::path::Path) -> bool {
    let extension = name.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_named = name.file_name().is_some_and(|name| name == "Pipfile" || name == "Procfile");
    is_named || matches!(extension.to_ascii_lowercase().as_str(), "toml" | "json" | "lock" | "yaml" | "yml")
}

/// The line (from 1) of a byte offset.
pub fn line_at(text: &str, offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count()
}

/// The first line (from 1) that holds `needle`, compared in lower case.
pub fn line_containing(text: &str, needle: &str) -> Option<usize> {
    text.lines().position(|line| line.to_lowercase().contains(needle)).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nests_too_deep_is_named_by_its_line() {
        assert_eq!(too_deep(&format!("a = 1\nb = {}\n", "[".repeat(DEEPEST + 1))), Some(2));
        assert_eq!(too_deep(&format!("{}x = 1\n", "a.".repeat(DEEPEST + 1))), Some(1));
        assert_eq!(too_deep(&"{\"a\":".repeat(DEEPEST + 1)), Some(1));
    }

    #[test]
    fn ordinary_configuration_is_not_too_deep() {
        let brackets = "[".repeat(DEEPEST + 1);
        for text in [
            &*"[[a]]\nx = [1, [2]]\n".repeat(1000),
            &format!("a = \"{brackets}\"\n"),
            &format!("a = \"\\\"{brackets}\"\n"),
            &"# it's one\n[a]\nb = {c = [1]}\n".repeat(1000),
            &format!("a = [{}]\n", "1.5, ".repeat(1000)),
        ] {
            assert_eq!(too_deep(text), None, "{text}");
        }
    }
}
