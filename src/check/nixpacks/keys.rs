//! Keys that nobody reads.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::builder::nixpacks::{phase_lists, spellings};
use crate::catalog::suggest;
use crate::check::facts::Facts;
use crate::check::facts::keyed::Keyed;
use crate::check::finding::{Check, Finding, Findings, remove_key, set_key, warning};
use crate::finding::Severity;

pub(crate) const UNKNOWN: Check = warning(
    "unknown-nixpacks-key",
    "Nixpacks passes over keys that it does not know without a word. What stands under them has no effect.",
);
const RAILWAY: Check = warning(
    "unknown-railway-key",
    "Railway passes over keys that it does not know. Variables, services and volumes belong to the dashboard, not to this file.",
);
const BOTH: Check = warning(
    "two-nixpacks-configs",
    "nixpacks.toml and nixpacks.json are not merged: the first hides the second. Everything in nixpacks.json is without effect.",
);
const BOTH_RAILWAY: Check = warning(
    "two-railway-configs",
    "railway.toml and railway.json are not merged: the first hides the second. Everything in railway.json is without effect.",
);

const VALUE: Check = warning(
    "wrong-railway-value",
    "The schema of Railway's file has another type for this key, or other words. A value that does not fit is refused or passed over.",
);

pub(super) const CHECKS: &[Check] = &[UNKNOWN, RAILWAY, BOTH, BOTH_RAILWAY, VALUE];

/// Keys under [deploy] that hold whole numbers.
const NUMBERS: [&str; 6] = [
    "healthcheckTimeout",
    "numReplicas",
    "restartPolicyMaxRetries",
    "overlapSeconds",
    "drainingSeconds",
    "preDeployTimeoutSeconds",
];
const RESTARTS: [&str; 3] = ["ON_FAILURE", "ALWAYS", "NEVER"];

const TOP: &[&str] = &["providers", "buildImage", "variables", "staticAssets", "phases", "start"];
static PHASE: LazyLock<Vec<&str>> =
    LazyLock::new(|| ["name", "nixpkgsArchive"].into_iter().chain(phase_lists().flatten().copied()).collect());
const START: &[&str] = &["cmd", "runImage", "onlyIncludeFiles", "user"];
const RAILWAY_TOP: &[&str] = &["$schema", "build", "deploy", "environments"];
const RAILWAY_BUILD: &[&str] = &[
    "builder",
    "buildCommand",
    "dockerfilePath",
    "nixpacksConfigPath",
    "nixpacksVersion",
    "nixpacksPlan",
    "railpackVersion",
    "watchPatterns",
    "buildEnvironment",
];
const RAILWAY_DEPLOY: &[&str] = &[
    "startCommand",
    "preDeployCommand",
    "preDeployTimeoutSeconds",
    "healthcheckPath",
    "healthcheckTimeout",
    "restartPolicyType",
    "restartPolicyMaxRetries",
    "cronSchedule",
    "numReplicas",
    "region",
    "multiRegionConfig",
    "overlapSeconds",
    "drainingSeconds",
    "sleepApplication",
    "requiredMountPath",
    "registryCredentials",
    "limitOverride",
    "ipv6EgressEnabled",
    "runtime",
    "useLegacyStacker",
];

/// What a mistaken key of a phase was meant to be.
const PHASE_INTENDED: &[(&str, &str)] = &[
    ("pkgs", "nixPkgs"),
    ("packages", "nixPkgs"),
    ("nixPackage", "nixPkgs"),
    ("nix_pkgs", "nixPkgs"),
    ("nix_packages", "nixPkgs"),
    ("libs", "nixLibs"),
    ("libraries", "nixLibs"),
    ("nix_libs", "nixLibs"),
    ("apt", "aptPkgs"),
    ("apt_pkgs", "aptPkgs"),
    ("aptPackage", "aptPkgs"),
    ("cmd", "cmds"),
    ("command", "cmds"),
    ("run", "cmds"),
    ("script", "cmds"),
    ("scripts", "cmds"),
    ("depends_on", "dependsOn"),
    ("only_include_files", "onlyIncludeFiles"),
    ("cache_directories", "cacheDirectories"),
    ("cacheDirs", "cacheDirectories"),
];
const START_INTENDED: &[(&str, &str)] =
    &[("command", "cmd"), ("cmds", "cmd"), ("commands", "cmd"), ("startCommand", "cmd"), ("run", "cmd")];
/// Tables of the root, and keys that belong into a phase.
const TOP_INTENDED: &[(&str, &[&str])] = &[
    ("setup", &["phases", "setup"]),
    ("install", &["phases", "install"]),
    ("build", &["phases", "build"]),
    ("env", &["variables"]),
    ("environment", &["variables"]),
    ("vars", &["variables"]),
    ("provider", &["providers"]),
    ("phase", &["phases"]),
    ("cmd", &["start", "cmd"]),
    ("startCommand", &["start", "cmd"]),
    ("nixPkgs", &["phases", "setup", "nixPkgs"]),
    ("nixLibs", &["phases", "setup", "nixLibs"]),
    ("aptPkgs", &["phases", "setup", "aptPkgs"]),
    ("pkgs", &["phases", "setup", "nixPkgs"]),
];
const RAILWAY_INTENDED: &[(&str, &[&str])] = &[
    ("startCommand", &["deploy", "startCommand"]),
    ("start", &["deploy", "startCommand"]),
    ("healthcheckPath", &["deploy", "healthcheckPath"]),
    ("healthcheckTimeout", &["deploy", "healthcheckTimeout"]),
    ("restartPolicyType", &["deploy", "restartPolicyType"]),
    ("restartPolicyMaxRetries", &["deploy", "restartPolicyMaxRetries"]),
    ("numReplicas", &["deploy", "numReplicas"]),
    ("cronSchedule", &["deploy", "cronSchedule"]),
    ("preDeployCommand", &["deploy", "preDeployCommand"]),
    ("builder", &["build", "builder"]),
    ("buildCommand", &["build", "buildCommand"]),
    ("nixpacksConfigPath", &["build", "nixpacksConfigPath"]),
    ("nixpacksPlan", &["build", "nixpacksPlan"]),
    ("watchPatterns", &["build", "watchPatterns"]),
    ("healthcheck", &["deploy", "healthcheckPath"]),
];
/// Tables that people write into Railway's file, and where their content belongs.
const ELSEWHERE: &[(&str, &str)] = &[
    ("env", "set variables in the service's Variables tab, or under [variables] of nixpacks.toml"),
    ("variables", "set variables in the service's Variables tab, or under [variables] of nixpacks.toml"),
    ("envs", "set variables in the service's Variables tab, or under [variables] of nixpacks.toml"),
    ("services", "one file is about one service: make each service in the dashboard, with a file of its own"),
    ("service", "one file is about one service: make it in the dashboard"),
    ("nixpacks", "put phases into nixpacks.toml, or into build.nixpacksPlan"),
    ("phases", "put phases into nixpacks.toml, or into build.nixpacksPlan"),
    ("volumes", "add volumes in the dashboard"),
    ("databases", "add databases as services of their own in the dashboard"),
    ("plugins", "add databases as services of their own in the dashboard"),
    ("networking", "give the service a domain in its settings"),
    ("resources", "set limits in the service's settings, or in deploy.limitOverride"),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    two_files(facts, findings);
    if let Some(file) = facts.config() {
        plan(file, &[], findings);
    }
    if let Some(file) = facts.railway() {
        railway(file, findings);
        if file.get(&["build", "nixpacksPlan"]).is_some() {
            plan(file, &["build", "nixpacksPlan"], findings);
        }
    }
}

fn two_files(facts: &Facts<'_>, findings: &mut Findings) {
    let app = &facts.app;
    let hidden = facts.config().is_some_and(|file| file.path.file_name().is_some_and(|name| name == "nixpacks.toml"));
    if hidden && app.has_file("nixpacks.json") {
        let finding = BOTH.found("nixpacks.json is not read: nixpacks.toml is there as well");
        findings.push(finding.at(app.file("nixpacks.json"), "").at(app.file("nixpacks.toml"), ""));
    }
    let project = facts.project;
    if facts.railway().is_some() && project.has_file("railway.toml") && project.has_file("railway.json") {
        let finding = BOTH_RAILWAY.found("railway.json is not read: railway.toml is there as well");
        findings.push(finding.at(project.file("railway.json"), "").at(project.file("railway.toml"), ""));
    }
}

/// A Nixpacks plan in a file: known keys at each level.
fn plan(file: &Keyed, base: &[&str], findings: &mut Findings) {
    for (name, value) in file.members(base) {
        if !TOP.contains(&name.as_str()) {
            let key = [base, &[name.as_str()]].concat();
            let intended = TOP_INTENDED.iter().find(|(wrong, _)| wrong == name);
            let intended = intended
                .map(|(_, right)| [base, right].concat())
                .or_else(|| Some([base, &[nearest(name, TOP)?]].concat()));
            findings.push(unknown(&UNKNOWN, file, &key, value, intended.as_deref(), base.len()));
        }
    }
    let phases = [base, &["phases"]].concat();
    for (phase, _) in file.members(&phases) {
        let table = [&phases[..], &[phase.as_str()]].concat();
        level(file, &table, &PHASE, PHASE_INTENDED, base.len(), findings);
    }
    level(file, &[base, &["start"]].concat(), START, START_INTENDED, base.len(), findings);
}

fn level(
    file: &Keyed,
    table: &[&str],
    known: &[&'static str],
    intended: &[(&str, &'static str)],
    base: usize,
    findings: &mut Findings,
) {
    for (name, value) in file.members(table) {
        if known.contains(&name.as_str()) {
            continue;
        }
        let key = [table, &[name.as_str()]].concat();
        let right =
            intended.iter().find(|(wrong, _)| wrong == name).map(|(_, right)| *right).or_else(|| nearest(name, known));
        let right = right.map(|right| [table, &[right]].concat());
        findings.push(unknown(&UNKNOWN, file, &key, value, right.as_deref(), base));
    }
}

fn railway(file: &Keyed, findings: &mut Findings) {
    if file.path == Path::new("railway.json") || file.path == Path::new("railway.toml") {
        railway_level(file, &[], RAILWAY_TOP, findings);
        railway_level(file, &["build"], RAILWAY_BUILD, findings);
        railway_level(file, &["deploy"], RAILWAY_DEPLOY, findings);
        values(file, findings);
        for (name, _) in file.members(&["environments"]) {
            railway_level(file, &["environments", name], &["build", "deploy"], findings);
            railway_level(file, &["environments", name, "build"], RAILWAY_BUILD, findings);
            railway_level(file, &["environments", name, "deploy"], RAILWAY_DEPLOY, findings);
        }
    }
}

/// Values of a type or with words that the key does not have.
fn values(file: &Keyed, findings: &mut Findings) {
    for (name, value) in file.members(&["deploy"]) {
        let key = ["deploy", name.as_str()];
        let Some(text) = value.as_str() else { continue };
        let at = |finding: Finding| finding.about(key.join(".")).at(file.source(&key), file.line(&key));
        if NUMBERS.contains(&name.as_str()) {
            let finding = at(VALUE.found(format!("deploy.{name} is a number, and {text:?} is text")));
            let number = text.trim().parse::<u64>().ok();
            let edits = number.map(|number| set_key(&file.path, &key, number)).into_iter().collect();
            findings.push(finding.fix("write it without quotes", edits));
        } else if name == "restartPolicyType" && !RESTARTS.iter().any(|known| known.eq_ignore_ascii_case(text)) {
            let finding = at(VALUE.found(format!("deploy.restartPolicyType has no value {text:?}")));
            findings.push(finding.help(format!("it is one of {}", RESTARTS.join(", "))));
        }
    }
}

fn railway_level(file: &Keyed, table: &[&str], known: &[&'static str], findings: &mut Findings) {
    for (name, value) in file.members(table) {
        if known.contains(&name.as_str()) {
            continue;
        }
        let key = [table, &[name.as_str()]].concat();
        if let Some((_, where_to)) = ELSEWHERE.iter().find(|(wrong, _)| wrong == name) {
            let finding = RAILWAY.found(format!("Railway has no key {}: it has no effect", key.join(".")));
            findings.push(finding.about(key.join(".")).at(file.source(&key), file.line(&key)).help(*where_to));
            continue;
        }
        let around: &[&str] = match table {
            ["environments", environment, ..] => &["environments", environment],
            _ => &[],
        };
        let moved = RAILWAY_INTENDED.iter().find(|(wrong, right)| wrong == name && [around, right].concat() != key);
        let right = moved.map(|(_, right)| [around, right].concat());
        let right = right.or_else(|| Some([table, &[nearest(name, known)?]].concat()));
        findings.push(unknown(&RAILWAY, file, &key, value, right.as_deref(), 0));
    }
}

/// The known key that was probably meant: the same but for case and underscores, or a letter or two away.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let keys = known.iter().copied().filter(|name| *name != "$schema");
    suggest::nearest(name, keys, suggest::slips(name))
}

fn unknown(
    check: &Check,
    file: &Keyed,
    key: &[&str],
    value: &Value,
    intended: Option<&[&str]>,
    base: usize,
) -> Finding {
    let shown = key[base..].join(".");
    let finding = match intended {
        Some(intended) => check.found(format!("{shown} has no effect: did you mean {}?", intended[base..].join("."))),
        None => check.found(format!("{shown} is no key that anybody reads")),
    };
    let finding = finding.about(shown).at(file.source(key), file.line(key));
    let Some(intended) = intended else { return finding.severity(Severity::Warning) };
    // Where it would count, a plain pip command replaces the one that makes the virtual environment.
    if matches!(intended[base..], ["phases", "install", ..]) && value.to_string().contains("pip") {
        let summary =
            format!("delete it: Nixpacks installs by itself, and {} would replace that", intended[base..].join("."));
        return finding.fix(summary, vec![remove_key(&file.path, key)]);
    }
    match fitting(value, intended) {
        Some(value) if file.get(intended).is_none() => {
            let shown = Some(value.to_string()).filter(|text| text.len() <= 60 && value.is_array());
            let shown = shown.map_or_else(String::new, |text| format!(" = {text}"));
            let edits = vec![remove_key(&file.path, key), set_key(&file.path, intended, value)];
            finding.fix(format!("write {}{shown}", intended[base..].join(".")), edits)
        }
        _ => finding,
    }
}

/// Whether a key of a phase holds a list.
pub(super) fn is_list(name: &str) -> bool {
    !spellings(name).is_empty()
}

/// The value in the type that the key wants, where that is clear.
fn fitting(value: &Value, key: &[&str]) -> Option<Value> {
    let last = key[key.len() - 1];
    let wants_table = matches!(key, ["phases", _] | ["variables"] | ["phases"] | [.., "phases", _] | [.., "variables"]);
    let wants_list = is_list(last) || last == "providers";
    match value {
        Value::String(text) if wants_list => Some(beside_the_provider(last, vec![json!(text)])),
        Value::Array(items) if wants_list => Some(beside_the_provider(last, items.clone())),
        Value::Object(members) if wants_table => Some(Value::Object(
            members
                .iter()
                .map(|(name, value)| match value {
                    Value::Array(items) if is_list(name) => (name.clone(), beside_the_provider(name, items.clone())),
                    other => (name.clone(), other.clone()),
                })
                .collect(),
        )),
        Value::Array(items) if last == "cmd" => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            Some(Value::from(texts?.join(" && ")))
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) if !wants_list && !wants_table => Some(value.clone()),
        _ => None,
    }
}

/// A list of packages keeps the provider's own, unless it brings a Python, of which there can be one only.
fn beside_the_provider(key: &str, mut items: Vec<Value>) -> Value {
    let packages = matches!(key, "nixPkgs" | "nixLibs");
    let complete = items.iter().filter_map(Value::as_str).any(|item| item == "..." || item.starts_with("python"));
    if packages && !complete {
        items.insert(0, json!("..."));
    }
    Value::Array(items)
}
