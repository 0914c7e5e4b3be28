//! Our plans against those of the real Nixpacks, one folder a trap; `tests/golden.sh` writes the expectations.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use shakedown::builder::DeployOptions;
use shakedown::builder::nixpacks::{self, Options, Plan, PlanError};
use shakedown::platform::Platform;
use shakedown::project::Project;

/// Names that cannot be committed as they are.
const RENAMED: [(&str, &str); 3] = [("dot-git", ".git"), ("dot-gitignore", ".gitignore"), ("dot-keep", ".keep")];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        let renamed = RENAMED.iter().find(|(stored, _)| name == *stored);
        let target = to.join(renamed.map_or_else(|| PathBuf::from(&name), |(_, real)| PathBuf::from(real)));
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if kind.is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn options(args: &str) -> (DeployOptions, Options) {
    let mut deploy = DeployOptions { platform: Platform::None, ..DeployOptions::default() };
    let mut options = Options::default();
    let mut words = args.lines().map(str::to_owned);
    while let (Some(flag), Some(value)) = (words.next(), words.next()) {
        match flag.as_str() {
            "--env" => deploy.env.push(value),
            "--config" => options.config = Some(value.into()),
            "--json-plan" => options.json_plan = Some(Plan::from_json(&value).unwrap()),
            "--pkgs" => options.pkgs.push(value),
            "--libs" => options.libs.push(value),
            "--apt" => options.apt.push(value),
            "-i" => options.install_cmd = Some(value),
            "-b" => deploy.build_cmd = Some(value),
            "-s" => deploy.start_cmd = Some(value),
            other => panic!("no such argument: {other}"),
        }
    }
    (deploy, options)
}

/// In the words of `expected.json`.
fn outcome(folder: &Path, (deploy, options): &(DeployOptions, Options)) -> Value {
    match nixpacks::derive(&Project::open(folder).unwrap(), deploy, options) {
        Ok(derived) => json!({"exit": 0, "plan": serde_json::from_str::<Value>(&derived.plan.to_json()).unwrap()}),
        Err(PlanError::Input { messages, .. } | PlanError::Refused { messages, .. }) => {
            // Nixpacks prints a message of several lines as such.
            let lines: Vec<_> = messages.iter().flat_map(|message| message.lines()).collect();
            json!({"exit": 1, "error": lines})
        }
        Err(PlanError::Panics { message, .. }) if message.contains("stack") => {
            json!({"exit": 134, "error": ["overflowed its stack"]})
        }
        Err(PlanError::Panics { message, .. }) => json!({"exit": 101, "error": [message]}),
        Err(error @ PlanError::OtherProvider { .. }) => json!({"other provider": error.to_string()}),
    }
}

fn check(golden: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    copy(&golden.join("app"), folder.path());
    let args = fs::read_to_string(golden.join("args")).unwrap_or_default();
    let expected: Value = serde_json::from_str(&fs::read_to_string(golden.join("expected.json"))?)?;
    let ours = outcome(folder.path(), &options(&args));
    if ours == expected {
        return Ok(());
    }
    Err(format!("expected {expected:#}\nours     {ours:#}\n(written by tests/golden.sh)").into())
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/plans");
    let goldens = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let trial =
        |path: PathBuf| Trial::test(path.file_name().unwrap().to_string_lossy().into_owned(), move || check(&path));
    let mut trials: Vec<_> = goldens.map(trial).collect();
    trials.sort_by(|a, b| a.name().cmp(b.name()));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
