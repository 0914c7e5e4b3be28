//! One scenario, run once.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::discover::Scenario;
use super::index::{Index, Packages};
use super::judge::Actual;
use super::normalise::Particulars;
use super::result::{Span, seconds};
use super::settings::Settings as SuiteSettings;
use crate::plan::Vars;
use crate::project::InputError;
use crate::rehearse::{BackendName, Lease, Rehearsal, Request, rehearse};
use crate::report::{Content, Format, Paint, Report};
use crate::run::{Event, SmokeResult, Status};
use crate::sandbox::{Reach, Unavailable};

/// What a run came to.
#[derive(Debug)]
pub(super) enum Attempt {
    /// Something can be said.
    Found {
        /// What.
        actual: Box<Actual>,
        /// Whether the fault is a transient one outside the project.
        transient: bool,
    },
    /// This machine cannot run it.
    Unavailable(String),
    /// The user ended it.
    Interrupted,
}

/// What runs scenarios: the package index that every attempt shares.
#[derive(Debug)]
pub(super) struct Runner {
    index: Index,
}

impl Runner {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { index: Index::start()? })
    }

    /// Runs a scenario. `emit` hears what happens.
    pub(super) fn attempt(
        &self,
        scenario: &Scenario,
        backend: BackendName,
        suite: &SuiteSettings,
        interrupted: &AtomicBool,
        emit: &mut dyn FnMut(&Event),
    ) -> Result<Attempt> {
        let Some(backend) = scenario.definition.backend_for(backend) else {
            return Ok(Attempt::Unavailable("this backend cannot provide what its plan names".into()));
        };
        if backend == BackendName::Docker && scenario.definition.index.status.is_some() {
            let why = "a container is given the local index as a folder, and a folder cannot refuse anything";
            return Ok(Attempt::Unavailable(why.into()));
        }
        let (request, lease) = match self.prepare(scenario, backend, suite) {
            Err(error) if error.is::<Unavailable>() => return Ok(Attempt::Unavailable(error.to_string())),
            prepared => prepared?,
        };
        let mut particulars = Particulars::default();
        particulars.port(lease.port(), "<port>");
        particulars.port(self.index.address().port(), "<index>");
        match rehearse(&request, interrupted, emit) {
            Ok(rehearsal) if rehearsal.outcome.was_interrupted() => Ok(Attempt::Interrupted),
            Ok(rehearsal) => found(&request, rehearsal, &particulars),
            Err(error) => match (error.downcast_ref::<Unavailable>(), error.downcast_ref::<InputError>()) {
                (Some(unavailable), _) => Ok(Attempt::Unavailable(unavailable.missing.clone())),
                (_, Some(unreadable)) => Ok(Attempt::Found {
                    actual: Box::new(self::unreadable(unreadable, &particulars)),
                    transient: false,
                }),
                (None, None) => Err(error),
            },
        }
    }

    /// The request of a scenario, and the port that is its own as long as the lease is held.
    pub(super) fn prepare(
        &self,
        scenario: &Scenario,
        backend: BackendName,
        suite: &SuiteSettings,
    ) -> Result<(Request, Lease)> {
        let port = scenario.project.as_ref().map_or(scenario.definition.run.port, |request| request.port);
        let lease = port.map_or_else(Lease::unusual, Lease::given);
        if let Some(project) = &scenario.project {
            return Ok((of_project(project, backend, suite, lease.port()), lease));
        }
        Ok((self.request(scenario, backend, suite, lease.port())?, lease))
    }

    fn request(&self, scenario: &Scenario, backend: BackendName, suite: &SuiteSettings, port: u16) -> Result<Request> {
        let definition = &scenario.definition;
        let mut docker = suite.docker.clone();
        let mut vars = Vars::new();
        if !definition.needs_network() {
            let archives = definition.packages.iter().map(super::Package::archive).collect::<Result<_>>()?;
            let packages = Packages { status: definition.index.status, archives };
            vars = match backend {
                BackendName::Docker => {
                    let (folder, vars) = self.index.lay_out(&scenario.name, &packages)?;
                    docker.shown.push(folder);
                    vars
                }
                _ => self.index.offer(&scenario.name, packages),
            };
        }
        vars.extend(definition.env.clone());
        let mut request = Request {
            backend,
            nixpkgs: suite.nixpkgs.clone(),
            docker,
            port: Some(port),
            reach: vec![Reach::of_installers(self.index.address())],
            ..Request::new(&scenario.app())
        };
        request.deploy.env = vars.iter().map(|(name, value)| format!("{name}={value}")).collect();
        definition.plan.apply(&scenario.dir, &mut request)?;
        definition.run.apply(&mut request);
        Ok(request)
    }
}

/// What `shakedown run` would rehearse, where the suite was told to.
fn of_project(project: &Request, backend: BackendName, suite: &SuiteSettings, port: u16) -> Request {
    let mut request = Request { port: Some(port), ..project.clone() };
    if backend != BackendName::Auto {
        request.backend = backend;
    }
    request.nixpkgs = suite.nixpkgs.clone().or(request.nixpkgs);
    request
}

fn found(request: &Request, rehearsal: Rehearsal, particulars: &Particulars) -> Result<Attempt> {
    let verdict = match rehearsal.verdict() {
        crate::run::Verdict::Works => "works",
        crate::run::Verdict::Fails => "fails",
        crate::run::Verdict::CannotTell => "cannot-tell",
    };
    let primary = rehearsal.primary();
    let rule = primary.map(|diagnosis| (diagnosis.rule.to_owned(), diagnosis.subject.clone()));
    let (phase, exit) = (rehearsal.outcome.failing_phase().map(str::to_owned), exit_code(&rehearsal));
    let (backend, transient) = (rehearsal.backend.clone(), rehearsal.transient);
    let report = Report { project: request.path.clone(), content: Content::Rehearsal(Box::new(rehearsal)) };
    let report: Value =
        serde_json::from_str(&Format::Json.render(&report, Paint::PLAIN)?).context("the report is no JSON")?;
    let report = particulars.normalise(report);
    let actual = Actual { verdict, phase, exit, rule, error: None, backend, report };
    Ok(Attempt::Found { actual: Box::new(actual), transient })
}

fn unreadable(error: &InputError, particulars: &Particulars) -> Actual {
    let message = error.to_string();
    let report = particulars.normalise(json!({ "verdict": "unreadable", "error": message }));
    let backend = "none".to_owned();
    Actual { verdict: "unreadable", phase: None, exit: None, rule: None, error: Some(message), backend, report }
}

/// The exit code of the command that failed, as a shell would see it.
fn exit_code(rehearsal: &Rehearsal) -> Option<i32> {
    let code = |status: Status| match status {
        Status::Failed(exit) => Some(exit.code()),
        Status::OutOfMemory => Some(137),
        _ => None,
    };
    let mut cmds = rehearsal.outcome.phases.iter().flat_map(|phase| &phase.cmds);
    cmds.find_map(|cmd| code(cmd.status)).or_else(|| match &rehearsal.outcome.smoke.as_ref()?.result {
        SmokeResult::Crashed(exit) => Some(exit.code()),
        SmokeResult::OutOfMemory => Some(137),
        SmokeResult::ExitedEarly { .. } => Some(0),
        _ => None,
    })
}

/// How many lines of output are kept, and how much of each.
const LOG_LINES: usize = 40;
const LOG_WIDTH: usize = 300;

/// Notes when phases begin and end, and the last that was printed.
#[derive(Debug)]
pub(super) struct Clock {
    started: Instant,
    open: Option<(String, Instant)>,
    spans: Vec<Span>,
    log: VecDeque<String>,
}

/// What a clock has noted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) timeline: Vec<Span>,
    pub(super) seconds: f64,
    pub(super) log: Vec<String>,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), open: None, spans: Vec::new(), log: VecDeque::new() }
    }

    /// Hears an event; returns the phase that begins with it.
    pub(super) fn event<'a>(&mut self, event: &'a Event) -> Option<&'a str> {
        match event {
            Event::PhaseStarted { phase } => {
                self.close(true);
                self.open = Some((phase.clone(), Instant::now()));
                return Some(phase);
            }
            Event::PhaseFinished { status, .. } if *status != Status::Skipped => self.close(*status == Status::Passed),
            Event::SmokeFinished { smoke } => self.close(smoke.result.is_good()),
            Event::Line { phase, text } => {
                if self.log.len() == LOG_LINES {
                    self.log.pop_front();
                }
                self.log.push_back(format!("{phase} │ {}", text.chars().take(LOG_WIDTH).collect::<String>()));
            }
            _ => {}
        }
        None
    }

    fn close(&mut self, good: bool) {
        if let Some((phase, since)) = self.open.take() {
            let from = seconds(since.duration_since(self.started));
            self.spans.push(Span { phase, from, seconds: seconds(since.elapsed()), good });
        }
    }

    /// Everything noted.
    pub(super) fn stop(mut self) -> Notes {
        self.close(false);
        Notes { timeline: self.spans, seconds: seconds(self.started.elapsed()), log: self.log.into() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn phases_become_spans() {
        let mut clock = Clock::start();
        assert_eq!(clock.event(&Event::PhaseStarted { phase: "install".into() }), Some("install"));
        clock.event(&Event::PhaseFinished { phase: "install".into(), status: Status::Passed, took: Duration::ZERO });
        clock.event(&Event::PhaseStarted { phase: "start".into() });
        let notes = clock.stop();
        let seen: Vec<_> = notes.timeline.iter().map(|span| (span.phase.as_str(), span.good)).collect();
        assert_eq!(seen, [("install", true), ("start", false)]);
    }
}
