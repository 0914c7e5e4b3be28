//! Commands that change a shell which is gone when the next one runs.

use serde_json::Value;

use crate::check::facts::Facts;
use crate::check::facts::keyed::{Keyed, strings};
use crate::check::finding::{Check, Finding, Findings, set_key, warning};
use crate::finding::Severity;
use crate::project::Source;

const LOST: Check = warning(
    "command-without-effect",
    "Each command of a phase runs in a shell of its own, so `cd`, `export` and `activate` are forgotten before the next one. Join \
     them to the command that needs them with `&&`.",
);
const START_PHASE: Check = warning(
    "start-phase-runs-in-build",
    "A phase called start is a phase of the build like any other. A server started there keeps the build waiting until it is \
     ended from outside.",
);
const UNORDERED: Check = warning(
    "phase-without-order",
    "A phase of one's own that depends on nothing runs before setup has installed anything. dependsOn puts it behind the phases it \
     needs.",
);

pub(super) const CHECKS: &[Check] = &[LOST, START_PHASE, UNORDERED];

/// The phases that Nixpacks itself puts in order.
const ORDERED: [&str; 4] = ["setup", "install", "build", "release"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (file, base) in [(facts.config(), &[][..]), (facts.railway(), &["build", "nixpacksPlan"])] {
        let Some(file) = file else { continue };
        let phases = [base, &["phases"]].concat();
        for (name, phase) in file.members(&phases) {
            let key = [&phases[..], &[name.as_str()]].concat();
            for list in ["cmds", "commands"] {
                if let Some(value) = phase.get(list) {
                    lost(file, &[&key[..], &[list]].concat(), &strings(value), findings);
                }
            }
            let commands = phase.get("cmds").or_else(|| phase.get("commands")).map(strings).unwrap_or_default();
            if name == "start" && !commands.is_empty() {
                findings.push(start_phase(file, &key, base, &commands));
            } else if !commands.is_empty() && !ORDERED.contains(&name.as_str()) {
                unordered(facts, file, &key, &commands, findings);
            }
        }
    }
    for name in ["NIXPACKS_INSTALL_CMD", "NIXPACKS_BUILD_CMD"] {
        if let Some(kind) = facts.variable(name).and_then(change) {
            let finding = LOST.found(format!("{name} only {}, which the next command does not see", kind.words()));
            let source = facts.variable_source(name).unwrap_or_else(|| Source::Variable(name.to_owned()));
            findings.push(finding.at(source, ""));
        }
    }
}

/// What a command changes of its own shell, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Folder,
    Variable,
    Activation,
    Setting,
}

impl Change {
    fn words(self) -> &'static str {
        match self {
            Self::Folder => "changes the folder",
            Self::Variable => "sets a variable",
            Self::Activation => "activates an environment",
            Self::Setting => "changes a setting of the shell",
        }
    }
}

/// `None` when any part of the command does more than change its own shell.
fn change(command: &str) -> Option<Change> {
    let parts =
        command.split("&&").flat_map(|part| part.split([';', '\n'])).map(str::trim).filter(|part| !part.is_empty());
    parts.map(part_change).collect::<Option<Vec<_>>>()?.pop()
}

fn part_change(part: &str) -> Option<Change> {
    if part.contains(['|', '>', '`']) || part.contains("$(") {
        return None;
    }
    let words: Vec<&str> = part.split_whitespace().collect();
    match words[..] {
        ["cd" | "pushd", ..] => Some(Change::Folder),
        ["export" | "declare", ..] => Some(Change::Variable),
        ["." | "source", path] => Some(if path.contains("activate") { Change::Activation } else { Change::Setting }),
        ["alias" | "set" | "shopt" | "umask" | "ulimit" | "unset", ..] => Some(Change::Setting),
        [path] if path.ends_with("bin/activate") => Some(Change::Activation),
        _ => None,
    }
}

fn lost(file: &Keyed, key: &[&str], commands: &[&str], findings: &mut Findings) {
    let makes_opt_venv = commands.iter().any(|command| command.contains("venv") && command.contains("/opt/venv"));
    for (index, command) in commands.iter().enumerate() {
        let Some(change) = change(command) else { continue };
        let position = index.to_string();
        let place = [key, &[position.as_str()]].concat();
        let finding = LOST.found(format!("`{command}` only {}, which the next command does not see", change.words()));
        let finding = finding.about(*command).at(file.source(&place), command);
        // PATH leads to /opt/venv/bin in every later shell, activated or not.
        let harmless = change == Change::Activation && command.contains("/opt/venv/") && makes_opt_venv;
        let severity = if harmless { Severity::Note } else { Severity::Warning };
        findings.push(join(finding.severity(severity), file, key, commands, index));
    }
}

/// Joins a command to those behind it.
fn join(finding: Finding, file: &Keyed, key: &[&str], commands: &[&str], index: usize) -> Finding {
    let (before, rest) = commands.split_at(index);
    if rest.len() < 2 || rest[1..].contains(&"...") {
        return finding.help("put it in front of the command that needs it, joined with &&");
    }
    let mut joined: Vec<String> = before.iter().map(|&command| command.to_owned()).collect();
    joined.push(rest.join(" && "));
    finding.fix("join it to the commands after it with &&", vec![set_key(&file.path, key, Value::from(joined))])
}

fn start_phase(file: &Keyed, key: &[&str], base: &[&str], commands: &[&str]) -> Finding {
    let finding =
        START_PHASE.found("the commands of [phases.start] run while the image is built, not when the app starts");
    let finding = finding.at(file.source(key), commands[0]);
    let start = [base, &["start", "cmd"]].concat();
    if file.get(&start).is_some() || commands.contains(&"...") {
        return finding.help("remove the phase");
    }
    let edits =
        vec![crate::check::finding::remove_key(&file.path, key), set_key(&file.path, &start, commands.join(" && "))];
    finding.fix("move it to [start]", edits)
}

fn unordered(facts: &Facts<'_>, file: &Keyed, key: &[&str], commands: &[&str], findings: &mut Findings) {
    let name = key[key.len() - 1];
    let planned = facts.phase(name).is_some_and(|phase| !phase.depends_on.is_empty());
    let needs = ["python", "pip", "gunicorn", "manage.py", "alembic", "flask", "uv ", "npm", "node"];
    let needed = commands.iter().any(|command| needs.iter().any(|word| command.contains(word)));
    if planned || !needed || facts.phase(name).is_none() {
        return;
    }
    let finding = UNORDERED.found(format!("the phase {name} has no dependsOn and runs before anything is installed"));
    let edit = set_key(&file.path, &[key, &["dependsOn"]].concat(), serde_json::json!(["install"]));
    findings.push(finding.about(name).at(file.source(key), file.line(key)).fix("let it follow install", vec![edit]));
}
