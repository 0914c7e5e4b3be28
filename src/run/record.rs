//! The record of a run on disk, written as it happens: whatever ends the run, what it printed is there.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::Event;
use crate::fs::create_private;

/// The file's name.
const NAME: &str = "last-run.ndjson";
/// What tells the last event's line from the rest.
const FINISHED: &str = "\"event\":\"run-finished\"";
/// Lines of output beyond this many bytes are left out of the record; everything else stays in.
const MOST_OUTPUT: usize = 64 << 20;
/// How much of the output a kill of this very process may cost: a write per line would slow a flood down.
const FLUSH_EVERY: Duration = Duration::from_millis(200);

/// What a record begins with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Header {
    /// The project's root.
    pub project: PathBuf,
    /// What the user asked for, in the words of a scenario's file.
    #[serde(default)]
    pub asked: serde_json::Value,
    /// The version that ran it.
    pub version: String,
}

/// What a finished run left in its record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ending {
    /// `works`, `fails` or `cannot-tell`.
    pub verdict: String,
    /// The phase that failed.
    pub failed_phase: Option<String>,
    /// The primary diagnosis' rule.
    pub rule: Option<String>,
    /// Whether the user ended it.
    #[serde(default)]
    pub interrupted: bool,
}

/// The header and the ending of the last run's record; no ending where the run was cut off.
pub fn last(folder: &Path) -> Result<(Header, Option<Ending>)> {
    let path = folder.join(NAME);
    let file = crate::fs::open(&path).with_context(|| format!("there is no record of a run at {}", path.display()))?;
    let mut lines = BufReader::new(file).lines();
    let spoilt = || format!("the record {} is spoilt", path.display());
    let header = lines.next().transpose()?.unwrap_or_default();
    let header = serde_json::from_str(&header).with_context(spoilt)?;
    let mut ending = None;
    for line in lines {
        let line = line.with_context(spoilt)?;
        if line.contains(FINISHED) {
            ending = serde_json::from_str(&line).ok().or(ending);
        }
    }
    Ok((header, ending))
}

/// When the last run's record was last written to.
pub fn last_written(folder: &Path) -> Option<SystemTime> {
    folder.join(NAME).metadata().ok()?.modified().ok()
}

/// An open record: a JSON object a line, the header first, then every event.
pub struct Record {
    file: BufWriter<File>,
    path: PathBuf,
    output: usize,
    flushed: Instant,
}

impl Record {
    /// Starts the record of a run in `folder`, replacing the one before. What an app prints may be secret: only the user reads it.
    pub fn create(folder: &Path, header: &Header) -> Result<Self> {
        let at = || format!("cannot write the run's record in {}", folder.display());
        std::fs::create_dir_all(folder).with_context(at)?;
        let path = folder.join(NAME);
        let mut record = Self {
            file: BufWriter::new(create_private(&path).with_context(at)?),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Verdict;

    fn header() -> Header {
        Header { project: "/srv/bot".into(), asked: serde_json::Value::Null, version: "1".into() }
    }

    #[test]
    fn the_last_run_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path(), &header()).unwrap();
        record.event(&Event::Line { phase: "install".into(), text: "\"event\":\"run-finished\"".into() });
        let (rule, failed_phase) = (Some("pip-not-found".to_owned()), Some("install".to_owned()));
        record.event(&Event::RunFinished {
            verdict: Verdict::Fails,
            failed_phase: failed_phase.clone(),
            rule: rule.clone(),
            interrupted: false,
        });
        let mode = std::os::unix::fs::PermissionsExt::mode(&record.path().metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        let (read, ending) = last(folder.path()).unwrap();
        assert_eq!(read.project, header().project);
        assert_eq!(ending, Some(Ending { verdict: "fails".into(), failed_phase, rule, interrupted: false }));
    }

    #[test]
    fn a_run_that_was_cut_off_has_no_ending() {
        let folder = tempfile::tempdir().unwrap();
        drop(Record::create(folder.path(), &header()).unwrap());
        assert_eq!(last(folder.path()).unwrap().1, None);
        assert!(last(Path::new("/nowhere")).is_err());
    }
}
