//! Railway's own files, `railway.toml` and `railway.json`.

use std::path::PathBuf;

use serde_json::Value;

use crate::project::{InputError, KeyLines, Project, Source};

use super::derive::Overlay;
use super::draft::{Draft, DraftStart, Key, TracedList};
use super::merge::merge_all;
use super::wire::BuildPlan;
use super::{Choice, PlanError};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub source: Source,
}

/// How the platform builds and deploys, as far as a file says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deploy {
    /// `build.builder`, in the file's own spelling.
    pub builder: Option<Sourced<String>>,
    /// `build.railpackVersion`
    pub railpack_version: Option<Sourced<String>>,
    /// `build.dockerfilePath`
    pub dockerfile_path: Option<Sourced<String>>,
    /// `build.buildCommand`: the whole `build` phase.
    pub build_command: Option<Sourced<String>>,
    /// `build.nixpacksConfigPath`, relative to the project.
    pub nixpacks_config: Option<Sourced<PathBuf>>,
    /// `deploy.startCommand`
    pub start_command: Option<Sourced<String>>,
    /// `deploy.preDeployCommand`: runs in a container of its own before the start.
    pub pre_deploy: Option<Sourced<Vec<String>>>,
    /// `deploy.healthcheckPath`
    pub healthcheck_path: Option<Sourced<String>>,
    /// `deploy.healthcheckTimeout`, in seconds.
    pub healthcheck_timeout: Option<Sourced<u64>>,
    /// `deploy.restartPolicyType`, in the file's own spelling.
    pub restart_policy: Option<Sourced<String>>,
    /// `deploy.restartPolicyMaxRetries`
    pub restart_retries: Option<Sourced<u64>>,
    /// `deploy.cronSchedule`
    pub cron_schedule: Option<Sourced<String>>,
}

/// What Railway's file says: how it deploys, and what it lays over Nixpacks' plan.
#[derive(Debug, Default)]
pub(super) struct Railway {
    pub(super) deploy: Deploy,
    pub(super) overlay: Overlay,
}

/// Reads the file that counts; `None` when there is none.
pub(super) fn read(project: &Project, environment: Option<&str>) -> Result<Option<Railway>, PlanError> {
    let Some(name) = file_name(project) else { return Ok(None) };
    let file = parse(project, name, environment).map_err(input)?;
    let deploy = file.deploy().map_err(input)?;
    let overlay = file.overlay(&deploy).map_err(input)?;
    Ok(Some(Railway { deploy, overlay }))
}

/// What the file that counts says beside the plan; `None` when there is none.
pub(super) fn settings(project: &Project, environment: Option<&str>) -> Result<Option<Deploy>, InputError> {
    file_name(project).map(|name| parse(project, name, environment)?.deploy()).transpose()
}

fn file_name(project: &Project) -> Option<&'static str> {
    ["railway.toml", "railway.json"].into_iter().find(|name| project.has_file(name))
}

fn input(error: InputError) -> PlanError {
    PlanError::Input { error, messages: Vec::new() }
}

fn parse<'a>(project: &'a Project, name: &'static str, environment: Option<&'a str>) -> Result<File<'a>, InputError> {
    let text = project.read_text(name)?;
    let fault = |line, what: &dyn std::fmt::Display| InputError::at(project.place(name), line, what);
    let (value, lines) = if name.ends_with(".toml") {
        let value = toml_edit::de::from_str(&text).map_err(|error: toml_edit::de::Error| {
            let line = error.span().map(|span| crate::project::line_at(&text, span.start));
            fault(line, &error.message())
        })?;
        (value, KeyLines::toml(&text))
    } else {
        let value = serde_json::from_str(&text).map_err(|error| fault(Some(error.line()), &error))?;
        (value, KeyLines::json(&text))
    };
    Ok(File { project, name, environment, value, lines })
}

struct File<'a> {
    project: &'a Project,
    name: &'static str,
    environment: Option<&'a str>,
    value: Value,
    lines: KeyLines,
}

/// A value that is not null, and its key path.
type At<'v, 'k> = (&'v Value, Vec<&'k str>);

impl File<'_> {
    /// An environment's own value before everybody's.
    fn get<'k>(&'k self, section: &'k str, key: &'k str) -> Option<At<'k, 'k>> {
        let own = self.environment.map(|name| vec!["environments", name, section, key]);
        own.into_iter().chain([vec![section, key]]).find_map(|path| {
            let value = path.iter().try_fold(&self.value, |value, key| value.get(key))?;
            (!value.is_null()).then_some((value, path))
        })
    }

    fn source(&self, path: &[&str]) -> Source {
        self.project.line(self.name, self.lines.line(path))
    }

    fn read<T>(
        &self,
        section: &str,
        key: &str,
        expected: &str,
        take: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<Sourced<T>>, InputError> {
        let Some((value, path)) = self.get(section, key) else { return Ok(None) };
        match take(value) {
            Some(value) => Ok(Some(Sourced { value, source: self.source(&path) })),
            None => {
                let what = format!("{} must be {expected}", path.join("."));
                Err(InputError::at(self.project.place(self.name), self.lines.line(&path), what))
            }
        }
    }

    fn text(&self, section: &str, key: &str) -> Result<Option<Sourced<String>>, InputError> {
        self.read(section, key, "a string", |value| value.as_str().map(str::to_owned))
    }

    /// Railway's own examples write numbers as strings, too.
    fn number(&self, section: &str, key: &str) -> Result<Option<Sourced<u64>>, InputError> {
        self.read(section, key, "a number", |value| value.as_u64().or_else(|| value.as_str()?.parse().ok()))
    }

    fn deploy(&self) -> Result<Deploy, InputError> {
        let commands = |value: &Value| match value {
            Value::String(one) => Some(vec![one.clone()]),
            Value::Array(all) => all.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let path = |value: &Value| value.as_str().map(|path| PathBuf::from(path.trim_start_matches('/')));
        Ok(Deploy {
            builder: self.text("build", "builder")?,
            railpack_version: self.text("build", "railpackVersion")?,
            dockerfile_path: self.text("build", "dockerfilePath")?,
            build_command: self.text("build", "buildCommand")?,
            nixpacks_config: self.read("build", "nixpacksConfigPath", "a string", path)?,
            start_command: self.text("deploy", "startCommand")?,
            pre_deploy: self.read("deploy", "preDeployCommand", "a string or a list of strings", commands)?,
            healthcheck_path: self.text("deploy", "healthcheckPath")?,
            healthcheck_timeout: self.number("deploy", "healthcheckTimeout")?,
            restart_policy: self.text("deploy", "restartPolicyType")?,
            restart_retries: self.number("deploy", "restartPolicyMaxRetries")?,
            cron_schedule: self.text("deploy", "cronSchedule")?,
        })
    }

    fn overlay(&self, deploy: &Deploy) -> Result<Overlay, InputError> {
        let mut commands = Draft::default();
        if let Some(cmd) = &deploy.build_command {
            let build = commands.phase("build");
            build.set(Key::Cmds, TracedList::of(&cmd.source, [cmd.value.as_str()]));
            build.set(Key::DependsOn, TracedList::of(&Source::Default("the usual order of phases"), ["install"]));
        }
        commands.start = deploy.start_command.as_ref().map(|cmd| DraftStart::with_cmd(&cmd.value, cmd.source.clone()));
        let plan = self.nixpacks_plan()?;
        let says_something = plan.is_some() || deploy.build_command.is_some() || deploy.start_command.is_some();
        Ok(Overlay {
            config: deploy.nixpacks_config.as_ref().map(|path| path.value.clone()),
            layer: says_something.then(|| merge_all(plan.into_iter().chain([commands]))),
        })
    }

    fn nixpacks_plan(&self) -> Result<Option<Draft>, InputError> {
        let Some((value, path)) = self.get("build", "nixpacksPlan") else { return Ok(None) };
        let plan: BuildPlan = serde_json::from_value(value.clone()).map_err(|error| {
            let what = format!("{}: {error}", path.join("."));
            InputError::at(self.project.place(self.name), self.lines.line(&path), what)
        })?;
        Ok(Some(Draft::from_plan(plan.into(), &|key| self.source(&[&path[..], key].concat()))))
    }
}

impl Deploy {
    /// What the file says beside the plan, as choices.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let text = |what: &str, found: &Option<Sourced<String>>| found.as_ref().map(|f| choice(what, &f.value, f));
        let number = |what: &str, found: &Option<Sourced<u64>>| found.as_ref().map(|f| choice(what, f.value, f));
        [
            text("build.builder", &self.builder),
            self.nixpacks_config.as_ref().map(|f| choice("build.nixpacksConfigPath", f.value.display(), f)),
            self.pre_deploy.as_ref().map(|f| choice("deploy.preDeployCommand", f.value.join(" && "), f)),
            text("deploy.healthcheckPath", &self.healthcheck_path),
            number("deploy.healthcheckTimeout", &self.healthcheck_timeout),
            text("deploy.restartPolicyType", &self.restart_policy),
            number("deploy.restartPolicyMaxRetries", &self.restart_retries),
            text("deploy.cronSchedule", &self.cron_schedule),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn choice<T>(what: &str, value: impl std::fmt::Display, found: &Sourced<T>) -> Choice {
    Choice { what: what.to_owned(), value: value.to_string(), because: found.source.clone() }
}
