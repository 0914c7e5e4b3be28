//! From a run to a scenario folder that is ready to be committed.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::FILE;
use crate::sandbox::context;
use crate::secret::Secrets;

/// What becomes a scenario.
#[derive(Debug, Clone)]
pub struct Recording<'a> {
    /// The scenario's name, which is its folder's.
    pub name: &'a str,
    /// The project that was run.
    pub project: &'a Path,
    /// Names of the variables that it was given.
    pub variables: &'a [String],
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
    context::copy(recording.project, &app, None)?;
    mask(&app)?;
    fs::write(scratch.path().join(FILE), definition(recording))?;
    fs::rename(scratch.keep(), &folder).with_context(|| format!("cannot write {}", folder.display()))?;
    Ok(folder)
}

fn definition(recording: &Recording<'_>) -> String {
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
    let _ = write!(text, "\n[expect]\nverdict = \"{}\"\n", recording.verdict);
    for (key, value) in [("phase", recording.failed_phase), ("rule", recording.rule)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = \"{value}\"");
        }
    }
    text
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
    use super::*;

    fn recording<'a>(name: &'a str, project: &'a Path, variables: &'a [String]) -> Recording<'a> {
        Recording {
            name,
            project,
            variables,
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
    fn a_scenario_that_is_there_is_left_alone() {
        let (project, suite) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        record(suite.path(), &recording("twice", project.path(), &[])).unwrap();
        assert!(record(suite.path(), &recording("twice", project.path(), &[])).is_err());
        assert!(record(suite.path(), &recording("../up", project.path(), &[])).is_err());
    }
}
