//! Trying fixes until the deploy works.
//!
//! A fix counts only for what the rehearsal of the changed copy says. Progress is a diagnosis that vanished; a project
//! may have several faults, each hidden by the one before it, so that fixes are added up step by step.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::patch::Patch;
use super::trial::TrialCopy;
use crate::finding::{Diagnosis, Fix, Severity};
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
    /// Rehearsals side by side; each may use half of a machine's memory.
    pub at_once: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { rehearsals: 16, steps: 8, at_once: 2 }
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

/// A copy of the project with a patch, to be rehearsed.
#[derive(Debug)]
pub struct Trial {
    /// What is tried, in the imperative: "pin flask"; "do without: pin flask".
    pub what: String,
    copy: TrialCopy,
}

impl Trial {
    /// A copy of `project` with `patch`.
    ///
    /// # Errors
    /// It could not be written.
    pub fn new(what: String, project: &Path, patch: &Patch) -> Result<Self> {
        let copy = TrialCopy::of(project)?;
        patch.write_to(copy.root())?;
        Ok(Self { what, copy })
    }

    /// One that leaves out a fix.
    ///
    /// # Errors
    /// The same.
    pub fn without(fix: &Fix, project: &Path, patch: &Patch) -> Result<Self> {
        Self::new(format!("do without: {}", fix.summary), project, patch)
    }

    /// The copy's root folder.
    pub fn root(&self) -> &Path {
        self.copy.root()
    }
}

/// Rehearses trials, side by side where they are independent. Gives what they came to, in order, up to the first that the
/// second argument says is enough; what follows that one need not be rehearsed to its end.
pub type Rehearse<'r> = dyn FnMut(&[Trial], &mut dyn FnMut(&Attempt) -> bool) -> Result<Vec<Attempt>> + 'r;

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
/// order in which diagnoses give them; those that are not needed in the end are dropped again. The outcome is the same
/// however many are rehearsed side by side.
pub fn prove(project: &Path, seen: Attempt, bounds: Bounds, rehearse: &mut Rehearse<'_>) -> Result<Proof> {
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

    /// How good it is beside others: larger is better, and among equals what has cured more, then the smaller patch.
    fn merit(&self, first: &Attempt) -> (usize, Option<usize>, usize, std::cmp::Reverse<usize>) {
        let standing = match self.standing(first) {
            Standing::Proven | Standing::NothingToFix => 4,
            Standing::NotProven if is_earlier(first, &self.attempt) || self.cured_its_rule() => 3,
            Standing::NotProven => 2,
            Standing::NoFix => 1,
            Standing::MadeItWorse => 0,
        };
        let cured = self.steps.iter().filter(|step| step.cured.contains(&step.rule)).count();
        (standing, self.attempt.failed_at, cured, std::cmp::Reverse(self.steps.len()))
    }

    fn cured_its_rule(&self) -> bool {
        self.steps.last().is_some_and(|step| step.cured.contains(&step.rule))
    }

    /// With one more fix, the `index`th of its own, as it came out.
    fn with(&self, index: usize, patch: Patch, attempt: Attempt) -> Option<Self> {
        let (rule, subject, fix) =
            self.fixes().get(index).map(|(found, fix)| (found.rule, found.subject.clone(), (*fix).clone()))?;
        let mut cured: Vec<&'static str> = cause_gone(&self.attempt, &attempt).into_iter().collect();
        // The rule may be seen again for another thing (the next missing module); this one is cured all the same.
        if !cured.contains(&rule) && !is_seen(&attempt, rule, subject.as_deref()) {
            cured.insert(0, rule);
        }
        let is_detour = attempt.verdict == Verdict::Fails && is_earlier(&attempt, &self.attempt);
        let detours = self.detours + usize::from(is_detour);
        let mut steps = self.steps.clone();
        steps.push(Step { rule, fix, cured });
        Some(Self { steps, patch, attempt, detours, next: 0 })
    }

    /// Whether there is no need to look at the next fix before going on from here.
    fn is_progress(&self) -> bool {
        self.attempt.verdict == Verdict::Works || self.attempt.verdict == Verdict::Fails && self.cured_its_rule()
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
    rehearse: &'a mut Rehearse<'a>,
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
            for child in self.step(&mut open[index])? {
                if best.as_ref().is_none_or(|best| child.merit(&first) > best.merit(&first)) {
                    best = Some(child.clone());
                }
                if child.attempt.verdict == Verdict::Works {
                    return Ok(child);
                }
                if child.is_progress() && child.steps.len() < self.bounds.steps {
                    open.push(child);
                }
            }
        }
        Ok(best.unwrap_or(start))
    }

    /// Rehearses the next fixes on top of a state, up to the first that helps. The first of a cause is the likeliest and is
    /// tried alone.
    fn step(&mut self, state: &mut Tried) -> Result<Vec<Tried>> {
        let most = if state.next == 0 { 1 } else { self.at_once() };
        let mut begun: Vec<(usize, Patch)> = Vec::new();
        let mut refused: Vec<(usize, String)> = Vec::new();
        let mut trials = Vec::new();
        let fixes: Vec<Fix> = state.fixes().into_iter().map(|(_, fix)| fix.clone()).collect();
        let mut next = state.next;
        while let Some(fix) = fixes.get(next).filter(|_| trials.len() < most) {
            let mut patch = state.patch.clone();
            match patch.add(&fix.edits) {
                Err(why) => refused.push((next, why.to_string())),
                Ok(()) if !self.is_new(&patch, &begun) => {}
                Ok(()) => {
                    trials.push(Trial::new(fix.summary.clone(), self.project, &patch)?);
                    begun.push((next, patch));
                }
            }
            next += 1;
        }
        let mut found: Vec<Tried> = Vec::new();
        let mut is_enough = |attempt: &Attempt| {
            let child =
                begun.get(found.len()).and_then(|(index, patch)| state.with(*index, patch.clone(), attempt.clone()));
            let enough = child.as_ref().is_some_and(Tried::is_progress);
            found.extend(child);
            enough
        };
        let attempts = self.rehearse(&trials, &begun, &mut is_enough)?;
        // What comes after the one that was enough is as if it had not been looked at.
        let cut = begun.get(attempts.len()).filter(|_| !attempts.is_empty()).map_or(next, |(index, _)| *index);
        state.next = cut;
        self.refused.extend(refused.into_iter().filter(|(index, _)| *index < cut).map(|(_, why)| why));
        Ok(found)
    }

    /// Rehearses trials, and remembers what was looked at of their changes.
    fn rehearse(
        &mut self,
        trials: &[Trial],
        changes: &[(usize, Patch)],
        is_enough: &mut dyn FnMut(&Attempt) -> bool,
    ) -> Result<Vec<Attempt>> {
        let attempts = (self.rehearse)(trials, is_enough)?;
        self.rehearsals += attempts.len();
        self.seen.extend(changes.iter().take(attempts.len()).map(|(_, patch)| patch.fingerprint()));
        Ok(attempts)
    }

    /// How many may be rehearsed side by side now.
    fn at_once(&self) -> usize {
        self.bounds.at_once.min(self.bounds.rehearsals - self.rehearsals).max(1)
    }

    /// Whether a change was neither rehearsed yet nor is about to be.
    fn is_new(&self, patch: &Patch, begun: &[(usize, Patch)]) -> bool {
        let change = patch.fingerprint();
        !self.seen.contains(&change) && begun.iter().all(|(_, other)| other.fingerprint() != change)
    }

    /// Drops steps without which the deploy works as well, as far as the bounds allow.
    fn minimise(&mut self, mut best: Tried) -> Result<Tried> {
        let mut index = 0;
        while best.steps.len() > 1 && index < best.steps.len() && self.rehearsals < self.bounds.rehearsals {
            let mut fewer: Vec<(usize, Patch)> = Vec::new();
            let mut trials = Vec::new();
            let mut next = index;
            while next < best.steps.len() && trials.len() < self.at_once() {
                // A later edit may need an earlier one; then both stay.
                if let Some(patch) =
                    patched(self.project, &without(&best.steps, next)).filter(|patch| self.is_new(patch, &fewer))
                {
                    trials.push(Trial::without(&best.steps[next].fix, self.project, &patch)?);
                    fewer.push((next, patch));
                }
                next += 1;
            }
            let attempts = self.rehearse(&trials, &fewer, &mut |attempt| attempt.verdict == Verdict::Works)?;
            index = fewer.get(attempts.len()).map_or(next, |(left, _)| *left).max(index + 1);
            let works = attempts.into_iter().zip(fewer).find(|(attempt, _)| attempt.verdict == Verdict::Works);
            if let Some((attempt, (left_out, patch))) = works {
                best = Tried { steps: without(&best.steps, left_out), patch, attempt, ..best };
                index = left_out;
            }
        }
        Ok(best)
    }
}

/// The patch of all steps; none where an edit cannot be made.
pub fn patched(project: &Path, steps: &[Step]) -> Option<Patch> {
    let mut patch = Patch::new(project).ok()?;
    steps.iter().all(|step| patch.add(&step.fix.edits).is_ok()).then_some(patch)
}

fn without(steps: &[Step], index: usize) -> Vec<Step> {
    let others = steps.iter().enumerate().filter(|(other, _)| *other != index);
    others.map(|(_, step)| step.clone()).collect()
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
