//! How a run is to be done, as far as the plan leaves it open.

use std::time::Duration;

use crate::plan::{Plan, Vars};
use crate::sandbox::process::Limits;

use super::SmokeKind;
use super::phases::{PRE_DEPLOY, START};

/// Everything the user may choose about a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For each command of the build.
    pub limits: Limits,
    /// For the started app.
    pub smoke: SmokeSettings,
    /// Where to begin, in a sandbox that was kept: the phases before it are done there.
    pub from: Option<String>,
    /// Where to stop before the end.
    pub until: Option<Until>,
    /// Run this command between build and start, as Railway's `preDeployCommand`.
    pub pre_deploy: Vec<String>,
}

/// Where a run stops before its end; the app is not started then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// Before the phase of this name.
    Before(String),
    /// After it.
    After(String),
}

impl Until {
    /// The phase's name.
    pub fn phase(&self) -> &str {
        match self {
            Self::Before(phase) | Self::After(phase) => phase,
        }
    }
}

impl Settings {
    /// The names of the phases of a run, in order.
    pub fn phases<'a>(&self, plan: &'a Plan) -> Vec<&'a str> {
        let pre_deploy = (!self.pre_deploy.is_empty()).then_some(PRE_DEPLOY);
        plan.step_names().into_iter().chain(pre_deploy).chain([START]).collect()
    }

    /// The name that the user gave to a phase that there is none of.
    pub fn unknown_phase(&self, phases: &[&str]) -> Option<&str> {
        let given = self.from.as_deref().into_iter().chain(self.until.as_ref().map(Until::phase));
        given.into_iter().find(|name| !phases.contains(name))
    }
}

/// A time that something has to happen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// What an app has that does nothing.
    pub least: Duration,
    /// What an app has that is still at work.
    pub most: Duration,
    /// Whether the user said so.
    pub is_asked: bool,
}

impl Window {
    /// What Railway waits where no file says otherwise (its documentation of health checks).
    pub const PLATFORM: Duration = Duration::from_secs(300);

    /// Whether the user, or the platform's file, gives every app the same.
    pub(super) fn is_fixed(self) -> bool {
        self.least == self.most
    }

    /// The same for every app.
    pub fn of(span: Duration) -> Self {
        Self { least: span, most: span, is_asked: false }
    }

    /// What the user wants waited, whatever the platform does.
    pub fn asked(span: Duration) -> Self {
        Self { is_asked: true, ..Self::of(span) }
    }
}

impl Default for Window {
    fn default() -> Self {
        Self { least: Duration::from_secs(60), most: Self::PLATFORM, is_asked: false }
    }
}

/// How the started app is judged.
#[derive(Debug, Clone)]
pub struct SmokeSettings {
    /// What is expected; `None` accepts whatever an app may do in good health.
    pub kind: Option<SmokeKind>,
    /// How long a bot must stay alive.
    pub stay: Duration,
    /// How long a web app has until it answers, and a script until it ends.
    pub window: Window,
    /// How long an app has to end after SIGTERM.
    pub grace: Duration,
    /// The value of `PORT`.
    pub port: u16,
    /// The path that must answer 200; without one, any HTTP answer will do.
    pub path: Option<String>,
    /// A public host that the project says it answers.
    pub allowed_host: Option<String>,
    /// Whether programs, threads or processes run beside the server: they have as long as a bot has.
    pub has_parts: bool,
    /// Variables that the platform adds at run time.
    pub vars: Vars,
}

impl Default for Settings {
    fn default() -> Self {
        let limits = Limits { total: Duration::from_secs(30 * 60), silence: Some(Duration::from_secs(10 * 60)) };
        Self { limits, smoke: SmokeSettings::default(), from: None, until: None, pre_deploy: Vec::new() }
    }
}

impl Default for SmokeSettings {
    fn default() -> Self {
        Self {
            kind: None,
            stay: Duration::from_secs(10),
            window: Window::default(),
            grace: Duration::from_secs(3),
            port: 8080,
            path: None,
            allowed_host: None,
            has_parts: false,
            vars: Vars::new(),
        }
    }
}
