//! Trying fixes until the deploy works.
//!
//! A fix counts only for what the rehearsal of the changed copy says. Progress is a diagnosis that vanished; a project
//! may have several faults, each hidden by the one before it, so that fixes are added up step by step.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::patch::Patch;
use super::trial::TrialCopy;
use crate::finding::{Diagnosis, Edit, Fix, Severity};
use crate::run::Verdict;
use crate::sandbox::Unverified;

/// What the rehearsal of a copy found.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// What it says of the deploy.
    pub verdict: Verdict,
    /// How far it came: the [`phase_rank`] of the phase that failed, where one did.
    pub failed_at: Option<usize>,
    /// The causes, the primary one first.
    pub diagnoses: Vec<Diagnosis>,
    /// What it says nothing about.
    pub unverified: Vec<Unverified>,
}

/// How much a proof may cost.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Rehearsals in all.
    pub rehearsals: usize,
    /// Fixes on top of each other.
    pub steps: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { rehearsals: 16, steps: 8 }
    }
}

/// What is known of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// With it the deploy works.
    Proven,
    /// It fails later or for another cause, or the rehearsal could not tell.
    NotProven,
    /// It fails earlier than before.
    MadeItWorse,
    /// No fix is known that could be tried.
    NoFix,
    /// The deploy works as it is, and nothing was tried.
    NothingToFix,
}

/// One fix of the patch and what became of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Step {
    /// The rule whose fix it is.
    pub rule: &'static str,
    /// The fix.
    pub fix: Fix,
    /// What this fix has ended: the cause of the run before it, its own rule, or both.
    pub cured: Vec<&'static str>,
}

/// The outcome of trying.
#[derive(Debug, Clone)]
pub struct Proof {
    /// What is known of the patch.
    pub standing: Standing,
    /// The fixes it consists of, in order.
    pub steps: Vec<Step>,
    /// All of them together; empty when there is no fix.
    pub patch: Patch,
    /// What the last rehearsal with it found; that of the unchanged project when there is no fix.
    pub attempt: Attempt,
    /// Fixes that could not be made, and why.
    pub refused: Vec<String>,
    /// How many rehearsals it took.
    pub rehearsals: usize,
}

/// Where a phase comes in a deploy. Phases of the user's own count as part of the build.
pub fn phase_rank(phase: &str) -> usize {
    const ORDER: &[(&str, usize)] = &[
        ("plan", 0),
        ("setup", 1),
        ("install", 2),
        ("release", 4),
        (crate::run::PRE_DEPLOY, 5),
        (crate::run::START, 6),
    ];
    ORDER.iter().find(|(name, _)| *name == phase).map_or(3, |(_, rank)| *rank)
}

/// Tries the fixes of `seen` (what the unchanged project did), then those of what shows up after them, each on a fresh
/// copy handed to `rehearse`, until the deploy works, no fix helps or the bounds are reached. Fixes are tried in the
/// order in which diagnoses give them; those that are not needed in the end are dropped again.
pub fn prove(
    project: &Path,
    seen: Attempt,
    bounds: Bounds,
    rehearse: &mut dyn FnMut(&Path) -> Result<Attempt>,
) -> Result<Proof> {
    let patch = Patch::new(project)?;
    let start = Tried { steps: Vec::new(), patch, attempt: seen, detours: 0, next: 0 };
    let mut search = Search { project, bounds, rehearse, rehearsals: 0, seen: HashSet::new(), refused: Vec::new() };
    search.seen.insert(start.patch.fingerprint());
    let first = start.attempt.clone();
    let mut best = search.climb(start)?;
    if best.attempt.verdict == Verdict::Works {
        best = search.minimise(best)?;
    }
    let standing = best.standing(&first);
    let Search { rehearsals, refused, .. } = search;
    let Tried { steps, patch, attempt, .. } = best;
    Ok(Proof { standing, steps, patch, attempt, refused, rehearsals })
}

/// A patch that was rehearsed.
#[derive(Debug, Clone)]
struct Tried {
    steps: Vec<Step>,
    patch: Patch,
    attempt: Attempt,
    /// How many of the steps made an earlier phase fail.
    detours: usize,
    /// The next of its fixes to try on top of it.
    next: usize,
}

impl Tried {
    fn standing(&self, first: &Attempt) -> Standing {
        match self.attempt.verdict {
            _ if self.steps.is_empty() => Standing::NoFix,
            Verdict::Works => Standing::Proven,
            Verdict::CannotTell => Standing::NotProven,
            Verdict::Fails if is_earlier(&self.attempt, first) => Standing::MadeItWorse,
            Verdict::Fails => Standing::NotProven,
        }
    }

    /// How good it is beside others: larger is better, and among equals the smaller patch.
    fn merit(&self, first: &Attempt) -> (usize, Option<usize>, std::cmp::Reverse<usize>) {
        let standing = match self.standing(first) {
            Standing::Proven | Standing::NothingToFix => 4,
            Standing::NotProven if is_earlier(first, &self.attempt) || self.cured_its_rule() => 3,
            Standing::NotProven => 2,
            Standing::NoFix => 1,
            Standing::MadeItWorse => 0,
        };
        (standing, self.attempt.failed_at, std::cmp::Reverse(self.steps.len()))
    }

    fn cured_its_rule(&self) -> bool {
        self.steps.last().is_some_and(|step| step.cured.contains(&step.rule))
    }

    fn fixes(&self) -> Vec<(&Diagnosis, &Fix)> {
        let worth_it = |(index, diagnosis): &(usize, &Diagnosis)| *index == 0 || diagnosis.severity > Severity::Note;
        let diagnoses = self.attempt.diagnoses.iter().enumerate().filter(worth_it);
        diagnoses.flat_map(|(_, diagnosis)| diagnosis.fixes.iter().map(move |fix| (diagnosis, fix))).collect()
    }
}

struct Search<'a> {
    project: &'a Path,
    bounds: Bounds,
    rehearse: &'a mut dyn FnMut(&Path) -> Result<Attempt>,
    rehearsals: usize,
    /// What the files came to in every patch so far: the same change is never rehearsed twice, however it was reached.
    seen: HashSet<Vec<(PathBuf, Option<u128>)>>,
    refused: Vec<String>,
}

impl Search<'_> {
    /// Goes on from the furthest state that has fixes left. Those that made an earlier phase fail come last: what
    /// vanished there may only be hidden.
    fn climb(&mut self, start: Tried) -> Result<Tried> {
        let first = start.attempt.clone();
        let mut best: Option<Tried> = None;
        let mut open = vec![start.clone()];
        while self.rehearsals < self.bounds.rehearsals {
            let ready = open.iter().enumerate().filter(|(_, state)| state.next < state.fixes().len());
            let Some((index, _)) = ready.min_by_key(|(index, state)| (state.detours, std::cmp::Reverse(*index))) else {
                break;
            };
            let Some(child) = self.step(&mut open[index])? else { continue };
            if best.as_ref().is_none_or(|best| child.merit(&first) > best.merit(&first)) {
                best = Some(child.clone());
            }
            match child.attempt.verdict {
                Verdict::Works => break,
                Verdict::Fails if child.cured_its_rule() => {
                    if child.steps.len() < self.bounds.steps {
                        open.push(child);
                    }
                }
                Verdict::Fails | Verdict::CannotTell => {}
            }
        }
        Ok(best.unwrap_or(start))
    }

    /// Rehearses the next fix on top of a state; `None` when it cannot be made or would change nothing new.
    fn step(&mut self, state: &mut Tried) -> Result<Option<Tried>> {
        let index = state.next;
        state.next += 1;
        let Some((rule, subject, fix)) =
            state.fixes().get(index).map(|(found, fix)| (found.rule, found.subject.clone(), (*fix).clone()))
        else {
            return Ok(None);
        };
        let mut patch = state.patch.clone();
        let Some(attempt) = self.rehearse(&mut patch, &fix.edits)? else { return Ok(None) };
        let mut cured: Vec<&'static str> = cause_gone(&state.attempt, &attempt).into_iter().collect();
        // The rule may be seen again for another thing (the next missing module); this one is cured all the same.
        if !cured.contains(&rule) && !is_seen(&attempt, rule, subject.as_deref()) {
            cured.insert(0, rule);
        }
        let is_detour = attempt.verdict == Verdict::Fails && is_earlier(&attempt, &state.attempt);
        let detours = state.detours + usize::from(is_detour);
        let mut steps = state.steps.clone();
        steps.push(Step { rule, fix, cured });
        Ok(Some(Tried { steps, patch, attempt, detours, next: 0 }))
    }

    /// Adds edits to a patch and rehearses the result.
    fn rehearse(&mut self, patch: &mut Patch, edits: &[Edit]) -> Result<Option<Attempt>> {
        if let Err(refused) = patch.add(edits) {
            self.refused.push(refused.to_string());
            return Ok(None);
        }
        if !self.seen.insert(patch.fingerprint()) {
            return Ok(None);
        }
        let copy = TrialCopy::of(self.project)?;
        patch.write_to(copy.root())?;
        self.rehearsals += 1;
        (self.rehearse)(copy.root()).map(Some)
    }

    /// Drops steps without which the deploy works as well, as far as the bounds allow.
    fn minimise(&mut self, mut best: Tried) -> Result<Tried> {
        let mut index = 0;
        while best.steps.len() > 1 && index < best.steps.len() && self.rehearsals < self.bounds.rehearsals {
            let mut steps = best.steps.clone();
            steps.remove(index);
            let mut patch = Patch::new(self.project)?;
            let (last, before) = match steps.split_last() {
                Some((last, before)) => (last.fix.edits.clone(), before),
                None => break,
            };
            // A later edit may need an earlier one; then both stay.
            let possible = before.iter().all(|step| patch.add(&step.fix.edits).is_ok());
            let refused = self.refused.len();
            match if possible { self.rehearse(&mut patch, &last)? } else { None } {
                Some(attempt) if attempt.verdict == Verdict::Works => best = Tried { steps, patch, attempt, ..best },
                _ => index += 1,
            }
            self.refused.truncate(refused);
        }
        Ok(best)
    }
}

/// Whether one failed in an earlier phase than the other did.
fn is_earlier(one: &Attempt, other: &Attempt) -> bool {
    matches!((one.failed_at, other.failed_at), (Some(one), Some(other)) if one < other)
}

fn is_seen(attempt: &Attempt, rule: &str, subject: Option<&str>) -> bool {
    attempt.diagnoses.iter().any(|found| found.rule == rule && found.subject.as_deref() == subject)
}

/// What it failed for before and no longer does. What was also seen, or only suspected, may merely be hidden now.
fn cause_gone(before: &Attempt, after: &Attempt) -> Option<&'static str> {
    let cause = before.diagnoses.first()?;
    (!is_seen(after, cause.rule, cause.subject.as_deref())).then_some(cause.rule)
}
