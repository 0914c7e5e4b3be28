//! Looks closer at an app that has answered: for another host, as the platform's edge, where a redirect leads to, as a visitor.

use std::sync::atomic::AtomicBool;

use super::hosts::{self, Asked};
use super::outcome::{SentBack, SmokeResult};
use super::settings::SmokeSettings;
use super::visit::{self, Visit};
use super::{page, redirect, sent_back};
use crate::catalog::servers::Runner;
use crate::sandbox::process::Running;
use crate::sandbox::{Probe, Sandbox};

/// What it is done with.
pub(super) struct Inspection<'a> {
    pub(super) settings: &'a SmokeSettings,
    pub(super) sandbox: &'a dyn Sandbox,
    /// Whether the app's own output says that it refuses the host.
    pub(super) refused: bool,
    /// What runs the app's file for a visitor alone, if that is so.
    pub(super) runner: Option<&'a Runner>,
    pub(super) interrupted: &'a AtomicBool,
}

/// What was seen, as [`Smoke`](super::Smoke) tells it.
pub(super) struct Inspected {
    pub(super) result: SmokeResult,
    pub(super) refuses_host: bool,
    pub(super) sent_back: Option<SentBack>,
    pub(super) led_to: Option<String>,
    pub(super) was_visited: Option<bool>,
    pub(super) unserved: Vec<String>,
}

impl Inspection<'_> {
    /// Judges `result` anew, which is that of `probe`; any but an answer stays as it is.
    pub(super) fn inspect(
        &self,
        result: SmokeResult,
        probe: &Probe<'_>,
        app: &mut Running,
        on_line: &mut dyn FnMut(&str),
    ) -> Inspected {
        let Self { settings, sandbox, .. } = *self;
        let Asked { result, is_refusal, host } = hosts::ask_again(result, self.refused, settings, probe, sandbox);
        let probe = Probe { host: host.as_deref().unwrap_or(probe.host), ..*probe };
        let (result, sent_back) = sent_back::ask_by_edge(result, settings, &probe, sandbox);
        let (result, status, led_to) = match result {
            SmokeResult::Answered { status } => arrive(status, &probe, sandbox),
            other => (other, 0, None),
        };
        let probe = Probe { path: led_to.as_deref().or(probe.path), ..probe };
        let visit = self
            .runner
            .filter(|_| matches!(result, SmokeResult::Answered { .. }))
            .map(|runner| visit::open(runner.runs, app, &probe, sandbox, self.interrupted, on_line));
        let result = if visit == Some(Visit::Failed) { SmokeResult::PageFailed } else { result };
        let is_page = matches!(result, SmokeResult::Answered { .. }) && status == 200;
        let unserved = if is_page { page::absent(&probe, sandbox) } else { Vec::new() };
        let was_visited = visit.map(|visit| visit != Visit::Unknown);
        Inspected { result, refuses_host: is_refusal, sent_back, led_to, was_visited, unserved }
    }
}

/// The judgement of the page that a visitor arrives at, its status, and its path where that is another.
fn arrive(status: u16, probe: &Probe<'_>, sandbox: &dyn Sandbox) -> (SmokeResult, u16, Option<String>) {
    match redirect::arrival(status, probe, sandbox) {
        Some((path, there)) if there >= 500 => (SmokeResult::BadStatus(there), there, Some(path)),
        Some((path, there)) => (SmokeResult::Answered { status }, there, Some(path)),
        None => (SmokeResult::Answered { status }, status, None),
    }
}
