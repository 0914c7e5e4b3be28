//! Projects as people write them, in data: healthy ones of which `check` must not call anything an error, and ones with a
//! fault each that it must name.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use shakedown::builder::{DeployOptions, Planned, RailpackAnswer, nixpacks, railpack};
use shakedown::check::check;
use shakedown::finding::{Diagnosis, Severity};
use shakedown::plan::Vars;
use shakedown::platform::Deploy;
use shakedown::project::{Project, Source};

#[derive(Deserialize)]
struct Projects {
    project: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    /// The id that must be found, in faulty projects.
    #[serde(default)]
    fault: String,
    /// What one of its findings must say, in message, help or the summary of a fix.
    #[serde(default)]
    says: String,
    /// The folder that is deployed, where it is not the whole.
    #[serde(default)]
    deploys: String,
    /// Whether Railpack builds it, and not Nixpacks.
    #[serde(default)]
    railpack: bool,
    #[serde(default)]
    env: Vec<String>,
    files: BTreeMap<String, String>,
}

fn cases(text: &str) -> Vec<Case> {
    let found: Projects = toml_edit::de::from_str(text).unwrap();
    found.project
}

fn findings(case: &Case) -> Vec<Diagnosis> {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in &case.files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let project = Project::open(&dir.path().join(Path::new(&case.deploys))).unwrap();
    let options = DeployOptions { env: case.env.clone(), ..DeployOptions::default() };
    let planned = match case.railpack {
        true => Planned::Railpack(Box::new(by_railpack(&project, &options))),
        false => Planned::Nixpacks(nixpacks::derive(&project, &options, &nixpacks::Options::default())),
    };
    check(&project, &options, &planned)
}

fn by_railpack(project: &Project, given: &DeployOptions) -> RailpackAnswer {
    RailpackAnswer {
        planned: railpack::plan(project, given, &railpack::Options::default()),
        alone: None,
        deploy: Deploy::default(),
        root: project.root().to_owned(),
        because: Source::Flag("--builder".to_owned()),
        variables: Vars::new(),
    }
}

fn words(diagnosis: &Diagnosis) -> String {
    let fixes = diagnosis.fixes.iter().map(|fix| fix.summary.as_str());
    let help = diagnosis.help.as_deref();
    std::iter::once(diagnosis.message.as_str()).chain(help).chain(fixes).collect::<Vec<_>>().join("\n")
}

#[test]
fn healthy_projects_have_no_errors() {
    let all = cases(include_str!("projects/healthy.toml"));
    assert!(all.len() >= 60, "{}", all.len());
    let mut faults = Vec::new();
    for case in &all {
        let errors = findings(case).into_iter().filter(|found| found.severity == Severity::Error);
        faults.extend(errors.map(|error| format!("{}: {}: {}", case.name, error.rule, error.message)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_fault_is_named() {
    let all = cases(include_str!("projects/faulty.toml"));
    assert!(all.len() >= 60, "{}", all.len());
    let mut missed = Vec::new();
    for case in &all {
        let found = findings(case);
        let named = found.iter().any(|found| found.rule == case.fault && words(found).contains(&case.says));
        if !named {
            let listed: Vec<_> = found.iter().map(|found| format!("{}: {}", found.rule, words(found))).collect();
            missed.push(format!("{}: no {} saying {:?} in {listed:#?}", case.name, case.fault, case.says));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
