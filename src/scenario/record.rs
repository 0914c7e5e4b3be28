//! From a run to a scenario folder that is ready to be committed.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{FILE, RunSettings, schema_address};
use crate::plan::Vars;
use crate::rehearse::{BackendName, PlanSettings};
use crate::sandbox::context;
use crate::secret::Secrets;

/// The options of a run that a scenario repeats.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The variables of the deploy, with values that give nothing away.
    pub env: Vars,
    /// What the planner was told. Files of the user's are named from the root.
    pub plan: PlanSettings,
    /// How it was run.
    pub run: RunSettings,
    /// Where.
    pub backend: Option<BackendName>,
    /// The phase that it began with, in a sandbox that was kept.
    pub from: Option<String>,
}

/// What becomes a scenario.
#[derive(Debug, Clone)]
pub struct Recording<'a> {
    /// The scenario's name, which is its folder's.
    pub name: &'a str,
    /// The project that was run.
    pub project: &'a Path,
    /// What was asked for.
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
    if let Some(from) = &recording.asked.from {
        bail!(
            "the last run went on from {from} in a sandbox that was kept, and a scenario begins anew: run it without --from"
        );
    }
    fs::create_dir_all(suite).with_context(|| format!("cannot make {}", suite.display()))?;
    // Beside its place and renamed at the end: a failure leaves no half scenario.
    let scratch = tempfile::Builder::new().prefix(".recording-").tempdir_in(suite)?;
    let app = scratch.path().join("app");
    fs::create_dir(&app)?;
    let mut recording = recording.clone();
    let root = recording.asked.plan.root_directory.clone().unwrap_or_default();
    fs::create_dir_all(app.join(&root))?;
    context::copy_without(recording.project, &app.join(&root), &[suite, scratch.path()])?;
    let depth = root.components().count();
    if let Some(above) = recording.project.ancestors().nth(depth).filter(|_| depth > 0) {
        bring_railway(above, &app)?;
    }
    bring_files(&mut recording.asked.plan, recording.project, scratch.path())?;
    mask(scratch.path())?;
    fs::write(scratch.path().join(FILE), definition(&recording)?)?;
    fs::rename(scratch.keep(), &folder).with_context(|| format!("cannot write {}", folder.display()))?;
    Ok(folder)
}

/// Copies what a platform reads at the root of the repository that the project is a folder of.
fn bring_railway(repository: &Path, app: &Path) -> Result<()> {
    for name in ["railway.toml", "railway.json"] {
        let from = repository.join(name);
        if from.is_file() {
            fs::copy(&from, app.join(name)).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}

/// Copies the files that a plan takes from beside the project into the scenario's folder.
fn bring_files(plan: &mut PlanSettings, project: &Path, folder: &Path) -> Result<()> {
    let bring = |from: &Path, stem: &str| -> Result<PathBuf> {
        let name = PathBuf::from(stem).with_extension(from.extension().unwrap_or_default());
        let from = project.join(from);
        fs::copy(&from, folder.join(&name)).with_context(|| format!("cannot copy {}", from.display()))?;
        Ok(name)
    };
    for (file, stem) in [(&mut plan.plan, "plan"), (&mut plan.versions, "versions")] {
        if let Some(file) = file {
            *file = bring(file, stem)?;
        }
    }
    let Some(config) = &plan.config else { return Ok(()) };
    let real = |path: &Path| fs::canonicalize(path).with_context(|| format!("cannot read {}", path.display()));
    // What is inside the project is there in the copy, by the same name; a missing file is what was recorded.
    let Ok(whole) = real(&project.join(config)) else { return Ok(()) };
    plan.config = Some(match whole.strip_prefix(real(project)?) {
        Ok(inside) => inside.to_owned(),
        Err(_) => {
            let depth = plan.root_directory.iter().flat_map(|root| root.components()).count();
            let up: PathBuf = std::iter::repeat_n("..", depth + 1).collect();
            up.join(bring(&whole, "config")?)
        }
    });
    Ok(())
}

fn definition(recording: &Recording<'_>) -> Result<String> {
    let Recording { asked, .. } = recording;
    let cause = recording.rule.map(|rule| format!(" because of {rule}")).unwrap_or_default();
    let place = recording.failed_phase.map(|phase| format!(" at {phase}")).unwrap_or_default();
    // Editors complete and check by it.
    let mut text = format!("#:schema {}\n", schema_address("scenario"));
    text += &format!("about = \"A deploy that {}{place}{cause}.\"\n", recording.verdict.replace('-', " "));
    text += "tags = [\"recorded\"]\n";
    if !asked.run.offline {
        text += "needs = [\"network\"]\n";
    }
    if let Some(backend) = asked.backend.filter(|backend| *backend != BackendName::Auto) {
        let _ = writeln!(text, "backends = [\"{}\"]", backend.name());
    }
    if !asked.env.is_empty() {
        text += "\n# Values that may be secret are not recorded: put in what the app can live with.\n[env]\n";
        for (name, value) in &asked.env {
            let value = Secrets::default().mask(value).into_owned();
            let _ = writeln!(text, "{} = {}", toml_edit::Key::new(name), toml_edit::Value::from(value));
        }
    }
    text += &options(asked)?;
    let _ = write!(text, "\n[expect]\nverdict = \"{}\"\n", recording.verdict);
    for (key, value) in [("phase", recording.failed_phase), ("rule", recording.rule)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = \"{value}\"");
        }
    }
    Ok(text)
}

/// The tables of what was asked for; what is as it is by default stays out.
fn options(asked: &Asked) -> Result<String> {
    let tables = |plan: &PlanSettings, run: &RunSettings| json!({ "plan": plan, "run": run });
    let mut value = tables(&asked.plan, &asked.run);
    let plain = tables(&PlanSettings::default(), &RunSettings::default());
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

    fn recording<'a>(name: &'a str, project: &'a Path) -> Recording<'a> {
        Recording {
            name,
            project,
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
        let folder = record(suite.path(), &recording("no-token", project.path())).unwrap();
        let main = fs::read_to_string(folder.join("app/main.py")).unwrap();
        assert_eq!(main, "URL = 'postgres://me:***@db/x'\n");
        let definition = fs::read_to_string(folder.join(FILE)).unwrap();
        assert!(
            definition.starts_with("#:schema http") && definition.contains("/scenario.schema.json\n"),
            "{definition}"
        );
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
            let folder = record(&suite, &recording(name, project.path())).unwrap();
            let copied: Vec<_> =
                fs::read_dir(folder.join("app")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(copied, ["main.py"]);
        }
        // The project itself as the suite: the scenarios lie beside its files.
        let folder = record(project.path(), &recording("third", project.path())).unwrap();
        assert!(folder.join("app/main.py").is_file() && !folder.join("app/third").exists());
    }

    #[test]
    fn the_options_of_the_run_are_those_of_the_scenario() {
        let (project, suite) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let plan = PlanSettings {
            start_cmd: Some("python -c \"print('a')\"".into()),
            pkgs: vec!["ffmpeg".into()],
            platform: Some(Platform::Coolify),
            ..PlanSettings::default()
        };
        let run = RunSettings {
            stay: Some(Duration::from_secs(10)),
            memory: Some(ByteSize(300_000_001)),
            offline: true,
            reach: vec!["localhost:5432".parse().unwrap()],
            ..RunSettings::default()
        };
        let env = Vars::from([("A.B".to_owned(), "say \"1\"".to_owned())]);
        let backend = Some(BackendName::Docker);
        let asked = Asked { env: env.clone(), plan: plan.clone(), run: run.clone(), backend, from: None };
        record(suite.path(), &Recording { asked, ..recording("asked", project.path()) }).unwrap();
        let text = fs::read_to_string(suite.path().join("asked").join(FILE)).unwrap();
        let read = Definition::parse(&text).unwrap();
        assert_eq!((&read.plan, &read.run, &read.env), (&plan, &run, &env), "{text}");
        assert_eq!(read.backends, [BackendName::Docker]);
        assert!(!read.needs_network(), "what runs offline needs no network: {text}");
    }

    #[test]
    fn files_from_beside_the_project_come_along() {
        let (project, suite, beside) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(project.path().join("own.toml"), "").unwrap();
        fs::write(beside.path().join("other.toml"), "[start]\n").unwrap();
        fs::write(beside.path().join("p.json"), "{}").unwrap();
        let recorded = |name: &str, config: PathBuf| {
            let plan = Some(beside.path().join("p.json"));
            let asked =
                Asked { plan: PlanSettings { config: Some(config), plan, ..Default::default() }, ..Default::default() };
            let folder = record(suite.path(), &Recording { asked, ..recording(name, project.path()) }).unwrap();
            let read = Definition::parse(&fs::read_to_string(folder.join(FILE)).unwrap()).unwrap();
            (folder.clone(), folder.join("app").join(read.plan.config.unwrap()), folder.join(read.plan.plan.unwrap()))
        };
        let (_, config, plan) = recorded("beside", beside.path().join("other.toml"));
        assert_eq!(fs::read_to_string(config).unwrap(), "[start]\n");
        assert_eq!(fs::read_to_string(plan).unwrap(), "{}");
        let (folder, config, _) = recorded("inside", fs::canonicalize(project.path()).unwrap().join("own.toml"));
        assert_eq!(config, folder.join("app/own.toml"));
    }

    #[test]
    fn a_run_that_went_on_in_a_kept_sandbox_is_no_scenario() {
        let (project, suite) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let asked = Asked { from: Some("start".into()), ..Asked::default() };
        let refused = record(suite.path(), &Recording { asked, ..recording("went-on", project.path()) }).unwrap_err();
        assert!(refused.to_string().contains("--from"), "{refused}");
        assert_eq!(fs::read_dir(suite.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_scenario_that_is_there_is_left_alone() {
        let (project, suite) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        record(suite.path(), &recording("twice", project.path())).unwrap();
        assert!(record(suite.path(), &recording("twice", project.path())).is_err());
        assert!(record(suite.path(), &recording("../up", project.path())).is_err());
    }
}
