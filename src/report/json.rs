//! The machine's report. `schema` grows by one when a field changes its meaning or goes; new fields may come at any time.

use std::net::SocketAddr;

use anyhow::Result;
use serde::Serialize;

use super::{Report, words};
use crate::diagnose::replay::Failure;
use crate::finding::{Diagnosis, Evidence};
use crate::project::Source;
use crate::rehearse::Rehearsal;
use crate::rehearse::replay::Comparison;
use crate::run::{CmdOutcome, PhaseOutcome, Smoke, SmokeResult};
use crate::sandbox::{Kept, Unverified};

/// The version of the format.
const SCHEMA: u32 = 2;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    run: Option<Run<'a>>,
    #[serde(flatten)]
    failure: Option<&'a Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    here: Option<&'a Comparison>,
    diagnoses: &'a [Diagnosis],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    telling: &'a [Evidence],
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<&'a [Unverified]>,
}

#[derive(Serialize)]
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

#[derive(Serialize)]
struct BuiltBy<'a> {
    name: String,
    because: &'a Source,
}

#[derive(Serialize)]
struct Phase<'a> {
    name: &'a str,
    status: &'static str,
    cmds: Vec<Cmd<'a>>,
}

#[derive(Serialize)]
struct Cmd<'a> {
    cmd: &'a str,
    status: &'static str,
    exit: Option<i32>,
    seconds: f64,
}

#[derive(Serialize)]
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
    let document = Document {
        schema: SCHEMA,
        run: report.rehearsal().map(run),
        failure: report.replay().map(|replay| &replay.failure),
        here: report.replay().and_then(|replay| replay.here.as_ref()),
        diagnoses: report.diagnoses(),
        telling: report.telling(),
        unverified: report.rehearsal().map(|rehearsal| rehearsal.unverified.as_slice()),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
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
        let CmdOutcome { cmd, status, took }: &CmdOutcome = cmd;
        Cmd { cmd, status: words::status(*status), exit: words::exit_code(*status), seconds: seconds(*took) }
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
