//! Every check fires where it should, keeps silent where it should, and its first fix ends it.

mod address;
mod apply;
mod idempotence;
mod prompts;

mod blocking;
mod commands;
mod committed;
mod conflicts;
mod detached;
mod django;
mod endings;
mod entry;
mod env_file;
mod environment_path;
mod factory;
mod fits;
mod folder_imports;
mod foreign;
mod groups;
mod guarded_tables;
mod healthy;
mod honcho;
mod https;
mod ignored;
mod imports;
mod install;
mod keys;
mod lifespan;
mod local_version;
mod lock;
mod loopback;
mod made_to_serve;
mod main_guard;
mod mcp;
mod members;
mod migration;
mod misspelt;
mod models;
mod optional;
mod packages;
mod pathlike;
mod planned;
mod platform;
mod programs;
mod protocol;
mod pyproject;
mod references;
mod relative;
mod renamed;
mod repeated;
mod repository;
mod requirements;
mod root_imports;
mod script;
mod secrets;
mod server;
mod sessions;
mod shadowed;
mod shell_syntax;
mod spelling;
mod start;
mod supervised;
mod task_errors;
mod templates;
mod unprovided;
mod unread;
mod uvicorn_run;
mod variables;
mod version;
mod websockets;
mod workers;
mod workspace;
mod wrapper;
mod wrong_package;

use super::{check, checks};
use crate::builder::Planned;
use crate::builder::{DeployOptions, nixpacks};
use crate::finding::Diagnosis;
use crate::folder::folder;
use crate::project::Project;

type Files<'a> = &'a [(&'a str, &'a str)];

fn findings(dir: &tempfile::TempDir, env: &[&str]) -> Vec<Diagnosis> {
    let project = Project::open(dir.path()).unwrap();
    let options =
        DeployOptions { env: env.iter().map(|&given| given.to_owned()).collect(), ..DeployOptions::default() };
    let derived = nixpacks::derive(&project, &options, &nixpacks::Options::default());
    check(&project, &options, &Planned::Nixpacks(derived))
}

fn found(files: Files<'_>) -> Vec<Diagnosis> {
    findings(&folder(files), &[])
}

/// The one finding of this id stands at this place; its first fix, if it has any, ends it.
#[track_caller]
fn fires(id: &str, place: &str, files: Files<'_>) -> Diagnosis {
    fires_with(id, place, files, &[])
}

#[track_caller]
fn fires_with(id: &str, place: &str, files: Files<'_>, env: &[&str]) -> Diagnosis {
    let dir = folder(files);
    let all = findings(&dir, env);
    let Some(diagnosis) = all.iter().find(|diagnosis| diagnosis.rule == id) else {
        panic!("{id} does not fire; these do: {:#?}", all.iter().map(|d| (d.rule, &d.message)).collect::<Vec<_>>());
    };
    assert_eq!(diagnosis.evidence[0].source.to_string(), place, "{diagnosis:#?}");
    assert!(checks().any(|check| check.id == id), "{id} is no check");
    if let Some(fix) = diagnosis.fixes.first() {
        apply::apply(dir.path(), &fix.edits);
        let left = findings(&dir, env);
        let same = left.iter().find(|left| left.rule == id && left.message == diagnosis.message);
        assert!(same.is_none(), "`{}` does not cure: {same:#?}", fix.summary);
    }
    diagnosis.clone()
}

#[track_caller]
fn silent(id: &str, files: Files<'_>) {
    silent_with(id, files, &[]);
}

#[track_caller]
fn silent_with(id: &str, files: Files<'_>, env: &[&str]) {
    let all = findings(&folder(files), env);
    let found: Vec<_> = all.iter().filter(|diagnosis| diagnosis.rule == id).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn ids_are_kebab_case_and_named_once() {
    let mut ids: Vec<&str> = checks().map(|check| check.id).collect();
    assert!(
        ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')),
        "{ids:?}"
    );
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn every_check_is_told_in_whole_sentences() {
    for check in checks() {
        assert!(check.about.ends_with('.') && check.about.len() > 60, "{}: {}", check.id, check.about);
        assert!(!check.about.contains("  "), "{}: {}", check.id, check.about);
    }
}

#[test]
fn the_worst_comes_first() {
    let all = found(&[
        ("requirements.txt", "flask\n"),
        ("main.py", ""),
        ("railway.json", "{}"),
        ("nixpacks.toml", "[setup]\nx = 1\n[phases.install]\ncmds = [\"pip install -r requirements.txt\"]\n"),
    ]);
    let severities: Vec<_> = all.iter().map(|diagnosis| diagnosis.severity).collect();
    assert!(severities.len() >= 3 && severities.is_sorted_by(|a, b| a >= b), "{severities:?}");
}
