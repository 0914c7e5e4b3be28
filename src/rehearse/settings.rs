//! From what the platform says about a deploy to how the run is judged.

use std::time::Duration;

use super::Request;
use crate::builder::{Buildable, BuilderKind};
use crate::plan::{Choice, Plan, Vars};
use crate::platform::Deploy;
use crate::project::{Project, Source};
use crate::run::{Hints, Settings, Window, expectation};

impl Request {
    /// The port that the user wants, by option or as the variable itself.
    pub(super) fn port_for(&self, plan: &Plan) -> Option<u16> {
        self.port.or_else(|| plan.variables.get("PORT")?.parse().ok())
    }

    /// The user's settings, with what they leave open filled in from the project and the platform's files.
    pub(super) fn settings_for(&self, project: &Project, buildable: &Buildable, port: u16) -> Settings {
        let mut settings = self.settings.clone();
        let deploy = &buildable.deploy;
        let start = buildable.plan.start_command().unwrap_or_default();
        let smoke = &mut settings.smoke;
        smoke.path = smoke.path.take().or_else(|| deploy.healthcheck_path.as_ref().map(|path| path.value.clone()));
        let process = process(project, &buildable.choices);
        let hints = Hints {
            start,
            process: process.as_deref(),
            health_check: smoke.path.is_some(),
            scheduled: deploy.cron_schedule.is_some(),
        };
        smoke.kind = smoke.kind.or_else(|| expectation(project, &hints).0);
        smoke.port = port;
        if let Some(timeout) = deploy.healthcheck_timeout.as_ref().filter(|_| !smoke.window.is_asked) {
            smoke.window = Window::of(Duration::from_secs(timeout.value));
        }
        if is_railway(deploy) {
            smoke.vars.extend(railway_variables());
        }
        if let Some(pre_deploy) = &deploy.pre_deploy {
            settings.pre_deploy.clone_from(&pre_deploy.value);
        }
        settings
    }
}

/// The Procfile's process type, when it gave the start command.
fn process(project: &Project, choices: &[Choice]) -> Option<String> {
    let starts = BuilderKind::ALL.map(BuilderKind::start_choice);
    let start = choices.iter().rfind(|choice| starts.contains(&choice.what.as_str()))?;
    let Source::File { path, line: Some(line) } = &start.because else { return None };
    if !path.ends_with("Procfile") {
        return None;
    }
    let text = project.read_text(path).ok()?;
    let (process, _) = text.lines().nth(line.checked_sub(1)?)?.split_once(':')?;
    Some(process.trim().to_owned())
}

fn is_railway(deploy: &Deploy) -> bool {
    deploy.builder.is_some() || deploy.start_command.is_some() || deploy.healthcheck_path.is_some()
}

/// Variables that Railway adds at run time; the values are examples.
fn railway_variables() -> Vars {
    const VARIABLES: &[(&str, &str)] = &[
        ("RAILWAY_ENVIRONMENT", "production"),
        ("RAILWAY_ENVIRONMENT_NAME", "production"),
        ("RAILWAY_PROJECT_NAME", "rehearsal"),
        ("RAILWAY_SERVICE_NAME", "rehearsal"),
        ("RAILWAY_PUBLIC_DOMAIN", "rehearsal.up.railway.app"),
        ("RAILWAY_PRIVATE_DOMAIN", "rehearsal.railway.internal"),
        ("RAILWAY_DEPLOYMENT_ID", "00000000-0000-0000-0000-000000000000"),
        ("RAILWAY_REPLICA_REGION", "us-west2"),
    ];
    VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{DeployOptions, nixpacks, railpack};

    #[test]
    fn the_process_of_a_procfile_is_seen_whoever_builds() {
        let folder = crate::folder::folder(&[("main.py", ""), ("Procfile", "worker: python main.py\n")]);
        let project = Project::open(folder.path()).unwrap();
        let given = DeployOptions::default();
        let by_nixpacks = nixpacks::derive(&project, &given, &nixpacks::Options::default()).unwrap();
        assert_eq!(process(&project, &by_nixpacks.choices).as_deref(), Some("worker"));
        let by_railpack = railpack::plan(&project, &given, &railpack::Options::default());
        assert_eq!(process(&project, &by_railpack.choices).as_deref(), Some("worker"));
    }
}
