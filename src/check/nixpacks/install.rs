//! Install commands that replace Nixpacks' own, and lose the virtual environment with it.

use crate::check::facts::command::invocations;
use crate::check::facts::start::Start;
use serde_json::Value;

use crate::builder::nixpacks::spellings;
use crate::check::facts::Facts;
use crate::check::facts::keyed::{Keyed, strings};
use crate::check::finding::{Check, Finding, Findings, error, remove_item, remove_key, set_key, warning};
use crate::finding::{Edit, Severity};
use crate::plan::Choice;
use crate::project::Source;

pub(crate) const EXTERNALLY_MANAGED: Check = error(
    "externally-managed",
    "PEP 668 forbids pip to install into a Python that the system or Nix manages. An install command of the project's own \
     replaced the one that makes and activates /opt/venv; left alone, Nixpacks makes the virtual environment by itself.",
);
pub(crate) const PIP_NOT_FOUND: Check = error(
    "pip-not-found",
    "No pip is on PATH or in this Python: the Python provider was not used, or an install command of the project's own \
     replaced the one that makes /opt/venv. Nix' own Python carries no pip.",
);
const PIP_NOT_NEEDED: Check = warning(
    "pip-package-not-needed",
    "The virtual environment that Nixpacks makes has a pip of its own. A pip from nixpkgs is never used there, and hides the real cause \
     when the environment is missing.",
);
pub(crate) const BYPASSED: Check = warning(
    "venv-bypassed",
    "--break-system-packages makes pip install beside Nix' own Python, whose folder of programs is not on PATH: gunicorn, uvicorn and the like \
     are then not found at the start. In the virtual environment that Nixpacks makes by itself they are.",
);
pub(crate) const NOTHING_INSTALLED: Check = warning(
    "nothing-installed",
    "The project names dependencies, and the plan has no command that installs them. The app then starts without any of them.",
);
const RUN_TWICE: Check = warning(
    "commands-run-twice",
    "Two layers of configuration both say \"...\", and Nixpacks fills each with everything below it. The same command then runs \
     twice.",
);

pub(super) const CHECKS: &[Check] =
    &[EXTERNALLY_MANAGED, PIP_NOT_FOUND, PIP_NOT_NEEDED, BYPASSED, NOTHING_INSTALLED, RUN_TWICE];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || facts.plan().is_none() {
        return;
    }
    venv(facts, findings);
    twice(facts, findings);
}

/// Whether a command makes an environment or installs in a way that needs none.
fn stands_alone(command: &str) -> bool {
    const WAYS: [&str; 11] = [
        "uv sync",
        "poetry install",
        "pdm install",
        "pipenv ",
        "conda ",
        "mamba ",
        "--target",
        "--prefix",
        "--root",
        " -t ",
        "--break-system-packages",
    ];
    let makes = ["-m venv", "virtualenv ", "uv venv"].iter().any(|maker| command.contains(maker));
    // PATH leads to /opt/venv and to no other environment.
    makes && (command.contains("/opt/venv") || command.contains("activate"))
        || WAYS.iter().any(|way| command.contains(way))
}

fn uses_pip(command: &str) -> Option<Pip> {
    let words: Vec<&str> =
        command.split([' ', ';', '&', '|', '\n', '(', ')']).filter(|word| !word.is_empty()).collect();
    let module = words.windows(2).any(|pair| pair == ["-m", "pip"]);
    // `uv pip` is uv's own.
    let by_uv = words.windows(2).any(|pair| pair[0] == "uv" && is_pip(pair[1]));
    let program = !by_uv && words.iter().any(|word| is_pip(word)) && words.contains(&"install");
    match (program && !module, module) {
        (true, _) => Some(Pip::Program),
        (_, true) => Some(Pip::Module),
        _ => None,
    }
}

#[derive(PartialEq, Eq)]
enum Pip {
    Program,
    Module,
}

fn is_pip(word: &str) -> bool {
    let rest = word.strip_prefix("pip");
    rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn venv(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(phase) = facts.phase("install") else { return };
    let made = facts.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
    let alone = made.flat_map(|(_, phase)| phase.cmds.iter()).any(|cmd| stands_alone(cmd));
    early(facts, &phase.cmds, findings);
    if let Some(choice) = bypassing(facts) {
        return bypassed(facts, choice, findings);
    }
    let pinned = ["PIP_BREAK_SYSTEM_PACKAGES", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV"];
    if alone || pinned.iter().any(|name| facts.variable(name).is_some()) {
        return pip_package(facts, findings);
    }
    if phase.cmds.is_empty() {
        return nothing(facts, findings);
    }
    let Some((choice, pip)) = facts.choices("phases.install.cmds").find_map(|c| Some((c, uses_pip(&c.value)?))) else {
        return pip_package(facts, findings);
    };
    let packaged = pip_packages(facts);
    // `python -m pip` needs the package in the interpreter's own tree, where nixpkgs does not put it.
    let met = !packaged.is_empty() && pip == Pip::Program;
    let check = if met { &EXTERNALLY_MANAGED } else { &PIP_NOT_FOUND };
    let message = match met {
        true => {
            "this install command replaces the one that makes /opt/venv, and pip refuses to install into Nix' own Python"
        }
        false => "this install command replaces the one that makes /opt/venv, and outside of it there is no pip",
    };
    let finding = check.found(message).at(choice.because.clone(), &choice.value);
    let finding = packaged.iter().fold(finding, |finding, pip| finding.at(pip.because.clone(), &pip.value));
    findings.push(by_fix(facts, finding, choice, &packaged));
}

/// The command that installs beside Nix' own Python, where nothing makes an environment.
fn bypassing<'a>(facts: &Facts<'a>) -> Option<&'a Choice> {
    let mut phases = facts.plan()?.phases.iter().flatten().flat_map(|(_, phase)| phase.cmds.iter());
    let made = phases.any(|cmd| ["-m venv", "virtualenv ", "uv venv"].iter().any(|maker| cmd.contains(maker)));
    // Who names another place knows where the programs are.
    const ELSEWHERE: [&str; 5] = ["--user", "--target", "--prefix", "--root ", " -t "];
    let breaks = |choice: &&Choice| {
        choice.value.contains("--break-system-packages")
            && uses_pip(&choice.value).is_some()
            && !ELSEWHERE.iter().any(|option| choice.value.contains(option))
    };
    facts.choices("phases.install.cmds").find(breaks).filter(|_| !made)
}

fn bypassed(facts: &Facts<'_>, choice: &Choice, findings: &mut Findings) {
    let packaged = pip_packages(facts);
    let met = !packaged.is_empty() && uses_pip(&choice.value) == Some(Pip::Program);
    let start = Start::of(facts);
    let programs = start.map(|start| invocations(start.command)).unwrap_or_default();
    let program = programs
        .iter()
        .find(|invocation| !invocation.is_module && crate::check::server::is_packaged(invocation.program));
    let finding = match (met, program) {
        (false, _) => PIP_NOT_FOUND
            .found("this install command replaces the one that makes /opt/venv, and outside of it there is no pip"),
        (true, Some(program)) => BYPASSED
            .found(format!("{} is installed where PATH does not lead, since nothing makes /opt/venv", program.program))
            .about(program.program)
            .severity(Severity::Error),
        (true, None) => BYPASSED
            .found("this install command replaces the one that makes /opt/venv, and installs beside Nix' own Python"),
    };
    let finding = finding.at(choice.because.clone(), &choice.value);
    findings.push(by_fix(facts, finding, choice, &packaged));
}

/// pip in front of the command that makes the environment: there is none yet.
fn early(facts: &Facts<'_>, cmds: &[String], findings: &mut Findings) {
    let Some(made) = cmds.iter().position(|cmd| stands_alone(cmd)) else { return };
    let Some(cmd) = cmds[..made].iter().find(|cmd| uses_pip(cmd).is_some()) else { return };
    let Some(choice) = facts.choices("phases.install.cmds").find(|choice| choice.value == *cmd) else { return };
    let finding =
        PIP_NOT_FOUND.found("this command runs before the one that makes /opt/venv, and outside of it there is no pip");
    let finding = finding.at(choice.because.clone(), cmd);
    let file = facts.keyed(&choice.because);
    let list = file.and_then(|file| Some((file, list_of(file, "install", &["cmds", "commands"])?)));
    findings.push(match list {
        Some((file, (key, items))) if items.contains(&"...") => {
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            let rest = items.iter().copied().filter(|item| *item != "...");
            let behind: Vec<&str> = std::iter::once("...").chain(rest).collect();
            finding.fix("put it behind \"...\"", vec![set_key(&file.path, &key, Value::from(behind))])
        }
        _ => finding.help("put it behind that command"),
    });
}

/// Deletes what is in the way, or puts `...` where only a part of it is.
fn by_fix(facts: &Facts<'_>, finding: Finding, choice: &Choice, packaged: &[&Choice]) -> Finding {
    let pips = packaged.iter().filter_map(|pip| drop_package(facts, pip));
    let Some(file) = facts.keyed(&choice.because) else {
        return match &choice.because {
            Source::Variable(name) => {
                finding.help(format!("unset {name}: Nixpacks installs requirements.txt by itself"))
            }
            _ => finding.help("leave the install command out: Nixpacks installs requirements.txt by itself"),
        };
    };
    let Some((key, items)) = list_of(file, "install", &["cmds", "commands"]) else { return finding };
    let key: Vec<&str> = key.iter().map(String::as_str).collect();
    let phase = &key[..key.len() - 1];
    let extra: Vec<&str> = items.iter().copied().filter(|cmd| !is_provided(cmd)).collect();
    if !extra.is_empty() {
        let kept: Vec<&str> = std::iter::once("...").chain(extra).collect();
        let edits = std::iter::once(set_key(&file.path, &key, Value::from(kept))).chain(pips).collect();
        return finding.fix("let Nixpacks install, and keep the other commands after it", edits);
    }
    let keeps =
        |name: &String| !matches!(name.as_str(), "cmds" | "commands" | "dependsOn" | "cacheDirectories" | "paths");
    let shared = file.members(phase).any(|(name, _)| keeps(name));
    let gone = if shared { &key[..] } else { phase };
    let summary = format!("delete {}, so that Nixpacks makes the environment itself", shown_key(gone));
    finding.fix(summary, std::iter::once(remove_key(&file.path, gone)).chain(pips).collect())
}

fn shown_key(key: &[&str]) -> String {
    match key.iter().position(|part| *part == "phases") {
        Some(at) => format!("[{}]", key[at..].join(".")),
        None => key.join("."),
    }
}

/// Whether Nixpacks does the same by itself.
fn is_provided(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let words = match words[..] {
        ["python" | "python3", "-m", ref rest @ ..] => rest,
        ref all => all,
    };
    match words {
        [pip, "install", rest @ ..] if is_pip(pip) => {
            const NEUTRAL: [&str; 4] = ["--no-cache-dir", "-q", "--quiet", "--break-system-packages"];
            let rest: Vec<&str> = rest.iter().copied().filter(|word| !NEUTRAL.contains(word)).collect();
            matches!(
                rest[..],
                ["-r", "requirements.txt"]
                    | ["-r", "./requirements.txt"]
                    | ["--requirement", "requirements.txt"]
                    | ["--upgrade", "pip"]
                    | ["-U", "pip"]
                    | ["--upgrade", "-r", "requirements.txt"]
                    | ["."]
            )
        }
        ["ensurepip" | "venv", ..] => true,
        [source, path] => matches!(*source, "." | "source") && path.ends_with("/activate"),
        _ => false,
    }
}

/// A phase's list in a file: at its root, or in Railway's nixpacksPlan.
pub(super) fn list_of<'a>(file: &'a Keyed, phase: &str, names: &[&str]) -> Option<(Vec<String>, Vec<&'a str>)> {
    for base in [&["phases"][..], &["build", "nixpacksPlan", "phases"]] {
        for name in names {
            let key = [base, &[phase, name]].concat();
            if let Some(value) = file.get(&key) {
                return Some((key.iter().map(|&part| part.to_owned()).collect(), strings(value)));
            }
        }
    }
    None
}

/// Packages that bring pip from nixpkgs or Debian.
fn pip_packages<'a>(facts: &Facts<'a>) -> Vec<&'a Choice> {
    let nix = facts.choices("phases.setup.nixPkgs").filter(|choice| brings_pip(&choice.value));
    nix.chain(facts.choices("phases.setup.aptPkgs").filter(|choice| choice.value == "python3-pip")).collect()
}

fn brings_pip(package: &str) -> bool {
    let set = package.split_once("Packages.");
    set.is_some_and(|(set, name)| set.starts_with("python") && name == "pip")
        || package.contains("withPackages") && package.contains("pip")
}

pub(super) fn drop_package(facts: &Facts<'_>, choice: &Choice) -> Option<Edit> {
    let file = facts.keyed(&choice.because)?;
    let names = spellings(if choice.what.ends_with("aptPkgs") { "aptPkgs" } else { "nixPkgs" });
    let (key, items) = list_of(file, "setup", names)?;
    let key: Vec<&str> = key.iter().map(String::as_str).collect();
    // A list with nothing left in it would still replace the provider's own.
    if items.iter().all(|item| *item == choice.value || *item == "...") {
        return Some(remove_key(&file.path, &key));
    }
    items.contains(&choice.value.as_str()).then(|| remove_item(&file.path, &key, &choice.value))
}

fn pip_package(facts: &Facts<'_>, findings: &mut Findings) {
    for choice in pip_packages(facts) {
        let finding =
            PIP_NOT_NEEDED.found(format!("{} is not needed: the virtual environment has its own pip", choice.value));
        let finding = finding.about(&choice.value).at(choice.because.clone(), facts.line(&choice.because));
        let edits = drop_package(facts, choice).into_iter().collect();
        findings.push(finding.fix(format!("remove {}", choice.value), edits));
    }
}

fn nothing(facts: &Facts<'_>, findings: &mut Findings) {
    let wanted = ["requirements.txt", "Pipfile", "poetry.lock", "uv.lock", "pdm.lock"].into_iter();
    let Some(name) = wanted.into_iter().find(|name| facts.app.has_file(name)) else { return };
    let text = facts.app.read_text(name).unwrap_or_default();
    let is_empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    let installs = |cmd: &String| cmd.contains("install") || cmd.contains("sync");
    let plan = facts.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten());
    if is_empty || plan.flat_map(|(_, phase)| phase.cmds.iter()).any(installs) {
        return;
    }
    let because = facts.choices("phases.install.cmds").map(|choice| choice.because.clone()).next();
    let because = because.or_else(|| facts.variable_source("NIXPACKS_PYTHON_PACKAGE_MANAGER"));
    let finding = NOTHING_INSTALLED.found(format!("nothing installs {name}"));
    let replaced = facts.config().filter(|file| file.get(&["phases", "install", "cmds"]).is_some());
    let finding = match replaced {
        Some(file) => finding.fix(
            "let the install phase do what it does by itself",
            vec![remove_key(&file.path, &["phases", "install", "cmds"])],
        ),
        None => finding.help(format!("let the install phase install {name}")),
    };
    let finding = match because {
        Some(because) => finding.at(because.clone(), facts.line(&because)),
        None => finding,
    };
    findings.push(finding.at(facts.app.file(name), ""));
}

fn twice(facts: &Facts<'_>, findings: &mut Findings) {
    for (name, phase) in facts.plan().into_iter().flat_map(|plan| plan.phases.iter().flatten()) {
        let again = phase.cmds.iter().enumerate().find(|(index, cmd)| phase.cmds[..*index].contains(cmd));
        let Some((_, command)) = again else { continue };
        let what = format!("phases.{name}.cmds");
        let choices = facts.derived().into_iter().flat_map(|derived| &derived.choices);
        let places: Vec<&Source> = choices
            .filter(|choice| choice.what == what && choice.value == *command)
            .map(|choice| &choice.because)
            .collect();
        let finding = RUN_TWICE.found(format!("the {name} phase runs the same command twice"));
        let finding = places.into_iter().fold(finding, |finding, place| finding.at(place.clone(), command));
        findings.push(finding.severity(Severity::Warning).help("say \"...\" in one place only"));
    }
}
