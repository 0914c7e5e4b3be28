//! Compares our plans by Railpack's rules with the answers under `tests/golden/railpack`, one file a trap, and with recorded
//! answers of the real planner, which stay outside of the repository:
//! `SHAKEDOWN_RAILPACK_ANSWERS=cases.jsonl SHAKEDOWN_RAILPACK_VERSIONS=versions.json cargo test --test railpack_answers`.
//!
//! The former were written by our planner (`SHAKEDOWN_WRITE_GOLDENS=1` writes them anew) while it equalled the latter, and keep it
//! as it was where those are not at hand.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shakedown::builder::DeployOptions;
use shakedown::builder::railpack::{Options, Plan, Planned, Table, nothing_to_json, plan};
use shakedown::project::Project;

/// A project and what the planner made of it.
#[derive(Deserialize, Serialize)]
struct Answer {
    #[serde(default)]
    id: String,
    files: BTreeMap<String, String>,
    #[serde(default)]
    args: Vec<String>,
    /// Railpack's own; the newest known one unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    provider: Option<String>,
    #[serde(default)]
    plan: Option<Value>,
    #[serde(default)]
    messages: Vec<String>,
}

fn main() {
    goldens();
    let Some(path) = env::var_os("SHAKEDOWN_RAILPACK_ANSWERS") else {
        println!("skipped: railpack_answers: SHAKEDOWN_RAILPACK_ANSWERS names no file of answers");
        return;
    };
    let table = env::var_os("SHAKEDOWN_RAILPACK_VERSIONS").map(|path| fs::read_to_string(path).unwrap());
    let table = table.map(|text| Table::from_json(&text).unwrap());
    let only = env::var("SHAKEDOWN_RAILPACK_ONLY").ok();
    let text = fs::read_to_string(&path).unwrap();
    let answers = text.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).unwrap());
    hold(answers.filter(|answer: &Answer| only.as_ref().is_none_or(|only| *only == answer.id)), table.as_ref());
}

fn goldens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/railpack");
    let table = Table::from_json(&fs::read_to_string(folder.join("versions.table")).unwrap()).unwrap();
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    assert!(paths.len() > 40, "goldens are missing");
    let read = |path: &PathBuf| -> Answer { serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    if env::var_os("SHAKEDOWN_WRITE_GOLDENS").is_some() {
        for path in &paths {
            let mut answer = read(path);
            let (planned, root) = planned(&answer, Some(&table));
            answer.provider = planned.provider.map(str::to_owned);
            let printed = planned.plan.as_ref().map_or_else(nothing_to_json, Plan::to_json);
            answer.plan = serde_json::from_str(&printed).unwrap();
            answer.messages = said(&planned, &root);
            fs::write(path, serde_json::to_string_pretty(&answer).unwrap() + "\n").unwrap();
        }
    }
    hold(paths.iter().map(read), Some(&table));
}

fn hold(answers: impl Iterator<Item = Answer>, table: Option<&Table>) {
    let (mut all, mut differing) = (0, 0);
    for answer in answers {
        all += 1;
        let faults = compare(&answer, table);
        if !faults.is_empty() {
            differing += 1;
            println!(
                "{}: {:?} {:?}\n{}",
                answer.id,
                answer.files.keys().collect::<Vec<_>>(),
                answer.args,
                faults.join("\n")
            );
        }
    }
    println!("{all} answers, {differing} differ");
    assert!(differing == 0 && all > 0, "{differing} of {all} answers differ");
}

/// Our own plan, and the folder that it was made of.
fn planned(answer: &Answer, table: Option<&Table>) -> (Planned, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &answer.files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let project = Project::open(folder.path()).unwrap();
    let version = answer.release.as_ref().map(|release| release.parse().unwrap());
    let release = Some("dev".to_owned());
    let (deploy, options) = options(&answer.args);
    let options = Options { version, versions: table.cloned(), release, ..options };
    (plan(&project, &deploy, &options), project.root().to_owned())
}

fn compare(answer: &Answer, table: Option<&Table>) -> Vec<String> {
    let (planned, root) = planned(answer, table);
    let mut faults = Vec::new();
    if planned.provider != answer.provider.as_deref() {
        // An answer names no provider that the configuration asked for.
        let by_name = planned.provider.is_some() && answer.provider.is_none();
        if !by_name {
            faults.push(format!("  provider: {:?}, wanted {:?}", planned.provider, answer.provider));
        }
    }
    if let Some(wanted) = &answer.plan {
        let made = planned.plan.as_ref().map_or_else(nothing_to_json, Plan::to_json);
        let (made, wanted) = (in_order(serde_json::from_str(&made).unwrap()), in_order(wanted.clone()));
        differences("plan", &made, &wanted, &mut faults);
        let (said, wanted) = (said(&planned, &root), sorted_runtime(answer.messages.clone()));
        if said != wanted {
            faults.push(format!("  said:\n    {}\n  wanted:\n    {}", said.join("\n    "), wanted.join("\n    ")));
        }
    }
    faults
}

fn options(args: &[String]) -> (DeployOptions, Options) {
    let (mut deploy, mut options) = (DeployOptions::default(), Options::default());
    let mut args = args.iter().cloned();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--error-missing-start" => options.error_missing_start = true,
            "--env" => deploy.env.push(args.next().unwrap()),
            "--previous" => options.previous.push(args.next().unwrap()),
            "--build-cmd" => deploy.build_cmd = args.next(),
            "--start-cmd" => deploy.start_cmd = args.next(),
            "--config-file" => options.config_file = args.next(),
            other => panic!("an argument that nobody knows: {other}"),
        }
    }
    (deploy, options)
}

/// The secrets of the install step that share a beginning come in any order.
fn in_order(mut plan: Value) -> Value {
    for step in plan.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        if step["name"] == "install"
            && let Some(secrets) = step.get_mut("secrets").and_then(Value::as_array_mut)
        {
            secrets.sort_by_key(ToString::to_string);
        }
    }
    plan
}

fn differences(at: &str, made: &Value, wanted: &Value, faults: &mut Vec<String>) {
    match (made, wanted) {
        (Value::Object(made), Value::Object(wanted)) => {
            let keys: std::collections::BTreeSet<_> = made.keys().chain(wanted.keys()).collect();
            for key in keys {
                let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                differences(&format!("{at}.{key}"), &value(made), &value(wanted), faults);
            }
        }
        (Value::Array(made), Value::Array(wanted)) if made.len() == wanted.len() => {
            for (index, (made, wanted)) in made.iter().zip(wanted).enumerate() {
                differences(&format!("{at}.{index}"), made, wanted, faults);
            }
        }
        _ if made == wanted => {}
        _ => faults.push(format!("  {at}:\n    made   {made}\n    wanted {wanted}")),
    }
}

fn said(planned: &Planned, root: &Path) -> Vec<String> {
    let root = root.display().to_string();
    let lines = planned.messages.iter().flat_map(|message| {
        let text = format!("{} {}", message.level, message.text.replace(&root, "APP"));
        text.split('\n').map(str::to_owned).collect::<Vec<_>>()
    });
    sorted_runtime(lines.collect())
}

/// Go walks the table of these packages in any order.
fn sorted_runtime(mut lines: Vec<String>) -> Vec<String> {
    let is_one = |line: &&mut String| line.starts_with("INFO Installing runtime apt packages for");
    let mut sorted: Vec<String> = lines.iter_mut().filter(is_one).map(|line| line.clone()).collect();
    sorted.sort();
    for (slot, line) in lines.iter_mut().filter(is_one).zip(sorted) {
        *slot = line;
    }
    lines
}
