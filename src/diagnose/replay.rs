//! What a log alone tells of the failure's place: phase, command, exit code.

use schemars::JsonSchema;
use serde::Serialize;

use super::table::rule;
use super::view::{LogView, Stage};
use crate::finding::Diagnosis;
use crate::log::Log;
use crate::log::pattern::Pattern;

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
        let mut last_step = None;
        let mut exit = None;
        for line in log.lines() {
            if let Some(found) = VERSION.captures(&line.text) {
                failure.nixpacks.get_or_insert_with(|| found[1].to_owned());
            }
            if let Some(found) = STEP.captures(&line.text) {
                last_step = Some(found[1].to_owned());
            }
            let ended = PROCESS.captures(&line.text);
            if let Some(found) = ended.or_else(|| LEGACY.captures(&line.text)) {
                failure.command = Some(found[1].to_owned());
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
            if failure.command.is_none() && started {
                return Some("start".to_owned());
            }
            let by_rule = || {
                let phases = rule(primary?.rule)?.phases;
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
