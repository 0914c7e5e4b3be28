//! What is missed because the build has put it into a cache.

use std::path::Path;

use serde_json::Value;

use crate::builder::BuilderKind;
use crate::builder::railpack;
use crate::diagnose::MISSING_DATA_FILE;
use crate::finding::{Diagnosis, Edit, Evidence, Fix};
use crate::plan::{Plan, in_app};
use crate::project::{KeyLines, Project, Source, hujson};

/// Says of a missing file that lies in a cache why it is not there; `failing` is the phase that misses it.
pub(super) fn amend(primary: &mut Diagnosis, plan: &Plan, failing: Option<&str>, project: &Project) {
    let Some(subject) = primary.subject.as_deref().filter(|_| primary.rule == MISSING_DATA_FILE.id) else { return };
    let place = in_app(subject);
    let has_it = |cache: &String| Path::new(&place).starts_with(in_app(cache));
    let named = || plan.steps.iter().filter(|step| step.caches.iter().any(has_it));
    let Some(cache) = named().flat_map(|step| &step.caches).find(|cache| has_it(cache)) else { return };
    if named().any(|step| Some(step.name.as_str()) == failing) {
        return;
    }
    primary.message = format!(
        "`{subject}` is not there: it lies in the cache `{cache}`, which is mounted while the build runs and is in no image"
    );
    primary.help = Some(format!(
        "take `{cache}` out of `cacheDirectories` of nixpacks.toml (`caches` of railpack.json), or have the build put the file elsewhere: into /app, which the app finds under every builder"
    ));
    primary.fixes.clear();
    let of_all =
        named().filter_map(|step| list_item(project, &step.name, step.caches.iter().find(|cache| has_it(cache))?));
    let (evidence, edits): (Vec<Evidence>, Vec<Edit>) = of_all.unzip();
    let Some(edit) = edits.first() else { return };
    let is_config = |source: &Source| matches!(source, Source::File { path, .. } if path == edit.path());
    primary.evidence.retain(|other| !is_config(&other.source));
    primary.evidence.extend(evidence);
    let steps = named().map(|step| step.name.as_str()).collect::<Vec<_>>().join(" and ");
    let phases = if edits.len() > 1 { "phases" } else { "phase" };
    primary.fixes.push(Fix { summary: format!("take {cache} out of the caches of the {steps} {phases}"), edits });
}

/// Where a file of the project gives a step a cache, and the edit that takes it away.
fn list_item(project: &Project, step: &str, cache: &str) -> Option<(Evidence, Edit)> {
    BuilderKind::all_config_files().find_map(|name| {
        let text = project.has_file(name).then(|| project.read_text(name).ok())??;
        let (value, lines): (Value, KeyLines) = match name.ends_with(".toml") {
            true => (toml_edit::de::from_str(&text).ok()?, KeyLines::toml(&text)),
            false => {
                let plain = hujson::Document::plain(&text).ok()?;
                (serde_json::from_str(&plain).ok()?, KeyLines::json(&plain))
            }
        };
        let (key, item) = match name == railpack::CONFIG_FILE {
            true => (["steps", step, "caches"], named_cache(&value, step, cache)?),
            false => (["phases", step, "cacheDirectories"], cache),
        };
        let items = key.iter().try_fold(&value, |value, part| value.get(part))?.as_array()?;
        items.iter().find(|known| known.as_str() == Some(item))?;
        let line = lines.line(&key);
        let text = line.and_then(|line| text.lines().nth(line.saturating_sub(1))).unwrap_or_default();
        let evidence = Evidence { source: project.line(name, line), text: text.trim().to_owned() };
        let key = key.map(str::to_owned).to_vec();
        Some((evidence, Edit::RemoveItem { path: project.place(name), key, item: item.to_owned() }))
    })
}

/// What railpack.json calls a step's cache of a directory.
fn named_cache<'c>(config: &'c Value, step: &str, directory: &str) -> Option<&'c str> {
    let mut names = config.get("steps")?.get(step)?.get("caches")?.as_array()?.iter().filter_map(Value::as_str);
    names.find(|name| config["caches"][name]["directory"].as_str() == Some(directory))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Certainty, Severity};
    use crate::plan::Step;

    #[test]
    fn a_file_of_a_cache_is_missed_by_all_but_the_steps_that_name_it() {
        let step = Step { name: "build".into(), caches: vec!["models/".into()], ..Step::default() };
        let plan = Plan { steps: vec![step], ..Plan::default() };
        let folder = tempfile::tempdir().unwrap();
        let project = Project::open(folder.path()).unwrap();
        let told = |subject: &str, failing: &str| {
            let mut primary = Diagnosis {
                rule: MISSING_DATA_FILE.id,
                severity: Severity::Error,
                message: "missing".into(),
                subject: Some(subject.into()),
                evidence: Vec::new(),
                certainty: Certainty::Certain,
                help: None,
                fixes: Vec::new(),
            };
            amend(&mut primary, &plan, Some(failing), &project);
            primary.message != "missing"
        };
        assert!(told("models/tide.bin", "start") && told("/app/models/tide.bin", "start"));
        assert!(
            !told("models/tide.bin", "build") && !told("models.bin", "start") && !told("/models/tide.bin", "start")
        );
    }

    #[test]
    fn the_cache_is_taken_out_of_the_list_that_names_it() {
        let edited = |name: &str, text: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(name), text).unwrap();
            let (evidence, edit) = list_item(&Project::open(folder.path()).unwrap(), "build", "models")?;
            let Edit::RemoveItem { key, item, .. } = edit else { panic!("{edit:?}") };
            Some(format!("{} {} {item}", evidence.text, key.join(".")))
        };
        let toml = "[phases.build]\ncmds = ['cat \"models\"']\ncacheDirectories = [\"models\"]\n";
        let told = r#"cacheDirectories = ["models"] phases.build.cacheDirectories models"#;
        assert_eq!(edited("nixpacks.toml", toml).as_deref(), Some(told));
        let json = r#"{"caches": {"tides": {"directory": "models"}}, // "tides"
            "steps": {"build": {"caches": ["tides"]}}}"#;
        let told = r#""steps": {"build": {"caches": ["tides"]}}} steps.build.caches tides"#;
        assert_eq!(edited("railpack.json", json).as_deref(), Some(told));
        assert_eq!(edited("railpack.json", r#"{"steps": {"build": {"caches": ["tides"]}}}"#), None);
        assert_eq!(edited("nixpacks.toml", "[phases.build]\ncmds = ['make models']\n"), None);
    }
}
