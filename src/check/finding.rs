//! How a check speaks.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::finding::{Certainty, Diagnosis, Edit, Evidence, Fix, Severity};
use crate::project::Source;
use crate::secret::{Secrets, mask_tokens};

/// Something that can be known of a project without running it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Kebab-case and stable: what `explain` takes and what reports carry. Where a log rule tells the same cause,
    /// the id is the rule's.
    pub id: &'static str,
    /// How bad it is, as a rule.
    pub severity: Severity,
    /// What it means, in two sentences.
    pub about: &'static str,
    /// Whether an error of it ends the deploy although a run here does not show it, this machine being kinder there.
    pub decides: bool,
    /// Whether a likely error of it turns a verdict of works into cannot tell, for the same reason.
    pub doubts: bool,
}

pub(super) const fn error(id: &'static str, about: &'static str) -> Check {
    Check { id, severity: Severity::Error, about, decides: false, doubts: false }
}

pub(super) const fn warning(id: &'static str, about: &'static str) -> Check {
    Check { id, severity: Severity::Warning, about, decides: false, doubts: false }
}

pub(super) const fn note(id: &'static str, about: &'static str) -> Check {
    Check { id, severity: Severity::Note, about, decides: false, doubts: false }
}

impl Check {
    /// One that decides over a run that works here.
    pub(super) const fn decides(self) -> Self {
        Self { decides: true, ..self }
    }

    /// One that decides where it is certain, and leaves in doubt where it is likely.
    pub(super) const fn decides_or_doubts(self) -> Self {
        Self { decides: true, doubts: true, ..self }
    }

    /// Begins a finding with its cause in one sentence.
    pub(super) fn found(&self, message: impl Into<String>) -> Finding {
        Finding(Diagnosis {
            rule: self.id,
            severity: self.severity,
            message: mask_tokens(&message.into()).into_owned(),
            subject: None,
            evidence: Vec::new(),
            certainty: Certainty::Certain,
            help: None,
            fixes: Vec::new(),
        })
    }
}

/// A finding in the making.
#[derive(Debug)]
pub(super) struct Finding(Diagnosis);

impl Finding {
    /// The specific thing.
    pub(super) fn about(mut self, subject: impl Into<String>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// A place that shows it, and what stands there.
    pub(super) fn at(mut self, source: Source, text: impl AsRef<str>) -> Self {
        self.0.evidence.push(Evidence { source, text: shown(text.as_ref()) });
        self
    }

    /// Worse or better than usual.
    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.0.severity = severity;
        self
    }

    /// True of most such projects, not of all.
    pub(super) fn likely(mut self) -> Self {
        self.0.certainty = Certainty::Likely;
        self
    }

    /// What to do, in words.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Edits that cure it; none is no fix.
    pub(super) fn fix(mut self, summary: impl Into<String>, edits: Vec<Edit>) -> Self {
        if !edits.is_empty() {
            self.0.fixes.push(Fix { summary: summary.into(), edits });
        }
        self
    }
}

/// A line as it is shown: passwords in URLs and tokens masked, control characters gone, no longer than it helps.
fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let plain: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    let masked = Secrets::default().mask(&plain);
    let masked = mask_tokens(&masked);
    match masked.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &masked[..end]),
        None => masked.into_owned(),
    }
}

/// More findings of one kind tell nothing new.
const MOST_OF_A_KIND: usize = 50;

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Diagnosis>,
    counts: HashMap<&'static str, usize>,
}

impl Findings {
    pub(super) fn push(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.0.rule).or_default();
        *count += 1;
        if *count <= MOST_OF_A_KIND {
            self.found.push(finding.0);
        }
    }

    /// What is found of a command that another one stands in for, where it fails, is no error.
    pub(super) fn of_optional(&mut self, is_optional: bool, look: impl FnOnce(&mut Self)) {
        let before = self.found.len();
        look(self);
        let new = self.found.iter_mut().skip(before).filter(|found| is_optional && found.severity == Severity::Error);
        new.for_each(|found| found.severity = Severity::Warning);
    }

    /// Whether a check has found anything.
    pub(super) fn has(&self, check: &Check) -> bool {
        self.counts.contains_key(check.id)
    }

    /// Whether a check has found an error.
    pub(super) fn has_error(&self, check: &Check) -> bool {
        self.found.iter().any(|found| found.rule == check.id && found.severity == Severity::Error)
    }

    /// Makes mere notes of those that the test names.
    pub(super) fn soften(&mut self, is_moot: impl Fn(&str) -> bool) {
        self.found.iter_mut().filter(|found| is_moot(found.rule)).for_each(|found| found.severity = Severity::Note);
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    /// The worst first, otherwise as they were found.
    pub(super) fn sorted(mut self) -> Vec<Diagnosis> {
        self.found.sort_by_key(|found| std::cmp::Reverse(found.severity));
        self.found
    }
}

pub(super) fn remove_key(path: &Path, key: &[&str]) -> Edit {
    Edit::RemoveKey { path: path.to_owned(), key: owned(key) }
}

pub(super) fn set_key(path: &Path, key: &[&str], value: impl Into<Value>) -> Edit {
    Edit::SetKey { path: path.to_owned(), key: owned(key), value: value.into() }
}

pub(super) fn remove_item(path: &Path, key: &[&str], item: &str) -> Edit {
    Edit::RemoveItem { path: path.to_owned(), key: owned(key), item: item.to_owned() }
}

pub(super) fn add_item(path: &Path, key: &[&str], item: &str, first: bool) -> Edit {
    Edit::AddItem { path: path.to_owned(), key: owned(key), item: item.to_owned(), first }
}

pub(super) fn replace_line(path: &Path, line: usize, was: &str, text: impl Into<String>) -> Edit {
    Edit::ReplaceLine { path: path.to_owned(), line, was: was.to_owned(), text: text.into() }
}

/// Replaces a text by another in the line of a file where it stands; none where it does not stand there exactly once.
pub(super) fn replace_once(source: &Source, line: &str, now: &str, wanted: &str) -> Option<Edit> {
    let Source::File { path, line: Some(number) } = source else { return None };
    (line.matches(now).count() == 1).then(|| replace_line(path, *number, line, line.replacen(now, wanted, 1)))
}

pub(super) fn remove_line(path: &Path, line: usize, was: &str) -> Edit {
    Edit::RemoveLine { path: path.to_owned(), line, was: was.to_owned() }
}

pub(super) fn append_line(path: impl Into<PathBuf>, text: impl Into<String>) -> Edit {
    Edit::AppendLine { path: path.into(), text: text.into() }
}

fn owned(key: &[&str]) -> Vec<String> {
    key.iter().map(|&part| part.to_owned()).collect()
}
