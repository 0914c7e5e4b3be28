//! What is known of a suite from one run to the next: a result a line, appended as results come.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xxhash_rust::xxh3::xxh3_64;

use super::result::{Case, CaseResult};

/// The last result of every case of a suite. Whatever ends the tool, the results so far are on disk.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    last: BTreeMap<Case, CaseResult>,
}

impl State {
    /// The state of the suite in `folder`, below `$XDG_STATE_HOME/shakedown` or `~/.local/state/shakedown`.
    pub fn of_suite(folder: &Path) -> Result<Self> {
        let base = crate::fs::folders::state()
            .context("neither XDG_STATE_HOME nor HOME names a folder to keep the suite's results in")?;
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let key = xxh3_64(folder.as_os_str().as_encoded_bytes());
        Self::at(base.join(format!("shakedown/suites/{key:016x}.ndjson")))
    }

    /// The state in a file of its own.
    pub fn at(path: PathBuf) -> Result<Self> {
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        // A line that a crash cut short is worth nothing; the others are.
        let results = text.lines().filter_map(|line| serde_json::from_str::<CaseResult>(line).ok());
        let last = results.map(|result| (result.case.clone(), result)).collect();
        Ok(Self { path, last })
    }

    /// Where it is kept.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The scenarios that did not pass the last time they ran.
    pub fn unfinished(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .last
            .values()
            .filter(|result| result.status.is_unfinished())
            .map(|result| result.case.scenario.clone())
            .collect();
        names.dedup();
        names
    }

    /// How long a case took the last time.
    pub fn seconds(&self, case: &Case) -> Option<f64> {
        self.last.get(case).filter(|result| result.attempts > 0).map(|result| result.seconds)
    }

    /// Rewrites the file with one line a case, and opens it for more.
    pub(super) fn record(&self) -> Result<Log> {
        let cannot = || format!("cannot write {}", self.path.display());
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).with_context(cannot)?;
        let mut compact = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
        for result in self.last.values() {
            serde_json::to_writer(&mut compact, result)?;
            compact.write_all(b"\n").with_context(cannot)?;
        }
        compact.persist(&self.path).with_context(cannot)?;
        let file = OpenOptions::new().append(true).open(&self.path).with_context(cannot)?;
        Ok(Log { file, path: self.path.clone() })
    }
}

/// The open file.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    path: PathBuf,
}

impl Log {
    /// One write a line, so that two suites at once do not cut each other's lines.
    pub(super) fn append(&mut self, result: &CaseResult) -> Result<()> {
        let line = serde_json::to_string(result)? + "\n";
        self.file.write_all(line.as_bytes()).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::result::CaseStatus;
    use super::*;

    fn result(scenario: &str, status: CaseStatus) -> CaseResult {
        let case = Case { scenario: scenario.into(), backend: "host".into() };
        CaseResult { attempts: 1, seconds: 2.5, ..CaseResult::unrun(case, status, "why".into()) }
    }

    #[test]
    fn the_last_result_of_a_case_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/state.ndjson");
        let mut log = State::at(path.clone()).unwrap().record().unwrap();
        log.append(&result("a", CaseStatus::Failed)).unwrap();
        log.append(&result("b", CaseStatus::Fixed)).unwrap();
        log.append(&result("a", CaseStatus::Passed)).unwrap();
        let state = State::at(path.clone()).unwrap();
        assert_eq!(state.unfinished(), ["b"]);
        assert_eq!(state.seconds(&Case { scenario: "a".into(), backend: "host".into() }), Some(2.5));
        state.record().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    }

    #[test]
    fn a_line_cut_short_costs_that_line_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.ndjson");
        let mut log = State::at(path.clone()).unwrap().record().unwrap();
        log.append(&result("a", CaseStatus::Failed)).unwrap();
        log.file.write_all(b"{\"case\":{\"scen").unwrap();
        assert_eq!(State::at(path).unwrap().unfinished(), ["a"]);
    }
}
