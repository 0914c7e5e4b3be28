//! The machine's report. `schema` grows by one when a field changes its meaning or goes; new fields may come at any time.

use std::net::SocketAddr;

use anyhow::Result;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::{Content, Report, words};
use crate::diagnose::replay::Failure;
use crate::finding::{Diagnosis, Evidence};
use crate::project::Source;
use crate::rehearse::Rehearsal;
use crate::rehearse::replay::Comparison;
use crate::run::{CmdOutcome, PhaseOutcome, Smoke, SmokeResult};
use crate::sandbox::{Kept, Origin, Unverified};

/// The version of the format.
pub const SCHEMA: u32 = 2;

/// What `shakedown run --format json` prints.
#[derive(Serialize, JsonSchema)]
struct RunReport<'a> {
    /// The version of the format.
    schema: u32,
    #[serde(flatten)]
    run: Run<'a>,
    /// The cause first, then what else was found.
    diagnoses: &'a [Diagnosis],
    /// The most telling lines of a failure without a known cause.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    telling: &'a [Evidence],
    /// What the verdict does not cover.
    unverified: &'a [Unverified],
}

/// What `shakedown check --format json` prints.
#[derive(Serialize, JsonSchema)]
struct CheckReport<'a> {
    /// The version of the format.
    schema: u32,
    /// The worst first.
    diagnoses: &'a [Diagnosis],
}

/// What `shakedown replay --format json` prints.
#[derive(Serialize, JsonSchema)]
struct ReplayReport<'a> {
    /// The version of the format.
    schema: u32,
    #[serde(flatten)]
    failure: &'a Failure,
    /// How a run here compares, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    here: Option<&'a Comparison>,
    /// The cause first, then what else was found.
    diagnoses: &'a [Diagnosis],
    /// The most telling lines of a failure without a known cause.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    telling: &'a [Evidence],
}

#[derive(Serialize, JsonSchema)]
struct Run<'a> {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    builder: Option<BuiltBy<'a>>,
    backend: &'a str,
    reason: &'a str,
    seconds: f64,
    failed_phase: Option<&'a str>,
    phases: Vec<Phase<'a>>,
    smoke: Option<SmokeView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<&'a Unverified>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<&'a Kept>,
}

#[derive(Serialize, JsonSchema)]
struct BuiltBy<'a> {
    name: String,
    because: &'a Source,
}

#[derive(Serialize, JsonSchema)]
struct Phase<'a> {
    name: &'a str,
    status: &'static str,
    cmds: Vec<Cmd<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Cmd<'a> {
    cmd: &'a str,
    status: &'static str,
    exit: Option<i32>,
    seconds: f64,
    /// Whether its work is an earlier run's; absent where nothing is reused at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a Origin>,
}

#[derive(Serialize, JsonSchema)]
struct SmokeView<'a> {
    cmd: &'a str,
    kind: &'static str,
    ok: bool,
    result: &'static str,
    detail: String,
    exit: Option<i32>,
    http_status: Option<u16>,
    listening: &'a [SocketAddr],
    stops_on_sigterm: Option<bool>,
    seconds: f64,
}

pub(super) fn render(report: &Report) -> Result<String> {
    let (schema, diagnoses, telling) = (SCHEMA, report.diagnoses(), report.telling());
    let text = match &report.content {
        Content::Rehearsal(rehearsal) => {
            let (run, unverified) = (run(rehearsal), rehearsal.unverified.as_slice());
            serde_json::to_string_pretty(&RunReport { schema, run, diagnoses, telling, unverified })
        }
        Content::Findings(_) => serde_json::to_string_pretty(&CheckReport { schema, diagnoses }),
        Content::Replay(replay) => {
            let (failure, here) = (&replay.failure, replay.here.as_ref());
            serde_json::to_string_pretty(&ReplayReport { schema, failure, here, diagnoses, telling })
        }
    };
    Ok(text? + "\n")
}

/// The schema of a run's report.
pub fn run_schema() -> Schema {
    schema_for!(RunReport<'static>)
}

/// The schema of a check's report.
pub fn check_schema() -> Schema {
    schema_for!(CheckReport<'static>)
}

/// The schema of a replay's report.
pub fn replay_schema() -> Schema {
    schema_for!(ReplayReport<'static>)
}

fn run(rehearsal: &Rehearsal) -> Run<'_> {
    Run {
        verdict: words::verdict(rehearsal.verdict()),
        builder: rehearsal
            .builder
            .as_ref()
            .map(|detected| BuiltBy { name: detected.builder.to_string(), because: &detected.because }),
        backend: &rehearsal.backend,
        reason: &rehearsal.reason,
        seconds: seconds(rehearsal.took),
        failed_phase: rehearsal.outcome.failing_phase(),
        phases: rehearsal.outcome.phases.iter().map(phase).collect(),
        smoke: rehearsal.outcome.smoke.as_ref().map(smoke),
        absent: rehearsal.absent.as_ref(),
        kept: rehearsal.kept.as_ref(),
    }
}

fn phase(phase: &PhaseOutcome) -> Phase<'_> {
    let cmd = |cmd| {
        let CmdOutcome { cmd, status, took, origin }: &CmdOutcome = cmd;
        let (status, exit) = (words::status(*status), words::exit_code(*status));
        Cmd { cmd, status, exit, seconds: seconds(*took), origin: origin.as_ref() }
    };
    Phase { name: &phase.name, status: words::status(phase.status), cmds: phase.cmds.iter().map(cmd).collect() }
}

fn smoke(smoke: &Smoke) -> SmokeView<'_> {
    let exit = match smoke.result {
        SmokeResult::Exited | SmokeResult::ExitedEarly { .. } => Some(0),
        SmokeResult::Crashed(exit) => Some(exit.code()),
        SmokeResult::OutOfMemory => Some(137),
        _ => None,
    };
    let http_status = match smoke.result {
        SmokeResult::Answered { status } | SmokeResult::BadStatus(status) => Some(status),
        _ => None,
    };
    SmokeView {
        cmd: &smoke.cmd,
        kind: words::kind(smoke.kind),
        ok: smoke.result.is_good(),
        result: words::result(&smoke.result),
        detail: words::found(&smoke.result),
        exit,
        http_status,
        listening: &smoke.listening,
        stops_on_sigterm: smoke.stops_on_sigterm,
        seconds: seconds(smoke.took),
    }
}

fn seconds(took: std::time::Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}
