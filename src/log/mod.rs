//! A bounded, clean view of a log of any size: head, tail and everything near a telling word, without decorations.

mod builder;
mod clean;
mod json;
mod keep;
mod line;
pub(crate) mod pattern;
mod rewrap;
pub(crate) mod traceback;
mod unglue;

pub use builder::LogBuilder;
pub use line::Line;

use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

/// The lines of a log that can matter, cleaned of stamps, prefixes and colours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    lines: Vec<Line>,
    form: Form,
    total: usize,
}

/// How the platform dressed the log up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// Bare lines.
    #[default]
    Plain,
    /// `#12 3.456 text`.
    BuildKit,
    /// `2026-01-01T00:00:00Z [inf]  text`.
    Railway,
    /// `service  | text`.
    Compose,
    /// One JSON object a line.
    JsonLines,
    /// Another platform's stamps or prefixes.
    Stamped,
}

impl Form {
    /// Kebab-case, for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::BuildKit => "buildkit",
            Self::Railway => "railway",
            Self::Compose => "compose",
            Self::JsonLines => "json-lines",
            Self::Stamped => "stamped",
        }
    }
}

impl Log {
    /// Reads a log to its end, in memory that does not grow with its size.
    ///
    /// ```
    /// let log = shakedown::log::Log::read(&b"#9 1.25 pip: command not found\n"[..]).unwrap();
    /// assert_eq!(log.lines()[0].text, "pip: command not found");
    /// ```
    pub fn read(from: impl Read + Send) -> io::Result<Self> {
        // One piece is fetched while another is searched: with a log in the system's cache either takes about as long.
        thread::scope(|scope| {
            let (full, pieces) = mpsc::sync_channel(PIECES);
            let (spent, empty) = mpsc::channel();
            scope.spawn(move || fetch(from, &empty, &full));
            let mut builder = LogBuilder::new();
            for piece in pieces {
                let piece = piece?;
                builder.push(None, &piece);
                // The other side may be done.
                let _ = spent.send(piece);
            }
            Ok(builder.finish())
        })
    }

    /// The kept lines in the order of the log.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How the log was dressed up.
    pub fn form(&self) -> Form {
        self.form
    }

    /// How many lines the log had, kept or not.
    pub fn total_lines(&self) -> usize {
        self.total
    }

    /// The log as it was when its kept line `last` had been printed.
    pub(crate) fn until(&self, last: usize) -> Self {
        let lines = self.lines.iter().take(last + 1).cloned().collect();
        Self { lines, ..self.clone() }
    }

    /// The log with hard-wrapped lines put together again, one candidate a plausible width; empty for unwrapped logs.
    pub(crate) fn rejoined(&self) -> Vec<Self> {
        rewrap::candidates(&self.lines)
            .into_iter()
            .map(|lines| Self { lines, form: self.form, total: self.total })
            .collect()
    }
}

/// Bytes that are fetched at a time.
const PIECE: usize = 64 << 10;
/// Pieces that may wait to be searched.
const PIECES: usize = 8;

/// Hands on what `from` gives, until it ends, fails, or nobody takes it any more.
fn fetch(mut from: impl Read, empty: &Receiver<Vec<u8>>, full: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = empty.try_recv().unwrap_or_default();
        piece.resize(PIECE, 0);
        let fetched = match from.read(&mut piece) {
            Ok(0) => return,
            Ok(length) => {
                piece.truncate(length);
                Ok(piece)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = fetched.is_err();
        if full.send(fetched).is_err() || failed {
            return;
        }
    }
}

impl From<&str> for Log {
    fn from(text: &str) -> Self {
        let mut builder = LogBuilder::new();
        builder.push(None, text.as_bytes());
        builder.finish()
    }
}
