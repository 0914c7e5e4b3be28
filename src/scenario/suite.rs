//! Runs the selected scenarios, several at a time, and tells as it goes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::attempt::{Attempt, Clock, Notes, Runner};
use super::discover::Scenario;
use super::judge::{Actual, Judgement, judge};
use super::result::{Case, CaseResult, CaseStatus, Summary, seconds};
use super::select::Selected;
use super::settings::Settings;
use super::state::State;
use crate::rehearse::BackendName;

/// How long a transient fault gets to pass, times the number of the attempt.
const PAUSE: Duration = Duration::from_secs(2);

/// Something that happened while a suite ran.
#[derive(Debug)]
pub enum SuiteEvent<'a> {
    /// So many cases are to be run.
    Planned {
        /// The number.
        cases: usize,
    },
    /// A case, or another attempt at it, begins.
    Started {
        /// Which.
        case: &'a Case,
    },
    /// A phase of it begins.
    Phase {
        /// Which case.
        case: &'a Case,
        /// The phase's name in the plan.
        phase: &'a str,
    },
    /// A case is over.
    Finished {
        /// What became of it.
        result: &'a CaseResult,
    },
}

/// The same between threads.
enum Message {
    Started(Case),
    Phase(Case, String),
    Finished(Box<CaseResult>),
}

struct Job<'a> {
    scenario: &'a Scenario,
    backend: BackendName,
    case: Case,
}

struct Shared<'a> {
    settings: &'a Settings,
    runner: Runner,
    queue: Mutex<VecDeque<Job<'a>>>,
    stop: AtomicBool,
    interrupted: &'a AtomicBool,
    started: Instant,
}

/// Runs what was selected. Results are on disk as soon as they are known.
pub fn run(
    settings: &Settings,
    selected: &Selected,
    state: &State,
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(&SuiteEvent<'_>),
) -> Result<Summary> {
    let mut log = state.record()?;
    let mut summary = Summary { partition: selected.partition, whole: selected.whole.clone(), ..Summary::default() };
    let shared = Shared {
        settings,
        runner: Runner::new()?,
        queue: Mutex::new(jobs(settings, selected, state)),
        stop: AtomicBool::new(false),
        interrupted,
        started: Instant::now(),
    };
    let cases = shared.queue.lock().unwrap_or_else(PoisonError::into_inner).len();
    emit(&SuiteEvent::Planned { cases: cases + selected.broken.len() + selected.left_out.len() });
    let mut finish = |result: CaseResult, emit: &mut dyn FnMut(&SuiteEvent<'_>)| -> Result<()> {
        // A case that was left out keeps what is known of it.
        if result.status != CaseStatus::Skipped {
            log.append(&result)?;
        }
        emit(&SuiteEvent::Finished { result: &result });
        summary.results.push(result);
        Ok(())
    };
    for result in without_a_run(selected) {
        finish(result, emit)?;
    }
    thread::scope(|scope| {
        let (outbox, inbox) = mpsc::channel();
        for _ in 0..settings.jobs.clamp(1, cases.max(1)) {
            let (shared, outbox) = (&shared, outbox.clone());
            scope.spawn(move || shared.work(&outbox));
        }
        drop(outbox);
        let mut outcome = Ok(());
        for message in inbox {
            match message {
                Message::Started(case) => emit(&SuiteEvent::Started { case: &case }),
                Message::Phase(case, phase) => emit(&SuiteEvent::Phase { case: &case, phase: &phase }),
                Message::Finished(result) => {
                    if let Err(error) = finish(*result, emit) {
                        // Without a place for results there is no sense in making more of them.
                        shared.stop.store(true, Ordering::Relaxed);
                        outcome = Err(error);
                    }
                }
            }
        }
        outcome
    })?;
    summary.seconds = seconds(shared.started.elapsed());
    summary.interrupted = interrupted.load(Ordering::Relaxed);
    Ok(summary)
}

/// The longest first, as far as that is known: a long one begun last would keep the others' workers waiting.
fn jobs<'a>(settings: &Settings, selected: &'a Selected, state: &State) -> VecDeque<Job<'a>> {
    let mut jobs: Vec<Job<'a>> = Vec::new();
    for scenario in &selected.scenarios {
        for backend in &settings.backends {
            let case = Case { scenario: scenario.name.clone(), backend: backend.name().into() };
            jobs.push(Job { scenario, backend: *backend, case });
        }
    }
    let known = |job: &Job<'_>| state.seconds(&job.case).unwrap_or(f64::MAX);
    jobs.sort_by(|a, b| known(b).total_cmp(&known(a)));
    jobs.into()
}

fn without_a_run(selected: &Selected) -> Vec<CaseResult> {
    let case = |name: &str| Case { scenario: name.to_owned(), backend: String::new() };
    let broken = selected.broken.iter().map(|broken| {
        CaseResult::unrun(case(&broken.name), CaseStatus::Broken, format!("{}: {}", broken.place, broken.message))
    });
    let left_out = selected
        .left_out
        .iter()
        .map(|(name, why)| CaseResult::unrun(case(name), CaseStatus::Skipped, (*why).to_owned()));
    broken.chain(left_out).collect()
}

impl Shared<'_> {
    fn work(&self, outbox: &mpsc::Sender<Message>) {
        loop {
            let job = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(job) = job else { return };
            let result = if self.interrupted.load(Ordering::Relaxed) {
                CaseResult::unrun(job.case, CaseStatus::Interrupted, "not begun before the interruption".into())
            } else if self.stop.load(Ordering::Relaxed) {
                CaseResult::unrun(job.case, CaseStatus::Skipped, "an earlier one failed (--fail-fast)".into())
            } else {
                self.run(&job, outbox)
            };
            if self.settings.fail_fast && result.status.is_bad() {
                self.stop.store(true, Ordering::Relaxed);
            }
            // Nobody listens only if the suite is being torn down.
            if outbox.send(Message::Finished(Box::new(result))).is_err() {
                return;
            }
        }
    }

    fn run(&self, job: &Job<'_>, outbox: &mpsc::Sender<Message>) -> CaseResult {
        let wants_tell = job.scenario.definition.expect.verdict != super::ExpectedVerdict::CannotTell;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let _ = outbox.send(Message::Started(job.case.clone()));
            let from = seconds(self.started.elapsed());
            let mut clock = Clock::start();
            let attempt =
                self.runner.attempt(job.scenario, job.backend, self.settings, self.interrupted, &mut |event| {
                    if let Some(phase) = clock.event(event) {
                        let _ = outbox.send(Message::Phase(job.case.clone(), phase.to_owned()));
                    }
                });
            let transient = matches!(attempt, Ok(Attempt::Found { transient: true, .. })) && wants_tell;
            if transient && attempts <= self.settings.retries && self.pause(attempts) {
                continue;
            }
            let Notes { timeline, seconds, mut log } = clock.stop();
            let result = self.judged(job, attempt, transient);
            if !result.status.is_bad() && result.status != CaseStatus::Unreachable {
                log.clear();
            }
            return CaseResult { attempts, from, seconds, timeline, log, ..result };
        }
    }

    /// Waits before the next attempt; `false` when the user ended it.
    fn pause(&self, attempts: u32) -> bool {
        let until = Instant::now() + PAUSE * attempts;
        while Instant::now() < until && !self.interrupted.load(Ordering::Relaxed) {
            thread::sleep(PAUSE / 40);
        }
        !self.interrupted.load(Ordering::Relaxed)
    }

    fn judged(&self, job: &Job<'_>, attempt: Result<Attempt>, transient: bool) -> CaseResult {
        let ended = |status, reason| CaseResult::unrun(job.case.clone(), status, reason);
        let actual = match attempt {
            Ok(Attempt::Found { actual, .. }) => *actual,
            // Passed over, it would count as a project that works.
            Ok(Attempt::Unavailable(why)) if job.scenario.project.is_some() => {
                let verdict = Some("cannot-tell".to_owned());
                return CaseResult {
                    verdict,
                    ..ended(CaseStatus::Failed, format!("it must work: cannot-tell: {why}"))
                };
            }
            Ok(Attempt::Unavailable(why)) => return ended(CaseStatus::Skipped, why),
            Ok(Attempt::Interrupted) => return ended(CaseStatus::Interrupted, "interrupted".into()),
            Err(error) => return ended(CaseStatus::Failed, format!("could not be run: {error:#}")),
        };
        let Actual { verdict, ref rule, .. } = actual;
        let (verdict, rule) = (Some(verdict.to_owned()), rule.as_ref().map(|(rule, _)| rule.clone()));
        let judged = match transient {
            true => {
                let what = rule.as_deref().unwrap_or("unknown");
                ended(CaseStatus::Unreachable, format!("a transient fault outside the project: {what}"))
            }
            false => match judge(job.scenario, &actual, self.settings.accept) {
                Ok(Judgement::Passed) => CaseResult { reasons: Vec::new(), ..ended(CaseStatus::Passed, String::new()) },
                Ok(Judgement::Fixed(why)) => ended(CaseStatus::Fixed, why),
                Ok(Judgement::Failed { mut reasons, diff }) => {
                    if diff.is_some() || reasons.iter().any(|reason| reason.contains("no accepted report")) {
                        reasons.push(format!("to accept: {}", self.accept_command(job)));
                    }
                    CaseResult { reasons, diff, ..ended(CaseStatus::Failed, String::new()) }
                }
                Err(error) => ended(CaseStatus::Failed, format!("{error:#}")),
            },
        };
        CaseResult { verdict, rule, ..judged }
    }

    fn accept_command(&self, job: &Job<'_>) -> String {
        let backend = match job.backend {
            BackendName::Auto => String::new(),
            backend => format!(" --backend {}", backend.name()),
        };
        format!("shakedown suite {} {}{backend} --accept", self.settings.folder.display(), job.case.scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::Definition;
    use super::super::{Broken, CaseStatus};
    use super::*;

    fn scenario(name: &str) -> Scenario {
        let definition = Definition::parse("about = \"\"\n[expect]\nverdict = \"works\"\n").unwrap();
        Scenario { name: name.into(), dir: std::path::Path::new("nowhere").join(name), definition, project: None }
    }

    fn settings() -> Settings {
        Settings { folder: "nowhere".into(), backends: vec![BackendName::Host], jobs: 2, ..Settings::default() }
    }

    fn statuses(summary: &Summary) -> Vec<(&str, CaseStatus)> {
        summary.results.iter().map(|result| (result.case.scenario.as_str(), result.status)).collect()
    }

    #[test]
    fn what_cannot_run_is_reported_and_only_failures_are_kept() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("state.ndjson");
        let broken = Broken { name: "bad".into(), place: "bad/scenario.toml:2".into(), message: "no".into() };
        let left_out = vec![("big".to_owned(), "it is heavy")];
        let selected = Selected { broken: vec![broken], left_out, ..Selected::default() };
        let state = State::at(path.clone()).unwrap();
        let summary = run(&settings(), &selected, &state, &AtomicBool::new(false), &mut |_| {}).unwrap();
        assert_eq!(statuses(&summary), [("bad", CaseStatus::Broken), ("big", CaseStatus::Skipped)]);
        assert_eq!(summary.results[0].reasons, ["bad/scenario.toml:2: no"]);
        assert_eq!(State::at(path).unwrap().unfinished(), ["bad"]);
    }

    #[test]
    fn an_interruption_leaves_the_rest_to_be_run_again() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("state.ndjson");
        let selected = Selected { scenarios: vec![scenario("a"), scenario("b")], ..Selected::default() };
        let state = State::at(path.clone()).unwrap();
        let summary = run(&settings(), &selected, &state, &AtomicBool::new(true), &mut |_| {}).unwrap();
        assert!(summary.interrupted);
        assert!(summary.results.iter().all(|result| result.status == CaseStatus::Interrupted));
        assert_eq!(State::at(path).unwrap().unfinished(), ["a", "b"]);
    }

    #[test]
    fn an_error_of_ours_fails_the_scenario_and_stops_a_fast_suite() {
        let scratch = tempfile::tempdir().unwrap();
        let selected = Selected { scenarios: vec![scenario("a"), scenario("b")], ..Selected::default() };
        let state = State::at(scratch.path().join("state.ndjson")).unwrap();
        let settings = Settings { jobs: 1, fail_fast: true, ..settings() };
        let summary = run(&settings, &selected, &state, &AtomicBool::new(false), &mut |_| {}).unwrap();
        assert_eq!(statuses(&summary), [("a", CaseStatus::Failed), ("b", CaseStatus::Skipped)]);
    }

    #[test]
    fn the_longest_of_the_last_time_begin_first_and_the_unknown_before_them() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("state.ndjson");
        let state = State::at(path.clone()).unwrap();
        let mut log = state.record().unwrap();
        for (name, seconds) in [("short", 1.0), ("long", 9.0)] {
            let case = Case { scenario: name.into(), backend: "host".into() };
            let result = CaseResult::unrun(case, CaseStatus::Passed, String::new());
            log.append(&CaseResult { attempts: 1, seconds, ..result }).unwrap();
        }
        let scenarios = ["short", "long", "new"].map(scenario).to_vec();
        let selected = Selected { scenarios, ..Selected::default() };
        let queue = jobs(&settings(), &selected, &State::at(path).unwrap());
        let names: Vec<&str> = queue.iter().map(|job| job.case.scenario.as_str()).collect();
        assert_eq!(names, ["new", "long", "short"]);
    }
}
