//! What a plan of Nixpacks says, said in railpack.json.

use serde_json::{Value, json};

use crate::builder::nixpacks::Plan;
use crate::builder::railpack::CONFIG_FILE;
use crate::builder::{BuilderKind, Planned, RailpackAnswer};
use crate::catalog::nix_packages::package;
use crate::catalog::{debian, libraries};
use crate::check::railpack::by_pip;
use crate::finding::{Edit, Fix};
use crate::project::Project;

fn set(key: &[&str], value: Value) -> Edit {
    Edit::SetKey { path: CONFIG_FILE.into(), key: key.iter().map(|&part| part.to_owned()).collect(), value }
}

fn add(key: &[&str], item: &str, first: bool) -> Edit {
    let key = key.iter().map(|&part| part.to_owned()).collect();
    Edit::AddItem { path: CONFIG_FILE.into(), key, item: item.to_owned(), first }
}

/// The parts of a railpack.json that say what Nixpacks' plan says and Railpack's does not; none where either is absent.
pub fn translate(project: &Project, from: &Planned, to: &Planned) -> Vec<Fix> {
    let (Planned::Nixpacks(Ok(old)), Planned::Railpack(new)) = (from, to) else { return Vec::new() };
    let plan = &old.plan;
    [python(plan, new), install(project, plan, new), build(plan), packages(plan, new), variables(old), start(plan, new)]
        .into_iter()
        .flatten()
        .collect()
}

/// The edit that asks for the minor version of Python that Nixpacks took.
fn python(plan: &Plan, new: &RailpackAnswer) -> Option<Fix> {
    let setup = plan.phase("setup")?;
    let minor = setup.nix_pkgs.iter().find_map(|name| {
        let known = crate::catalog::python::by_attribute(name.split('.').next()?)?;
        Some(known.name)
    })?;
    let now = new.planned.packages.iter().find(|package| package.name == "python")?;
    let is_same = now.version.strip_prefix(minor).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let is_python2 = minor.starts_with('2');
    (!is_same && !is_python2).then(|| Fix {
        summary: format!("stay with Python {minor}"),
        edits: vec![set(&["packages", "python"], minor.into())],
    })
}

/// Of a project without a lock everything is installed by pip, as Nixpacks does it.
fn install(project: &Project, plan: &Plan, new: &RailpackAnswer) -> Option<Fix> {
    let commands = &plan.phase("install")?.cmds;
    let installs_itself = commands
        .iter()
        .any(|command| command.contains("pip install .") || command.contains("pip install --upgrade build"));
    let nothing = new.planned.plan.as_ref()?.step("install").is_none_or(|step| step.commands.is_empty());
    if !(installs_itself && nothing && project.has_file("pyproject.toml")) {
        return None;
    }
    Some(Fix { summary: "install the project with pip, as it was".to_owned(), edits: vec![by_pip()] })
}

/// Commands of phases that Nixpacks does not fill in by itself, in order.
fn build(plan: &Plan) -> Option<Fix> {
    let phases = plan.phases_in_order().ok()?;
    let own = phases.iter().filter(|(name, _)| !["setup", "install", "release"].contains(name));
    let commands: Vec<Value> = own.flat_map(|(_, phase)| phase.cmds.iter()).map(|command| shell(command)).collect();
    if commands.is_empty() {
        return None;
    }
    let all: Vec<Value> = std::iter::once("...".into()).chain(commands).collect();
    Some(Fix {
        summary: "run the build commands".to_owned(),
        edits: vec![set(&["steps", "build", "commands"], all.into())],
    })
}

/// A command as the shell is to get it: Railpack ends a string at its first single quote.
fn shell(command: &str) -> Value {
    let command = moved(command);
    if !command.contains('\'') {
        return command.into();
    }
    match shlex::try_quote(&command) {
        Ok(quoted) => json!({ "cmd": format!("sh -c {quoted}") }),
        Err(_) => command.into(),
    }
}

/// The command with Railpack's virtual environment in place of Nixpacks'.
fn moved(command: &str) -> String {
    command.replace("/opt/venv", "/app/.venv")
}

/// Debian's packages for those that the plan adds to what Nixpacks takes by itself.
fn packages(plan: &Plan, new: &RailpackAnswer) -> Option<Fix> {
    let phases = plan.phases_in_order().ok()?;
    let mut run: Vec<String> = Vec::new();
    for (_, phase) in &phases {
        run.extend(phase.apt_pkgs.iter().cloned());
        for attribute in phase.nix_libs.iter().chain(phase.nix_pkgs.iter()) {
            run.extend(debian_of(attribute));
        }
    }
    run.sort_unstable();
    run.dedup();
    if run.is_empty() {
        return None;
    }
    let lists: [(&[&str], bool); 2] =
        [(&["deploy", "aptPackages"], true), (&["buildAptPackages"], new.planned.version.takes_all_of_config())];
    let edits = lists.into_iter().flat_map(|(list, knows_dots)| {
        let items = run.iter().map(move |name| add(list, name, false));
        knows_dots.then(|| add(list, "...", true)).into_iter().chain(items)
    });
    Some(Fix { summary: format!("install {}", run.join(", ")), edits: edits.collect() })
}

fn debian_of(attribute: &str) -> Vec<String> {
    // What every image has, or mise brings.
    const NONE: &[&str] = &["gcc", "pip", "zlib", "stdenv", "setuptools", "virtualenv", "wheel"];
    let base = attribute.split('.').next().unwrap_or(attribute);
    if NONE.contains(&base) || attribute.starts_with("python") {
        return Vec::new();
    }
    let Some(known) = package(attribute).or_else(|| package(base)) else { return Vec::new() };
    let libraries = known.libraries.iter().filter_map(|soname| libraries::library(soname)).map(|packages| packages.apt);
    let programs = known.commands.iter().filter_map(|program| debian::of_program(program));
    programs.chain(libraries).map(str::to_owned).collect()
}

/// Variables that the configuration sets, for the app.
fn variables(old: &crate::builder::nixpacks::Derived) -> Option<Fix> {
    let set_by_hand = old.choices.iter().filter_map(|choice| {
        let name = choice.what.strip_prefix("variables.")?;
        let is_of_a_file = matches!(choice.because, crate::project::Source::File { .. });
        (is_of_a_file && !BuilderKind::any_reads(name)).then(|| (name.to_owned(), choice.value.clone()))
    });
    let edits: Vec<Edit> =
        set_by_hand.map(|(name, value)| set(&["deploy", "variables", &name], moved(&value).into())).collect();
    (!edits.is_empty()).then(|| Fix { summary: "set the variables of nixpacks.toml".to_owned(), edits })
}

/// How the app starts, the release command before it.
fn start(plan: &Plan, new: &RailpackAnswer) -> Option<Fix> {
    let command = moved(plan.start.as_ref()?.cmd.as_deref()?);
    let release: Vec<String> =
        plan.phase("release").into_iter().flat_map(|phase| phase.cmds.iter()).map(|command| moved(command)).collect();
    let now = new.planned.plan.as_ref().map(|plan| plan.deploy.start_command.as_str()).unwrap_or_default();
    let whole = release.iter().map(String::as_str).chain([command.as_str()]).collect::<Vec<_>>().join(" && ");
    if whole == now {
        return None;
    }
    let summary = match release.is_empty() {
        true => format!("start `{command}`"),
        false => format!("start `{command}`, after the release command"),
    };
    Some(Fix { summary, edits: vec![set(&["deploy", "startCommand"], whole.into())] })
}
