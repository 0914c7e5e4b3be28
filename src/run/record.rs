//! The record of a run on disk, written as it happens: whatever ends the run, what it printed is there.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use super::Event;
use crate::plan::Plan;

/// Lines of output beyond this many bytes are left out of the record; everything else stays in.
const MOST_OUTPUT: usize = 64 << 20;
/// How much of the output a kill of this very process may cost: a write per line would slow a flood down.
const FLUSH_EVERY: Duration = Duration::from_millis(200);

/// What a record begins with.
#[derive(Debug, Clone, Serialize)]
pub struct Header<'a> {
    /// The project's root.
    pub project: &'a Path,
    /// What was run, values of variables masked.
    pub plan: &'a Plan,
    /// The version that ran it.
    pub version: &'a str,
}

/// An open record: a JSON object a line, the header first, then every event.
pub struct Record {
    file: BufWriter<File>,
    path: PathBuf,
    output: usize,
    flushed: Instant,
}

impl Record {
    /// Starts the record of a run in `folder`, replacing the one before.
    pub fn create(folder: &Path, header: &Header<'_>) -> Result<Self> {
        let at = || format!("cannot write the run's record in {}", folder.display());
        std::fs::create_dir_all(folder).with_context(at)?;
        let path = folder.join("last-run.ndjson");
        let mut record = Self {
            file: BufWriter::new(File::create(&path).with_context(at)?),
            path,
            output: 0,
            flushed: Instant::now(),
        };
        record.write(header).with_context(at)?;
        Ok(record)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends an event. A full disk ends the record, never the run.
    pub fn event(&mut self, event: &Event) {
        if let Event::Line { text, .. } = event {
            self.output = self.output.saturating_add(text.len());
            if self.output > MOST_OUTPUT {
                return;
            }
        }
        let _ = self.write(event);
        if !matches!(event, Event::Line { .. }) || self.flushed.elapsed() >= FLUSH_EVERY {
            let _ = self.file.flush();
            self.flushed = Instant::now();
        }
    }

    fn write(&mut self, item: &impl Serialize) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.file, item)?;
        self.file.write_all(b"\n")
    }
}
