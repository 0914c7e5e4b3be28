//! The edit that makes a deploy work with another builder: small, and proven.

use std::path::Path;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::{Certainty, Diagnosis, Fix, Severity};
use crate::fix::{Attempt, Bounds, Proof, Rehearse, Standing, Trial, patched, prove};
use crate::run::Verdict;
use crate::sandbox::Unverified;

/// What a builder makes of the project.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Side {
    /// The builder and its release.
    pub builder: String,
    /// `works`, `fails` or `cannot-tell`.
    pub verdict: &'static str,
    /// The phase that failed.
    pub failed_phase: Option<String>,
    /// The command that failed, a start command among them.
    pub failed_command: Option<String>,
    /// The last lines that the failing phase printed; empty where nothing failed.
    pub last_lines: Vec<String>,
    /// What was found, the cause first.
    pub diagnoses: Vec<Diagnosis>,
    /// What the verdict does not cover.
    pub unverified: Vec<Unverified>,
}

/// The rule under which what the old plan said is tried.
const TRANSLATED: &str = "migrate";
/// Trials beyond those of the search, for leaving out what is not needed.
const LEAVE_OUT: usize = 6;

/// Tries `parts`, which say what the old plan said, together and with the fixes of what shows up, until the deploy works;
/// then leaves out the parts that are not needed.
///
/// # Errors
/// A copy or a rehearsal that could not be made.
pub fn search(project: &Path, seen: Attempt, parts: &[Fix], rehearse: &mut Rehearse<'_>) -> Result<Proof> {
    let mut begun = seen;
    if !parts.is_empty() {
        begun.diagnoses.insert(0, translated(parts));
    }
    let mut proof = prove(project, begun, Bounds::default(), rehearse)?;
    if proof.standing == Standing::Proven
        && let Some(at) = proof.steps.iter().position(|step| step.rule == TRANSLATED)
    {
        shorten(project, &mut proof, at, parts, rehearse)?;
    }
    Ok(proof)
}

/// All parts as one fix: each alone may cure nothing that shows.
fn translated(parts: &[Fix]) -> Diagnosis {
    Diagnosis {
        rule: TRANSLATED,
        severity: Severity::Error,
        message: "the old builder's plan says what the new one's does not".to_owned(),
        subject: None,
        evidence: Vec::new(),
        certainty: Certainty::Likely,
        help: None,
        fixes: vec![joined(parts)],
    }
}

fn joined(parts: &[Fix]) -> Fix {
    let summary = parts.iter().map(|part| part.summary.as_str()).collect::<Vec<_>>().join("; ");
    Fix { summary, edits: parts.iter().flat_map(|part| part.edits.clone()).collect() }
}

/// Drops the parts without which the deploy works as well.
fn shorten(project: &Path, proof: &mut Proof, at: usize, parts: &[Fix], rehearse: &mut Rehearse<'_>) -> Result<()> {
    let mut kept: Vec<Fix> = parts.to_vec();
    let mut left = parts.get(..LEAVE_OUT).unwrap_or(parts);
    while kept.len() > 1 && !left.is_empty() {
        let mut fewer = Vec::new();
        let mut trials = Vec::new();
        for (index, part) in left.iter().enumerate().take(Bounds::default().at_once) {
            let others: Vec<Fix> = kept.iter().filter(|other| *other != part).cloned().collect();
            let mut steps = proof.steps.clone();
            steps[at].fix = joined(&others);
            let Some(patch) = patched(project, &steps) else { continue };
            trials.push(Trial::without(part, project, &patch)?);
            fewer.push((index, others, steps, patch));
        }
        let attempts = rehearse(&trials, &mut |attempt| attempt.verdict == Verdict::Works)?;
        proof.rehearsals += attempts.len();
        let mut done = fewer.get(attempts.len()).map_or(Bounds::default().at_once, |(index, ..)| *index).max(1);
        let works = attempts.into_iter().zip(fewer).find(|(attempt, _)| attempt.verdict == Verdict::Works);
        if let Some((attempt, (index, others, steps, patch))) = works {
            (kept, proof.steps, proof.patch, proof.attempt) = (others, steps, patch, attempt);
            done = index + 1;
        }
        left = left.get(done..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::railpack::CONFIG_FILE;
    use crate::finding::Edit;

    fn part(key: &str) -> Fix {
        let edit = Edit::SetKey { path: CONFIG_FILE.into(), key: vec![key.to_owned()], value: 1.into() };
        Fix { summary: key.to_owned(), edits: vec![edit] }
    }

    fn attempt(verdict: Verdict) -> Attempt {
        Attempt {
            verdict,
            failed_at: (verdict == Verdict::Fails).then_some(6),
            diagnoses: Vec::new(),
            unverified: Vec::new(),
        }
    }

    #[test]
    fn what_is_not_needed_is_left_out() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("main.py"), "").unwrap();
        let parts = ["packages", "steps", "deploy"].map(part);
        let proof = search(project.path(), attempt(Verdict::Fails), &parts, &mut |trials, is_enough| {
            let came_to = |trial: &Trial| {
                let text = std::fs::read_to_string(trial.root().join(CONFIG_FILE)).unwrap_or_default();
                attempt(if text.contains("deploy") { Verdict::Works } else { Verdict::Fails })
            };
            let mut is_over = false;
            let up_to_it = |found: &Attempt| !std::mem::replace(&mut is_over, is_enough(found));
            Ok(trials.iter().map(came_to).take_while(up_to_it).collect())
        })
        .unwrap();
        assert_eq!((proof.standing, proof.steps[0].fix.summary.as_str()), (Standing::Proven, "deploy"));
        assert!(!proof.patch.diff().contains("packages"));
    }

    #[test]
    fn without_a_part_that_helps_nothing_is_proven() {
        let project = tempfile::tempdir().unwrap();
        let proof = search(project.path(), attempt(Verdict::Fails), &[], &mut |_, _| unreachable!()).unwrap();
        assert_eq!(proof.standing, Standing::NoFix);
    }
}
