//! Which raw lines of a huge log are worth a closer look.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use xxhash_rust::xxh3::xxh3_64;

/// Words that stand near every failure we know. Few and not too short, so that the search stays vectorised.
const TELLING: &[&str] = &[
    "rror",
    "RROR",
    "xception",
    "raceback",
    "ailed",
    "atal",
    "FATAL",
    "annot ",
    "No such",
    "not found",
    "issing",
    "nvalid",
    "enied",
    "illed",
    "efused",
    "imeout",
    "xit code",
    "exited with",
    "CRITICAL",
    "undefined variable",
    "ot set",
    "un out",
    "nterrupt",
    "nable to",
    "  File \"",
    "assword",
    "address already",
    "Nixpacks",
    "ould not",
];

static WORDS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(TELLING).ok());

/// Lines of one shape that are still worth keeping; the next thousand say nothing new.
const ENOUGH_OF_A_SHAPE: u8 = 12;

/// Shapes remembered; past this a log is noise, and its head and tail must do.
const SHAPES: usize = 50_000;

/// Bytes of a line that make its shape.
const LONGEST: usize = 400;

/// Counts how often lines of the same shape (digits aside) were seen.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    seen: HashMap<u64, u8>,
}

impl Shapes {
    /// Whether a line of this shape adds anything.
    pub(super) fn is_news(&mut self, line: &[u8]) -> bool {
        let mut shape = [0; LONGEST];
        let mut length = 0;
        for byte in line.iter().take(LONGEST) {
            shape[length] = *byte;
            length += usize::from(!byte.is_ascii_digit());
        }
        let key = xxh3_64(&shape[..length]);
        if self.seen.len() >= SHAPES && !self.seen.contains_key(&key) {
            return false;
        }
        let count = self.seen.entry(key).or_insert(0);
        *count = count.saturating_add(1);
        *count <= ENOUGH_OF_A_SHAPE
    }
}

/// The offset of the first telling word at or after `from`.
pub(super) fn next_telling(block: &[u8], from: usize) -> Option<usize> {
    let words = WORDS.as_ref()?;
    words.find(aho_corasick::Input::new(block).range(from..)).map(|found| found.start())
}
