//! The main job, end to end: plan, sandbox, run, diagnosis. Every command that runs a project goes through here.

mod backend_name;
mod backends;
mod cached;
mod check_findings;
mod conclusion;
mod dead;
mod fetch;
mod fix_trial;
mod imports;
mod index;
mod kept_sandbox;
mod other_builder;
mod plan_settings;
mod port;
mod refused;
mod rehearsal;
pub mod replay;
mod request;
mod services;
mod settings;
mod side_by_side;
mod unreached;

pub use backend_name::BackendName;
pub use backends::Chosen;
pub use fix_trial::{rehearse_trials, unread};
pub use plan_settings::PlanSettings;
pub use port::Lease;
pub use rehearsal::Rehearsal;
pub use request::{AskError, Planner, PlannerName, Request};
pub use services::{Service, is_service, services};
pub use side_by_side::side_by_side;

use conclusion::Found;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Instant;

use anyhow::Result;

use crate::catalog::servers::visited;
use crate::check::Facts;
use crate::log::{Log, LogBuilder};
use crate::plan::Vars;
use crate::platform::railway;
use crate::project::Project;
use crate::run::{self, Event, Job, Ran, Status, Until, Verdict};
use crate::sandbox::{Progress, Sandbox, Spec, Unverified, host, sweep};

/// Plans the project, runs it, and looks for the cause where it fails.
///
/// A deploy that would fail is an `Ok`. Errors: an unreadable project or configuration (`project::InputError`), no usable
/// backend (`sandbox::Unavailable`), a sandbox that broke.
pub fn rehearse(request: &Request, interrupted: &AtomicBool, emit: &mut dyn FnMut(&Event)) -> Result<Rehearsal> {
    rehearse_then(request, interrupted, emit, |_, _| Ok(()))
}

/// The same, with a last look at the sandbox before it is closed.
pub fn rehearse_then(
    request: &Request,
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(&Event),
    before_closing: impl FnOnce(&Ran, &dyn Sandbox) -> Result<()>,
) -> Result<Rehearsal> {
    let started = Instant::now();
    sweep::in_background();
    if request.backend != BackendName::Docker {
        host::ask_in_background();
    }
    let project = request.project()?;
    let builder = request.detected(&project);
    if let Some(elsewhere) = builder.as_ref().and_then(other_builder::rehearsal) {
        return Ok(Rehearsal { builder, ..elsewhere }.finish(Vec::new(), started, emit));
    }
    let planned = request.plan_for(&project, builder.as_ref())?;
    let mut facts = Facts::new(&project, &request.deploy, &planned);
    let buildable = match planned.buildable()? {
        Ok(buildable) => buildable,
        Err(refused) => {
            let rehearsal = refused::rehearsal(&refused, builder.as_ref(), &project, emit);
            return Ok(Rehearsal { builder, ..rehearsal }.finish(facts.findings(), started, emit));
        }
    };
    let root = Project::open(&buildable.root)?;
    // Held until the run is over.
    let lease = request.port_for(&buildable.plan).map_or_else(|| Lease::where_needed(request), Lease::given);
    let mut settings = request.settings_for(&root, &buildable, lease.port());
    settings.smoke.allowed_host = facts.allowed_host();
    let jobs = facts.background_jobs();
    settings.smoke.has_parts = !jobs.is_empty() || facts.makes_parts();
    let phases = settings.phases(&buildable.plan);
    if let Some(unknown) = settings.unknown_phase(&phases) {
        return Err(AskError(format!("there is no phase {unknown}; the plan has {}", phases.join(", "))).into());
    }
    let spec = Spec {
        project: root.root(),
        copy: request.copy.clone(),
        plan: &buildable.plan,
        python: request.python.clone(),
        network: request.network,
        reach: &request.reach,
        memory: request.memory,
        quotas: request.quotas,
        reuse: request.reuse,
    };
    if request.fetch_python {
        fetch::python(request, &buildable.plan, interrupted, emit)?;
    }
    let (name, reason, mut sandbox) = open(request, &spec, interrupted, emit)?;
    let (asking, auditing) = (RefCell::new(None), RefCell::new(None));
    let at_start = |sandbox: &dyn Sandbox, vars: &Vars| {
        *auditing.borrow_mut() = Some(thread::spawn(sandbox.audit()));
        // The patterns of a log take some milliseconds to compile, which the app needs to come up.
        thread::spawn(|| Log::from("up"));
        *asking.borrow_mut() = imports::Asking::begin(sandbox, &buildable.plan, vars, &facts.imports());
    };
    let job = Job {
        plan: &buildable.plan,
        settings: &settings,
        secrets: &request.secrets,
        interrupted,
        at_start: Some(&at_start),
    };
    let mut log = LogBuilder::new();
    let ran = run::run(&job, &mut *sandbox, &mut |event| {
        if let Event::Line { phase, text } = event {
            log.push(Some(phase), text.as_bytes());
            log.push(Some(phase), b"\n");
        }
        emit(event);
    })?;
    before_closing(&ran, &*sandbox)?;
    let built = ran.outcome.phases.iter().all(|phase| phase.status == Status::Passed);
    // After a failure the log names the module; what would be missed next is not known before that is mended.
    if ran.outcome.verdict() == Verdict::Works {
        let early = asking.take();
        facts.absent = imports::absent(early, &*sandbox, &buildable.plan, &ran.vars, &facts.imports(), interrupted);
    }
    let missing = match auditing.take() {
        Some(auditing) => auditing.join().unwrap_or_else(|panic| resume_unwind(panic))?,
        None if built => sandbox.audit()()?,
        None => Vec::new(),
    };
    let mut unverified = sandbox.unverified();
    let doubts = buildable.plan.doubts.iter().cloned();
    unverified.extend(doubts.map(|(what, why)| Unverified { what, why }));
    unverified.extend(facts.railway_file().map(soon_unread));
    unverified.extend(facts.unread_railway_file().map(|file| unread_now(&file)));
    unverified.extend(kept_sandbox::from(request).map(kept_sandbox::note));
    unverified.extend(ran.outcome.smoke.iter().flat_map(|smoke| &smoke.outside).map(leant_on));
    unverified.extend(ran.outcome.smoke.iter().filter(|smoke| smoke.refuses_host).map(|_| asked_as(&settings)));
    unverified.extend(request.settings.until.as_ref().map(not_run));
    let unvisited = ran.outcome.smoke.iter().find(|smoke| smoke.was_visited == Some(false));
    unverified.extend(unvisited.map(|smoke| not_opened(&smoke.cmd)));
    if name == "host" {
        unverified.extend(facts.programs_under_other_libraries().into_iter().map(under_other_libraries));
    }
    let was_interrupted = ran.outcome.was_interrupted();
    let mut found = Found {
        outcome: ran.outcome,
        deploy: buildable.deploy.clone(),
        builder: builder.as_ref().map(|detected| detected.builder.clone()),
        log: log.finish(),
        missing,
        unverified,
        kept: None,
        index: None,
        is_offline: !request.network,
        jobs,
    };
    if request.network && found.outcome.verdict() == Verdict::Fails {
        let causes = found.diagnoses(&root);
        found.index = index::ask(&*sandbox, &buildable.plan, &ran.vars, causes.first(), interrupted, emit);
    }
    // Where there are two images, the start was in the app's.
    let was_started = found.outcome.smoke.is_some();
    let is_kept = kept_sandbox::is_wanted(request, was_interrupted);
    if is_kept {
        found.kept = Some(kept_sandbox::keep(request, &spec, &name, was_started, &mut *sandbox)?);
    }
    // To close it is to wait for the kernel.
    let (rehearsal, findings) = thread::scope(|scope| {
        let closing = (!is_kept).then(|| scope.spawn(|| sandbox.close()));
        let told = (found.rehearsal(&root, buildable.plan.clone(), name, reason), facts.findings());
        let closed = closing.map(|closing| closing.join().unwrap_or_else(|panic| resume_unwind(panic)));
        closed.transpose().map(|_| told)
    })?;
    Ok(Rehearsal { builder, ..rehearsal }.finish(findings, started, emit))
}

/// Railway's own file, which the plan obeys. Source: docs.railway.com, config as code.
fn soon_unread(file: &Path) -> Unverified {
    let why = match railway::has_ended() {
        true => {
            "Railway has not read it since 2026-12-01: it stands here for what the service's own settings say, and `--platform railway` leaves it out"
        }
        false => {
            "Railway reads it until 2026-12-01; from then on what it says counts only where the service's own settings say so too: `shakedown migrate` shows what is lost"
        }
    };
    Unverified { what: file.display().to_string(), why: why.to_owned() }
}

fn unread_now(file: &Path) -> Unverified {
    let why = "Railway has not read it since 2026-12-01, so it was left out here; what the service's own settings say is not known";
    Unverified { what: file.display().to_string(), why: why.to_owned() }
}

/// A page whose code was not seen to run.
fn not_opened(start: &str) -> Unverified {
    let server = visited(start).map_or("its server", |runner| runner.program);
    let why = format!(
        "{server} runs it when somebody opens the page, and this run could not; what `check` finds in it counts"
    );
    Unverified { what: "the code of the page".to_owned(), why }
}

/// A program of the base image that finds other libraries there.
fn under_other_libraries(program: &str) -> Unverified {
    let why = "the app starts it, and in the cloud it runs with Nix' libraries before its own (LD_LIBRARY_PATH), which may not fit; start it without that variable to be sure";
    Unverified { what: program.to_owned(), why: why.to_owned() }
}

/// A service of this machine that the app used.
fn leant_on(address: &SocketAddr) -> Unverified {
    Unverified {
        what: address.to_string(),
        why: "the app is connected to this service of your machine; in the cloud nobody listens there. --offline keeps it out".to_owned(),
    }
}

/// An app that answers by its own name alone.
fn asked_as(settings: &run::Settings) -> Unverified {
    let host = settings.smoke.allowed_host.as_deref().unwrap_or("localhost");
    let why = "the app refuses hosts that it does not name; that the deploy is asked for by this one is for its settings to say";
    Unverified { what: format!("host {host}"), why: why.to_owned() }
}

/// What a run says nothing about that was to stop early.
fn not_run(until: &Until) -> Unverified {
    let what = match until {
        Until::Before(phase) => format!("{phase}, and all that comes after it"),
        Until::After(phase) => format!("all that comes after {phase}"),
    };
    Unverified { what, why: "it was not to be run".to_owned() }
}

/// The sandbox of a run, empty or as an earlier run left it, and where and why there.
fn open(
    request: &Request,
    spec: &Spec<'_>,
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(&Event),
) -> Result<(String, String, Box<dyn Sandbox>)> {
    let started = |emit: &mut dyn FnMut(&Event), Chosen { backend, reason }: &Chosen| {
        let name = backend.name().to_owned();
        emit(&Event::RunStarted { backend: name.clone(), reason: reason.clone() });
        (name, reason.clone())
    };
    let Some(from) = kept_sandbox::from(request) else {
        let mut report = |what: &str| emit(&Event::Waiting { what: what.to_owned() });
        let chosen = backends::choose(request, spec.plan, &mut Progress { interrupted, report: &mut report })?;
        let (name, reason) = started(emit, &chosen);
        let mut report = |what: &str| emit(&Event::Waiting { what: what.to_owned() });
        let sandbox = chosen.backend.open(spec, &mut Progress { interrupted, report: &mut report })?;
        return Ok((name, reason, sandbox));
    };
    let (chosen, sandbox) = kept_sandbox::reopen(request, spec, from)?;
    let (name, reason) = started(emit, &chosen);
    kept_sandbox::ready(&*sandbox, spec.plan, from, interrupted)?;
    Ok((name, reason, sandbox))
}
