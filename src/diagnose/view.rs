//! A log as rules see it: lines, exceptions, and how far the deploy had come at each line.

use std::sync::LazyLock;

use regex::RegexSet;

use crate::log::pattern::ascii_set;
use crate::log::traceback::{self, Raised};
use crate::log::{Line, Log};

/// A log that was read once for all rules.
#[derive(Debug)]
pub(crate) struct LogView<'a> {
    pub(crate) lines: &'a [Line],
    pub(crate) raised: Vec<Raised>,
    /// Lines at which a stage was left behind for good: index and stage.
    passed: Vec<(usize, Stage)>,
}

/// How far a deploy had come. Order matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Install,
    Build,
    Start,
}

/// Lines that are printed only after a stage went well.
const PASSED: &[(Stage, &str)] = &[
    (Stage::Install, r"^\s*Successfully installed [!-~]"),
    (Stage::Install, r"^\s*(?:\+ |Installed \d+ packages? in )"),
    (
        Stage::Build,
        r"exporting to (?:image|docker image format)|exporting layers|writing image sha256:|=== Successfully Built!|^Successfully (?:built [0-9a-f]{12}|tagged )|^==> Build successful|Build Successful|Build succeeded|Build time: [\d.]+ seconds",
    ),
    (Stage::Build, r"^(?:Starting Container|==> (?:Deploying|Running ')|\[inf\]\s+Starting Container)"),
    (
        Stage::Build,
        r"Starting gunicorn \d|Started server process \[\d+\]|Watching for file changes with StatReloader|Serving Flask app|Booting worker with pid",
    ),
    (
        Stage::Start,
        r"Application startup complete|Uvicorn running on https?://|has connected to Gateway|Application started|Run polling for bot|Start polling|^\s*\* Running on https?://|Starting development server at http|celery@[!-~]+ ready\.|You can now view your Streamlit app|Listening on TCP address|Your service is live|[Hh]ealth ?check succeeded|Detected service running on port|^Logged in as |logged in as (?u:.)+\(ID: ",
    ),
];

static PASSED_SET: LazyLock<Option<RegexSet>> = LazyLock::new(|| ascii_set(PASSED.iter().map(|(_, pattern)| *pattern)));

impl<'a> LogView<'a> {
    pub(crate) fn new(log: &'a Log) -> Self {
        let lines = log.lines();
        let mut passed = Vec::new();
        if let Some(set) = PASSED_SET.as_ref() {
            for (at, line) in lines.iter().enumerate() {
                if let Some(stage) = set.matches(&line.text).iter().map(|index| PASSED[index].0).max() {
                    passed.push((at, stage));
                }
            }
        }
        Self { lines, raised: traceback::read(lines), passed }
    }

    pub(crate) fn text(&self, at: usize) -> &str {
        self.lines.get(at).map_or("", |line| line.text.as_str())
    }

    /// The exception that line `at` names.
    pub(crate) fn raised_at(&self, at: usize) -> Option<&Raised> {
        self.raised.iter().find(|raised| raised.at == at)
    }

    /// Whether the log goes on beyond `stage` after line `at`.
    pub(crate) fn goes_on(&self, at: usize, stage: Stage) -> bool {
        self.passed.iter().any(|(line, passed)| {
            *line > at
                && *passed >= stage
                && self.lines[*line].service == self.lines[at.min(self.lines.len() - 1)].service
        })
    }

    /// The stage that line `at` belongs to, as far as the lines before it tell.
    pub(crate) fn stage_at(&self, at: usize) -> Stage {
        let started = self.passed.iter().any(|(line, stage)| *line < at && *stage >= Stage::Build);
        if started { Stage::Start } else { Stage::Install }
    }

    /// The nearest line at or before `at`, at most `reach` lines back, that the test accepts.
    pub(crate) fn back_from(&self, at: usize, reach: usize, test: impl Fn(&str) -> bool) -> Option<usize> {
        (at.saturating_sub(reach)..=at).rev().find(|index| test(self.text(*index)))
    }

    /// Whether any line has `word`.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        self.lines.iter().any(|line| line.text.contains(word))
    }
}
