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

/// The line (from 1) of a byte offset.
pub fn line_at(text: &str, offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count()
}

/// The first line (from 1) that holds `needle`, compared in lower case.
pub fn line_containing(text: &str, needle: &str) -> Option<usize> {
    text.lines().position(|line| line.to_lowercase().contains(needle)).map(|index| index + 1)
}
