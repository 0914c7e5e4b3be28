//! The edit that makes a deploy work with another builder: small, and proven.

use std::path::Path;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::{Certainty, Diagnosis, Fix, Severity};
use crate::fix::{Attempt, Bounds, Patch, Proof, Standing, Step, TrialCopy, prove};
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
pub fn search(
    project: &Path,
    seen: Attempt,
    parts: &[Fix],
    rehearse: &mut dyn FnMut(&Path) -> Result<Attempt>,
) -> Result<Proof> {
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
fn shorten(
    project: &Path,
    proof: &mut Proof,
    at: usize,
    parts: &[Fix],
    rehearse: &mut dyn FnMut(&Path) -> Result<Attempt>,
) -> Result<()> {
    let mut kept: Vec<Fix> = parts.to_vec();
    for part in parts.iter().take(LEAVE_OUT) {
        if kept.len() < 2 {
            break;
        }
        let fewer: Vec<Fix> = kept.iter().filter(|other| *other != part).cloned().collect();
        let mut steps = proof.steps.clone();
        steps[at].fix = joined(&fewer);
        let Some(patch) = patched(project, &steps) else { continue };
        let copy = TrialCopy::of(project)?;
        patch.write_to(copy.root())?;
        proof.rehearsals += 1;
        let attempt = rehearse(copy.root())?;
        if attempt.verdict == Verdict::Works {
            (kept, proof.steps, proof.patch, proof.attempt) = (fewer, steps, patch, attempt);
        }
    }
    Ok(())
}

fn patched(project: &Path, steps: &[Step]) -> Option<Patch> {
    let mut patch = Patch::new(project).ok()?;
    steps.iter().all(|step| patch.add(&step.fix.edits).is_ok()).then_some(patch)
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
        let proof = search(project.path(), attempt(Verdict::Fails), &parts, &mut |copy| {
            let text = std::fs::read_to_string(copy.join(CONFIG_FILE)).unwrap_or_default();
            Ok(attempt(if text.contains("deploy") { Verdict::Works } else { Verdict::Fails }))
        })
        .unwrap();
        assert_eq!((proof.standing, proof.steps[0].fix.summary.as_str()), (Standing::Proven, "deploy"));
        assert!(!proof.patch.diff().contains("packages"));
    }

    #[test]
    fn without_a_part_that_helps_nothing_is_proven() {
        let project = tempfile::tempdir().unwrap();
        let proof = search(project.path(), attempt(Verdict::Fails), &[], &mut |_| Ok(attempt(Verdict::Fails))).unwrap();
        assert_eq!(proof.standing, Standing::NoFix);
    }
}
