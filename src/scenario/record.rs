//! From a run to a scenario folder that is ready to be committed.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FILE, PlanSettings, RunSettings};
use crate::sandbox::context;
use crate::secret::Secrets;

/// The options of a run that a scenario repeats.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// What the planner was told.
    pub plan: PlanSettings,
    /// How it was run.
    pub run: RunSettings,
}

/// What becomes a scenario.
#[derive(Debug, Clone)]
pub struct Recording<'a> {
    /// The scenario's name, which is its folder's.
    pub name: &'a str,
    /// The project that was run.
    pub project: &'a Path,
    /// Names of the variables that it was given.
    pub variables: &'a [String],
    /// What else was asked for.
    pub asked: Asked,
    /// What was said of it.
    pub verdict: &'a str,
    /// The phase that failed.
    pub failed_phase: Option<&'a str>,
    /// The primary diagnosis' rule.
    pub rule: Option<&'a str>,
}

/// Longer files are data; a secret in one would stay.
const MOST_BYTES: u64 = 4 << 20;

/// Writes `suite/NAME/scenario.toml` and a copy of what the cloud would receive of the project, secrets in URLs masked.
/// Returns the folder. An existing scenario is left alone.
pub fn record(suite: &Path, recording: &Recording<'_>) -> Result<PathBuf> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if recording.name.is_empty() || recording.name.starts_with('.') || !recording.name.chars().all(is_plain) {
        bail!("{:?} is no name for a scenario: use letters, digits and dashes", recording.name);
    }
    let folder = suite.join(recording.name);
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    fs::create_dir_all(suite).with_context(|| format!("cannot make {}", suite.display()))?;
    // Beside its place and renamed at the end: a failure leaves no half scenario.
    let scratch = tempfile::Builder::new().prefix(".recording-").tempdir_in(suite)?;
    let app = scratch.path().join("app");
    fs::create_dir(&app)?;
    context::copy_without(recording.project, &app, &[suite, scratch.path()])?;
    mask(&app)?;
    fs::write(scratch.path().join(FILE), definition(recording)?)?;
    fs::rename(scratch.keep(), &folder).with_context(|| format!("cannot write {}", folder.display()))?;
    Ok(folder)
}

fn definition(recording: &Recording<'_>) -> Result<String> {
    let cause = recording.rule.map(|rule| format!(" because of {rule}")).unwrap_or_default();
    let place = recording.failed_phase.map(|phase| format!(" at {phase}")).unwrap_or_default();
    let mut text = format!("about = \"A deploy that {}{place}{cause}.\"\n", recording.verdict);
    text += "tags = [\"recorded\"]\nneeds = [\"network\"]\n";
    if !recording.variables.is_empty() {
        text += "\n# Values are not recorded: put in what the app can live with.\n[env]\n";
        for name in recording.variables {
            let _ = writeln!(text, "{} = \"placeholder\"", toml_edit::Key::new(name));
        }
    }
    text += &asked(&recording.asked)?;
    let _ = write!(text, "\n[expect]\nverdict = \"{}\"\n", recording.verdict);
    for (key, value) in [("phase", recording.failed_phase), ("rule", recording.rule)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = \"{value}\"");
        }
    }
    Ok(text)
}

/// The tables of what was asked for; what is as it is by default stays out.
fn asked(asked: &Asked) -> Result<String> {
    let mut value = serde_json::to_value(asked)?;
    let plain = serde_json::to_value(Asked::default())?;
    for (table, settings) in value.as_object_mut().into_iter().flatten() {
        let default = &plain[table];
        if let Some(settings) = settings.as_object_mut() {
            settings.retain(|key, value| default[key] != *value);
            settings.values_mut().for_each(mask_words);
        }
    }
    if let Some(tables) = value.as_object_mut() {
        tables.retain(|_, settings| settings.as_object().is_some_and(|settings| !settings.is_empty()));
    }
    let text = toml_edit::ser::to_string_pretty(&value)?;
    Ok(if text.is_empty() { text } else { format!("\n{text}") })
}

fn mask_words(value: &mut Value) {
    if let Value::String(text) = value {
        *text = Secrets::default().mask(text).into_owned();
    }
}

fn mask(folder: &Path) -> Result<()> {
    let secrets = Secrets::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            mask(&entry.path())?;
        } else if kind.is_file() && entry.metadata()?.len() <= MOST_BYTES {
            let Ok(text) = fs::read_to_string(entry.path()) else { continue };
            let is_env = entry.file_name().to_string_lossy().starts_with(".env");
            let masked = if is_env { without_values(&text).into() } else { secrets.mask(&text) };
            if masked != text {
                fs::write(entry.path(), masked.as_bytes())?;
            }
        }
    }
    Ok(())
}

/// A file of variables with its names alone.
fn without_values(text: &str) -> String {
    let nameless = |line: &str| match line.split_once('=') {
        Some((name, _)) if !line.trim_start().starts_with('#') => format!("{name}=placeholder\n"),
        // Also the middle of a value that goes over several lines.
        _ => String::new(),
    };
    text.lines().map(nameless).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytesize::ByteSize;

    use super::*;
    use crate::platform::Platform;
    use crate::scenario::Definition;

    fn recording<'a>(name: &'a str, project: &'a Path, variables: &'a [String]) -> Recording<'a> {
        Recording {
            name,
            project,
            variables,
            asked: Asked::default(),
            verdict: "fails",
            failed_phase: Some("start"),
            rule: Some("missing-env-var"),
        }
    }

    #[test]
    fn a_recording_is_a_scenario_without_the_users_secrets() {
        let (project, suite) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(project.path().join("main.py"), "URL = 'postgres://me:hunter22@db/x'\n").unwrap();
        fs::write(project.path().join(".env"), "# mine\nexport TOKEN='s3cret\nline two'\n").unwrap();
        let variables = ["TOKEN".to_owned()];
        let folder = record(suite.path(), &recording("no-token", project.path(), &variables)).unwrap();
        let main = fs::read_to_string(folder.join("app/main.py")).unwrap();
        assert_eq!(main, "URL = 'postgres://me:***@db/x'\n");
        assert_eq!(fs::read_to_string(folder.join("app/.env")).unwrap(), "export TOKEN=placeholder\n");
        let found = super::super::discover(suite.path()).unwrap();
        assert_eq!(found.scenarios.len(), 1);
        assert_eq!(fs::read_dir(suite.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_suite_inside_the_project_is_no_part_of_what_is_recorded() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("main.py"), "").unwrap();
        let suite = project.path().join("scenarios");
        for name in ["first", "second"] {
            let folder = record(&suite, &recording(name, project.path(), &[])).unwrap();
            let copied: Vec<_> =
                fs::read_dir(folder.join("app")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(copied, ["main.py"]);
        }
        // The project itself as the suite: the scenarios lie beside its files.
        let folder = record(project.path(), &recording("third", project.path(), &[])).unwrap();
        assert!(folder.join("app/main.py").is_file() && !folder.join("app/third").exists());
    }

    #[test]
    fn the_options_of_the_run_are_those_of_the_scenario() {
        let (project, suite) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let plan = PlanSettings {
            start_cmd: Some("python -c \"print('a')\"".into()),
            pkgs: vec!["ffmpeg".into()],
            platform: Platform::Coolify,
            ..PlanSettings::default()
        };
        let run = RunSettings {
            stay: Some(Duration::from_secs(10)),
            memory: Some(ByteSize(300_000_001)),
            offline: true,
            ..RunSettings::default()
        };
        let asked = Asked { plan: plan.clone(), run: run.clone() };
        record(suite.path(), &Recording { asked, ..recording("asked", project.path(), &["A.B".to_owned()]) }).unwrap();
        let text = fs::read_to_string(suite.path().join("asked").join(FILE)).unwrap();
        let read = Definition::parse(&text).unwrap();
        assert_eq!((read.plan, read.run), (plan, run), "{text}");
        assert_eq!(read.env["A.B"], "placeholder");
    }

    #[test]
    fn a_scenario_that_is_there_is_left_alone() {
        let (project, suite) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        record(suite.path(), &recording("twice", project.path(), &[])).unwrap();
        assert!(record(suite.path(), &recording("twice", project.path(), &[])).is_err());
        assert!(record(suite.path(), &recording("../up", project.path(), &[])).is_err());
    }
}
