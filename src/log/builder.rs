//! Takes a log in pieces of any size and keeps what can matter, in bounded memory and linear time.

use std::collections::VecDeque;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};

use super::clean::Cleaner;
use super::keep::{Shapes, next_telling};
use super::{Form, Line, Log};

/// Bytes kept whole at the start of a log and of each phase.
const HEAD: usize = 256 << 10;
/// Bytes kept whole at the end.
const TAIL: usize = 256 << 10;
/// Bytes kept around telling words in between, over the whole log.
const MIDDLE: usize = 1 << 20;
/// Lines kept before and after a telling word.
const BEFORE: usize = 30;
const AFTER: usize = 20;
/// The most lines that are kept of a run of equal ones.
const ENOUGH: usize = 3;
/// A longer line is cut into pieces of this size.
const LONGEST: usize = 16 << 10;
/// Raw bytes gathered before they are looked at.
const BLOCK: usize = 256 << 10;
/// Bytes by which the encoding is told.
const START: usize = 256;
/// Phases that may have a head and tail of their own.
const PHASES: usize = 16;

/// Builds a [`Log`] from pieces.
#[derive(Debug, Default)]
pub struct LogBuilder {
    lines: Vec<Line>,
    cleaner: Cleaner,
    shapes: Shapes,
    phase: Option<Arc<str>>,
    phases: usize,
    encoding: Option<Encoding>,
    /// The first bytes of the log, until there are enough to tell the encoding: a pipe may give one byte at a time.
    start: Vec<u8>,
    odd_byte: Option<u8>,
    pending: Vec<u8>,
    /// Emptied blocks, to be filled again: to ask the system for fresh ones costs more than to search them.
    spare: Vec<Vec<u8>>,
    /// Number of the first line of `pending`, less one.
    seen: usize,
    head_left: usize,
    middle_left: usize,
    /// Whole blocks not yet known to be inside the tail, oldest first, with the lines before each.
    tail: VecDeque<(usize, Vec<u8>)>,
    tail_bytes: usize,
    /// The last line kept, so that nothing is kept twice.
    kept_to: usize,
    total: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { little: bool },
}

impl LogBuilder {
    /// An empty log.
    pub fn new() -> Self {
        Self { head_left: HEAD, middle_left: MIDDLE, ..Self::default() }
    }

    /// Adds bytes, as they come. A change of `phase` ends the line that is open.
    pub fn push(&mut self, phase: Option<&str>, bytes: &[u8]) {
        if phase != self.phase.as_deref() {
            self.end_phase();
            self.phase = phase.map(Arc::from);
            self.phases += 1;
            if self.phases <= PHASES {
                self.head_left = HEAD;
            }
        }
        match self.encoding {
            Some(encoding) => self.take(bytes, encoding),
            None => {
                self.start.extend_from_slice(bytes);
                if self.start.len() >= START {
                    self.begin();
                }
            }
        }
    }

    /// Settles the encoding, and takes what was held back until then.
    fn begin(&mut self) {
        let start = std::mem::take(&mut self.start);
        let encoding = guess_encoding(&start);
        self.encoding = Some(encoding);
        self.take(&start, encoding);
    }

    fn take(&mut self, bytes: &[u8], encoding: Encoding) {
        match encoding {
            Encoding::Utf8 => self.take_text(bytes),
            Encoding::Utf16 { little } => {
                let text = self.decode(bytes, little);
                self.take_text(text.as_bytes());
            }
        }
    }

    fn take_text(&mut self, mut text: &[u8]) {
        while !text.is_empty() {
            let (now, later) = text.split_at(text.len().min(BLOCK - self.pending.len()));
            self.pending.extend_from_slice(now);
            text = later;
            if self.pending.len() == BLOCK {
                let mut next = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(BLOCK));
                let cut = memrchr(b'\n', &self.pending).map_or(BLOCK, |at| at + 1);
                next.extend_from_slice(&self.pending[cut..]);
                self.pending.truncate(cut);
                let block = std::mem::replace(&mut self.pending, next);
                self.take_block(block);
            }
        }
    }

    /// The finished log.
    pub fn finish(mut self) -> Log {
        self.end_phase();
        let (lines, form) = self.cleaner.finish(self.lines);
        Log { lines, form, total: self.total }
    }

    fn decode(&mut self, utf16: &[u8], little: bool) -> String {
        let mut text = String::with_capacity(utf16.len());
        let mut bytes = utf16.iter().copied();
        while let Some(first) = self.odd_byte.take().or_else(|| bytes.next()) {
            let Some(second) = bytes.next() else {
                self.odd_byte = Some(first);
                break;
            };
            let unit = if little { u16::from_le_bytes([first, second]) } else { u16::from_be_bytes([first, second]) };
            // Everything that rules look for lies in the basic plane; halves of a pair become one replacement each.
            text.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        text
    }

    fn take_block(&mut self, block: Vec<u8>) {
        let first = self.seen;
        self.seen += memchr_iter(b'\n', &block).count();
        if self.head_left > 0 {
            self.head_left = self.head_left.saturating_sub(block.len());
            self.keep_range(&block, first, 0..block.len());
            self.reuse(block);
            return;
        }
        self.tail_bytes += block.len();
        self.tail.push_back((first, block));
        while let Some((_, oldest)) = self.tail.front() {
            if self.tail_bytes - oldest.len() < TAIL {
                break;
            }
            let Some((first, oldest)) = self.tail.pop_front() else { break };
            self.tail_bytes -= oldest.len();
            self.sift(&oldest, first);
            self.reuse(oldest);
        }
    }

    fn reuse(&mut self, mut block: Vec<u8>) {
        block.clear();
        self.spare.push(block);
    }

    /// Keeps the neighbourhoods of telling words.
    fn sift(&mut self, block: &[u8], first: usize) {
        let mut from = 0;
        let mut counted = (0, first);
        while self.middle_left > 0
            && from < block.len()
            && let Some(hit) = next_telling(block, from)
        {
            let start = memrchr(b'\n', &block[..hit]).map_or(0, |at| at + 1);
            let end = memchr(b'\n', &block[hit..]).map_or(block.len(), |at| hit + at + 1);
            from = end;
            if !self.shapes.is_news(&block[start..end]) {
                continue;
            }
            let begin =
                (0..BEFORE).fold(start, |at, _| memrchr(b'\n', &block[..at.saturating_sub(1)]).map_or(0, |n| n + 1));
            let finish = (0..AFTER)
                .fold(end, |at, _| memchr(b'\n', &block[at..]).map_or(block.len(), |n| (at + n + 1).min(block.len())));
            let begin = begin.max(counted.0);
            let number = counted.1 + memchr_iter(b'\n', &block[counted.0..begin]).count();
            self.middle_left = self.middle_left.saturating_sub(finish.saturating_sub(begin));
            if finish > begin {
                self.keep_range(block, number, begin..finish);
                counted = (finish, number + memchr_iter(b'\n', &block[begin..finish]).count());
                from = from.max(end);
            }
        }
    }

    /// Keeps the lines of a range of a block; `first` lines lie before it.
    fn keep_range(&mut self, block: &[u8], first: usize, range: std::ops::Range<usize>) {
        let mut number = first;
        let (mut last, mut alike): (&[u8], usize) = (&[], 0);
        for raw in block[range].split_inclusive(|b| *b == b'\n') {
            number += 1;
            alike = if raw == last { alike + 1 } else { 0 };
            last = raw;
            if alike >= ENOUGH {
                continue;
            }
            if number <= self.kept_to && number != first + 1 {
                continue;
            }
            self.kept_to = number;
            let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
            let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
            let redrawn: Vec<&[u8]> = raw.split(|b| *b == b'\r').collect();
            let shown = redrawn.iter().enumerate().filter(|(at, piece)| {
                // Of a progress bar its last state counts.
                let is_overdrawn = is_bar(piece) && redrawn.get(at + 1).is_some_and(|next| is_bar(next));
                (raw.is_empty() || !piece.is_empty()) && !is_overdrawn
            });
            for (_, piece) in shown {
                for part in pieces(piece) {
                    self.cleaner.line(number, self.phase.as_ref(), part, &mut self.lines);
                }
            }
        }
    }

    fn end_phase(&mut self) {
        if !self.start.is_empty() {
            self.begin();
        }
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() {
            self.take_block(rest);
        }
        let left = std::mem::take(&mut self.tail);
        let mut spare = TAIL;
        let mut whole = Vec::new();
        for (first, block) in left.into_iter().rev() {
            whole.push((first, block, spare > 0));
            spare = spare.saturating_sub(whole.last().map_or(0, |(_, block, _)| block.len()));
        }
        for (first, block, keep) in whole.into_iter().rev() {
            if keep {
                self.keep_range(&block, first, 0..block.len());
            } else {
                self.sift(&block, first);
            }
        }
        self.total = self.total.saturating_add(self.seen);
        self.tail_bytes = 0;
        self.seen = 0;
        self.kept_to = 0;
    }
}

/// A line in pieces of bearable length; almost always the line itself.
fn pieces(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = if line.is_empty() { Some(line) } else { None };
    whole.into_iter().chain(line.chunks(LONGEST))
}

fn guess_encoding(start: &[u8]) -> Encoding {
    let start = &start[..start.len().min(START)];
    let nul_at = |odd: usize| start.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    match start {
        [0xff, 0xfe, ..] => Encoding::Utf16 { little: true },
        [0xfe, 0xff, ..] => Encoding::Utf16 { little: false },
        // Without a mark, text in Latin script has a NUL in every second byte.
        _ if start.len() >= 16 && nul_at(1) * 3 > start.len() => Encoding::Utf16 { little: true },
        _ if start.len() >= 16 && nul_at(0) * 3 > start.len() => Encoding::Utf16 { little: false },
        _ => Encoding::Utf8,
    }
}

impl LogBuilder {
    /// How the log is dressed up so far.
    pub fn form(&self) -> Form {
        self.cleaner.form()
    }
}

/// Whether a piece of a line is a progress bar of pip's.
fn is_bar(piece: &[u8]) -> bool {
    memchr::memmem::find(piece, "━━━━".as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces(bytes: &[u8], cut: usize) -> Log {
        let mut builder = LogBuilder::new();
        builder.push(None, &bytes[..cut]);
        builder.push(None, &bytes[cut..]);
        builder.finish()
    }

    #[test]
    fn where_a_pipe_breaks_says_nothing_of_the_encoding() {
        let utf16: Vec<u8> = "pip: command not found\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for cut in 0..utf16.len() {
            let log = in_pieces(&utf16, cut);
            assert_eq!(log.lines()[0].text, "pip: command not found", "cut at {cut}");
        }
    }

    #[test]
    fn of_a_redrawn_progress_bar_the_last_state_is_left() {
        let text = "Downloading x\n   ━━━━━ 1/3 MB\r   ━━━━━ 2/3 MB\r   ━━━━━ 3/3 MB\nhalf\rwhole\n";
        let log = in_pieces(text.as_bytes(), 0);
        let lines: Vec<&str> = log.lines().iter().map(|line| line.text.trim()).collect();
        assert_eq!(lines, ["Downloading x", "━━━━━ 3/3 MB", "half", "whole"]);
    }
}
