//! Railway's own files, `railway.toml` and `railway.json`.

use std::path::PathBuf;

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::plan::Choice;
use crate::project::{InputError, KeyLines, Project, Source, Sourced};

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
    /// `build.nixpacksPlan`: laid over Nixpacks' plan.
    pub nixpacks_plan: Option<Table>,
}

/// A part of the file that the builder reads in its own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What stands there.
    pub value: Value,
    file: PathBuf,
    lines: KeyLines,
    path: Vec<String>,
}

impl Table {
    /// Where a key below it stands.
    pub fn source(&self, key: &[&str]) -> Source {
        Source::File { path: self.file.clone(), line: self.lines.line(&self.full(key)) }
    }

    /// What is wrong with it, as an error of the file.
    pub fn fault(&self, what: &str) -> InputError {
        InputError::at(self.file.clone(), self.lines.line(&self.full(&[])), format!("{}: {what}", self.path.join(".")))
    }

    fn full<'k>(&'k self, key: &[&'k str]) -> Vec<&'k str> {
        self.path.iter().map(String::as_str).chain(key.iter().copied()).collect()
    }
}

/// The first day on which Railway reads none of these files (its documentation of config as code, 2026-08-21).
const ENDS: &str = "2026-12-01";
/// The same as seconds since 1970, UTC.
const ENDS_AT: Duration = Duration::from_secs(1_796_083_200);

/// Whether that day has come. The variable `SHAKEDOWN_TODAY`, a day as `2026-12-01`, stands in for the clock.
pub fn has_ended() -> bool {
    ended_on(std::env::var("SHAKEDOWN_TODAY").ok().as_deref(), SystemTime::now())
}

fn ended_on(today: Option<&str>, now: SystemTime) -> bool {
    match today.filter(|day| !day.is_empty()) {
        Some(day) => day >= ENDS,
        None => now >= SystemTime::UNIX_EPOCH + ENDS_AT,
    }
}

/// Reads the file that counts; `None` when there is none. `environment` names the one whose overrides apply.
///
/// # Errors
/// The file cannot be read, or a value in it is of the wrong kind.
pub fn read(project: &Project, environment: Option<&str>) -> Result<Option<Deploy>, InputError> {
    file(project).map(|(home, name)| parse(&home, name, environment)?.deploy()).transpose()
}

/// Railway's file that counts, and the folder that it is in. Railway looks for it at the root of the repository, whatever the service's root
/// directory (its documentation of config as code). Where the root has none, one in the root directory is taken: the service's
/// settings may name it.
pub fn file(project: &Project) -> Option<(Project, &'static str)> {
    let homes = project.repository().into_iter().chain([project.clone()]);
    homes.into_iter().find_map(|home| {
        let name = file_in(&home)?;
        Some((home, name))
    })
}

/// The file in a folder.
pub fn file_in(project: &Project) -> Option<&'static str> {
    ["railway.toml", "railway.json"].into_iter().find(|name| project.has_file(name))
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

    fn table(&self, section: &str, key: &str) -> Option<Table> {
        let (value, path) = self.get(section, key)?;
        Some(Table {
            value: value.clone(),
            file: self.project.place(self.name),
            lines: self.lines.clone(),
            path: path.iter().map(|key| (*key).to_owned()).collect(),
        })
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
            nixpacks_plan: self.table("build", "nixpacksPlan"),
        })
    }
}

impl Deploy {
    /// What the file says beside the plan, as choices.
    pub fn choices(&self) -> Vec<Choice> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_end_on_the_first_of_december_2026() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!([ended_on(None, at(1_796_083_199)), ended_on(None, at(1_796_083_200))], [false, true]);
        assert_eq!(
            [ended_on(Some("2026-11-30"), at(u32::MAX.into())), ended_on(Some("2026-12-01"), at(0))],
            [false, true]
        );
    }
}
