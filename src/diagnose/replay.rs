//! What a log alone tells of the failure's place: phase, command, exit code.

use schemars::JsonSchema;
use serde::Serialize;

use super::detect::runs;
use super::table::rule;
use super::view::{LogView, Stage};
use crate::builder::railpack::{Printed, parse_box};
use crate::finding::Diagnosis;
use crate::log::pattern::Pattern;
use crate::log::{Form, Log};

/// Where a logged deploy failed, as far as the log tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failure {
    /// `setup`, `install`, `build` or `start`.
    pub phase: Option<String>,
    /// The command that failed, without its shell.
    pub command: Option<String>,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// The version of Nixpacks that made the build.
    pub nixpacks: Option<String>,
    /// The release of Railpack that made the build.
    pub railpack: Option<String>,
    /// What Railpack's box at the head of the build says of the plan.
    pub planned: Option<Printed>,
    /// The form the platform gave the log.
    pub form: &'static str,
}

static PROCESS: Pattern = Pattern::ascii(
    r#"process "(?:/bin/(?:ba)?sh (?:-\w+ )*(?:pipefail )?-c )?((?u:.)*)" did not complete successfully: exit code: (\d+)"#,
);
static LEGACY: Pattern = Pattern::ascii(
    r"The command '(?:/bin/(?:ba)?sh (?:-\w+ )*(?:pipefail )?-c )?((?u:.)*)' returned a non-zero code: (\d+)",
);
static STEP: Pattern = Pattern::ascii(
    r"^\s*(?:(?u:✕) |> )?(?:\[[\w.-]*\s*\d+/\d+\]|Step \d+/\d+ :) RUN (?:--mount=(?u:\S)+ )*((?u:.)+?)(?:\s+(?u:✔.*))?$",
);
static VERSION: Pattern = Pattern::ascii(r"[Nn]ixpacks[ -]v(\d+\.\d+\.\d+)");
static DRIVER: Pattern = Pattern::ascii(r"\brailpack-v(\d+\.\d+\.\d+)");
/// What the platform says where there is no plan.
static REFUSED: Pattern =
    Pattern::ascii(r"railpack prepare (?:exited with an error|failed)|Railpack could not determine");
static EXIT: Pattern =
    Pattern::ascii(r"(?i)exit(?:ed)?(?: with)?(?: (?:exit )?(?:code|status))?:? \(?(\d{1,3})\)?\s*$");

impl Failure {
    /// Reads the place of the failure out of a log; `primary` decides where the log itself does not say.
    ///
    /// ```
    /// use shakedown::diagnose::replay::Failure;
    /// use shakedown::log::Log;
    ///
    /// let log = Log::from("#9 ERROR: process \"/bin/bash -ol pipefail -c pip install flask\" did not complete successfully: exit code: 1");
    /// let failure = Failure::of(&log, None);
    /// assert_eq!((failure.phase.as_deref(), failure.exit_code), (Some("install"), Some(1)));
    /// ```
    pub fn of(log: &Log, primary: Option<&Diagnosis>) -> Self {
        let mut failure = Self { form: log.form().name(), ..Self::default() };
        failure.planned = parse_box(log.lines().iter().map(|line| line.text.as_str()));
        failure.railpack = failure.planned.as_ref().map(|printed| printed.version.clone());
        let mut last_step = None;
        let (mut exit, mut refused) = (None, false);
        for line in log.lines() {
            if let Some(found) = VERSION.captures(&line.text) {
                failure.nixpacks.get_or_insert_with(|| found[1].to_owned());
            }
            if let Some(found) = DRIVER.captures(&line.text) {
                failure.railpack.get_or_insert_with(|| found[1].to_owned());
            }
            if REFUSED.is_match(&line.text) {
                refused = true;
            }
            if let Some(found) = STEP.captures(&line.text) {
                last_step = Some(found[1].to_owned());
            }
            let ended = PROCESS.captures(&line.text);
            if let Some(found) = ended.or_else(|| LEGACY.captures(&line.text)) {
                failure.command = Some(without_shell(&found[1]).to_owned());
                failure.exit_code = found[2].parse().ok();
            }
            if let Some(found) = EXIT.captures(&line.text) {
                exit = found[1].parse().ok();
            }
        }
        let recorded = log.lines().last().and_then(|line| line.phase.as_deref().map(str::to_owned));
        let view = LogView::new(log);
        let started = log.lines().len().checked_sub(1).is_some_and(|last| view.stage_at(last) == Stage::Start);
        failure.phase = recorded.or_else(|| {
            if refused {
                return Some("plan".to_owned());
            }
            if failure.command.is_none() && started {
                return Some("start".to_owned());
            }
            let by_rule = || {
                let phases = rule(primary?.rule)?.phases;
                let is_of_the_app = view.raised.last().is_some_and(|raised| !raised.frames.is_empty() && runs(raised));
                // A build is told by its steps; what says nothing of itself is mostly the end of a deploy's log.
                let is_bare = last_step.is_none() && log.form() != Form::BuildKit && phases == ["build", "start"];
                if phases.contains(&"start") && (is_of_the_app || is_bare) && !view.mentions("setup.py") {
                    return Some("start".to_owned());
                }
                phases.iter().find(|phase| **phase != "any").map(|phase| (*phase).to_owned())
            };
            failure
                .command
                .as_deref()
                .map(phase_of)
                .map(str::to_owned)
                .or_else(by_rule)
                .or_else(|| last_step.as_deref().map(phase_of).map(str::to_owned))
        });
        if failure.phase.as_deref() != Some("start") {
            failure.command = failure.command.or(last_step);
        }
        failure.exit_code = failure.exit_code.or(exit);
        failure
    }
}

/// The text of a command that a plan has put between the quotes of `sh -c '…'`.
fn without_shell(command: &str) -> &str {
    let inner = command.strip_prefix("sh -c '").or_else(|| command.strip_prefix("bash -c '"));
    inner.and_then(|inner| inner.strip_suffix('\'')).unwrap_or(command)
}

/// The phase in which a builder runs such a command.
fn phase_of(command: &str) -> &'static str {
    const SETUP: &[&str] = &["nix-env", "nix-collect-garbage", "apt-get", "apt install", "apk add", "mise install"];
    const INSTALL: &[&str] = &[
        "pip install",
        "pip3 install",
        "-m venv",
        "-m pip",
        "poetry install",
        "uv sync",
        "uv pip",
        "pdm install",
        "pipenv",
        "pip sync",
    ];
    if SETUP.iter().any(|word| command.contains(word)) {
        "setup"
    } else if INSTALL.iter().any(|word| command.contains(word)) {
        "install"
    } else {
        "build"
    }
}
