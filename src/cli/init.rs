//! `shakedown init`: what a project needs to be checked at every push.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};

use super::args::Planning;
use super::config;
use super::exit::{Exit, UsageError};
use super::output::{argument, hint, print, tell_written, warn};
use super::pre_commit::{self, Hooks, command, names};
use super::services::NO_START;
use super::version;
use crate::builder::Detected;
use crate::check::Facts;
use crate::finding::Edit;
use crate::fix::Patch;
use crate::fs::read_text;
use crate::plan::Plan;
use crate::project::{MAX_FILE, Repository};
use crate::rehearse::{Request, Service, services};
use crate::sandbox::python;
use crate::scenario::schema_address;

const WORKFLOWS: &str = ".github/workflows";
const WORKFLOW: &str = ".github/workflows/shakedown.yml";
const GITLAB: &str = ".gitlab-ci.yml";
/// Files that projects keep for what has to be set, with values that harm nobody.
const EXAMPLES: &[&str] = &[".env.rehearsal", ".env.example", ".env.sample", ".env.template", "example.env"];

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    planning: Planning,
    /// Write the files instead of showing the diff
    #[arg(long)]
    apply: bool,
}

/// A folder that is deployed alone.
struct Place {
    /// From the repository's root.
    below: PathBuf,
    folder: PathBuf,
    request: Request,
    /// The interpreter that its plan names.
    python: Option<(u32, u32)>,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let request = args.planning.request(&args.planning.config()?)?;
    say_who_else_builds(&request)?;
    let folder = args.planning.path.canonicalize()?;
    let (root, below) = match Repository::around(&folder) {
        Some(repository) => (repository.root.clone(), repository.way_to(&folder)),
        None => (folder.clone(), PathBuf::new()),
    };
    let places = places(request, folder, &below)?;
    let mut edits: Vec<Edit> = Vec::new();
    let mut write = |path: PathBuf, text: String| edits.push(Edit::WriteFile { path, text });
    for place in &places {
        let name = place.below.join(config::NAME);
        if place.folder.join(config::NAME).exists() {
            hint("there already:", &name.display().to_string());
        } else if let Some(text) = settings(&args.planning, place)? {
            write(name, text);
        }
    }
    let belows: Vec<&Path> = places.iter().map(|place| place.below.as_path()).collect();
    let mut by_hand = false;
    let mut add_by_hand = |why: &str, text: &str| {
        by_hand = true;
        warn("note:", &format!("{why}: add this there by hand\n{text}"));
    };
    match pre_commit::hooks(&root, &belows)? {
        Hooks::Written(text) => write(pre_commit::FILE.into(), text),
        Hooks::ThereAlready => hint("there already:", &format!("a hook in {}", pre_commit::FILE)),
        Hooks::ByHand(hook) => add_by_hand(&format!("{} has no plain list of repos", pre_commit::FILE), &hook),
    }
    if root.join(GITLAB).exists() {
        add_by_hand(&format!("{GITLAB} is left alone"), &gitlab_job(&belows));
    } else {
        match Workflows::of(&root, &belows) {
            Workflows::None => write(WORKFLOW.into(), workflow(&places)),
            Workflows::Name => hint("there already:", &format!("a workflow in {WORKFLOWS}")),
            Workflows::Lack(belows) => {
                let steps: String = belows.into_iter().map(step).collect();
                add_by_hand(&format!("what is in {WORKFLOWS} does not name this folder"), &steps);
            }
        }
    }
    let mut patch = Patch::new(&root)?;
    patch.add(&edits).map_err(|refused| UsageError(refused.to_string()))?;
    if patch.is_empty() {
        let why = if by_hand { "what is not there is for a person to add" } else { "what it would write is there" };
        hint("nothing to do:", why);
        return Ok(Exit::Works);
    }
    if !version::IS_PUBLISHED {
        let release = env!("CARGO_PKG_VERSION");
        warn(
            "note:",
            &format!("{release} is not published yet, so what is pinned to it cannot be installed until it is"),
        );
    }
    if !args.apply {
        print(&patch.diff())?;
        hint("next:", &format!("shakedown init{} --apply writes it", argument(&args.planning.path)));
        return Ok(Exit::Works);
    }
    patch.apply()?;
    tell_written(patch.files(), true)?;
    Ok(Exit::Works)
}

/// A deploy that is not rehearsed passes every check, so that is said. The error is that there is no such folder.
fn say_who_else_builds(request: &Request) -> Result<()> {
    let Some(detected) = request.detected(&request.project()?) else { return Ok(()) };
    if detected.builder.kind().is_none() {
        let Detected { builder, because, .. } = detected;
        warn(
            "note:",
            &format!(
                "{builder} builds this ({because}): what this writes can only say *cannot tell*, unless --builder names another"
            ),
        );
    }
    Ok(())
}

/// The folder itself, or the services below it where it is none or the root of a workspace that nothing starts: what would fail at
/// every push checks nothing.
fn places(request: Request, folder: PathBuf, below: &Path) -> Result<Vec<Place>> {
    let planned = request.plan(&request.project()?)?;
    let all = services(&request)?;
    let (python, problem) = match planned.buildable() {
        Ok(Ok(buildable)) => {
            let python = named(&buildable.plan);
            if !all.iter().any(|service| service.folder == Path::new(".") && service.is_library) {
                return Ok(vec![Place { below: below.to_owned(), folder, request, python }]);
            }
            (python, NO_START.to_owned())
        }
        Ok(Err(refused)) => {
            (None, refused.lines.iter().find(|line| !line.trim().is_empty()).cloned().unwrap_or_default())
        }
        Err(error) => (None, error.to_string()),
    };
    // One whose plan is refused has no language yet, and is told with why.
    let is_python = |service: &Service| {
        let is_refused = service.problem.is_some() && service.providers.is_empty();
        is_refused || service.providers.iter().any(|provider| provider == "python")
    };
    let found = all.into_iter().filter(is_python);
    let is_started = |service: &Service| service.problem.is_none() && !service.is_library;
    let (found, left): (Vec<Service>, Vec<Service>) = found.partition(is_started);
    for service in left.iter().filter(|service| service.folder != Path::new(".")) {
        let why = service.problem.as_deref().unwrap_or(NO_START);
        hint("left out:", &format!("{}: {why}", service.folder.display()));
    }
    let mut places = Vec::new();
    for Service { folder: name, .. } in &found {
        let path = request.path.join(name);
        let repository = Repository::around(&path).or_else(|| Repository::given(&request.path, &path));
        let request = Request { path, repository, ..request.clone() };
        let python = python_of(&request);
        places.push(Place { below: below.join(name), folder: folder.join(name), request, python });
    }
    if places.is_empty() {
        warn("note:", &format!("as it is, the checks that this writes fail: {problem}"));
        return Ok(vec![Place { below: below.to_owned(), folder, request, python }]);
    }
    let names: Vec<String> = found.iter().map(|service| service.folder.display().to_string()).collect();
    hint("services:", &format!("{}, each checked by itself, since the folder above them is none", names.join(", ")));
    Ok(places)
}

/// shakedown.toml, where the project needs one: what is not as it is by default, and nothing else.
fn settings(planning: &Planning, Place { folder, request, .. }: &Place) -> Result<Option<String>> {
    let mut lines = Vec::new();
    let mut line = |key: &str, value: &str| lines.push(format!("{key} = {}\n", toml_edit::Value::from(value)));
    if let Some(builder) = planning.plan.builder {
        line("builder", &builder.to_string());
    }
    if let Some(root) = &planning.plan.root_directory {
        line("root-directory", &root.to_string_lossy());
    }
    if let Some(platform) = planning.plan.platform.and_then(|platform| platform.to_possible_value()) {
        line("platform", platform.get_name());
    }
    let project = request.project()?;
    let planned = request.plan(&project)?;
    let is_short = || !Facts::new(&project, &request.deploy, &planned).unset_variables().is_empty();
    if let Some(example) = EXAMPLES.iter().find(|name| folder.join(name).is_file()).filter(|_| is_short()) {
        lines.push(format!("# What the code wants set.\nenv-file = [\"{example}\"]\n"));
    }
    let header = format!("#:schema {}\n", schema_address("config"));
    Ok((!lines.is_empty()).then(|| header + &lines.concat()))
}

/// What the workflows that are there say of these folders.
enum Workflows<'a> {
    /// None mentions the tool.
    None,
    /// They mention it, and not these folders.
    Lack(Vec<&'a Path>),
    /// They mention it for all of them.
    Name,
}

impl<'a> Workflows<'a> {
    fn of(root: &Path, belows: &[&'a Path]) -> Self {
        let found = root.join(WORKFLOWS).read_dir().into_iter().flatten().flatten();
        let texts = found.filter_map(|entry| read_text(&entry.path(), MAX_FILE).ok());
        let ours: Vec<String> = texts.filter(|text| names(text, Path::new(""))).collect();
        if ours.is_empty() {
            return Self::None;
        }
        let lacks = |below: &&&Path| !ours.iter().any(|text| names(text, below));
        let lacking: Vec<&Path> = belows.iter().filter(lacks).copied().collect();
        if lacking.is_empty() { Self::Name } else { Self::Lack(lacking) }
    }
}

fn gitlab_job(belows: &[&Path]) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let line = |below: &&Path| format!("    - {}\n", serde_json::Value::String(command("check", below)));
    let lines: String = belows.iter().map(line).collect();
    format!(
        "shakedown:\n  image: python:3\n  script:\n    - pip install shakedown-cli=={version}\n{lines}docs/ci.md of shakedown has \
         one that rehearses the deploy\n"
    )
}

/// A path from the repository's root as YAML has it.
fn quote(below: &Path) -> String {
    let path = if below.as_os_str().is_empty() { Path::new(".") } else { below };
    serde_json::Value::String(path.to_string_lossy().into_owned()).to_string()
}

/// The step of a job that rehearses one folder.
fn step(below: &Path) -> String {
    action(&quote(below))
}

fn action(path: &str) -> String {
    let action = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    let version = env!("CARGO_PKG_VERSION");
    format!("      - uses: {action}@v{version}\n        with:\n          path: {path}\n")
}

/// One job, or one for each of several services.
fn workflow(places: &[Place]) -> String {
    let number = |(major, minor): (u32, u32)| format!("\"{major}.{minor}\"");
    let setup = |condition: &str, version: &str| {
        format!(
            "      - uses: actions/setup-python@v5\n{condition}        with:\n          python-version: {version}\n"
        )
    };
    let (matrix, python, path) = match places {
        [only] => (String::new(), only.python.map(|python| setup("", &number(python))), quote(&only.below)),
        several => {
            let entry = |place: &Place| {
                let python = place.python.map(|python| format!("            python: {}\n", number(python)));
                format!("          - path: {}\n{}", quote(&place.below), python.unwrap_or_default())
            };
            let entries: String = several.iter().map(entry).collect();
            let matrix = format!("    strategy:\n      fail-fast: false\n      matrix:\n        include:\n{entries}");
            let all_named = several.iter().all(|place| place.python.is_some());
            let condition = if all_named { "" } else { "        if: matrix.python\n" };
            (matrix, Some(setup(condition, "${{ matrix.python }}")), "${{ matrix.path }}".to_owned())
        }
    };
    let python = python.unwrap_or_default();
    let action = action(&path);
    format!(
        r#"name: deploy rehearsal
on: [push, pull_request]
permissions:
  contents: read
jobs:
  shakedown:
    runs-on: ubuntu-24.04
{matrix}    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
{python}{action}"#
    )
}

/// The interpreter that the plan names.
fn python_of(request: &Request) -> Option<(u32, u32)> {
    let buildable = request.plan(&request.project().ok()?).ok()?.buildable().ok()?.ok()?;
    named(&buildable.plan)
}

fn named(plan: &Plan) -> Option<(u32, u32)> {
    let mise = plan.steps.iter().flat_map(|step| &step.packages.mise).find(|tool| tool.name == "python");
    // The package `python` of a list is mise's here; Nix' name alone would be its Python 2.
    let Some(mise) = mise else {
        let mut names = plan.steps.iter().flat_map(|step| step.packages.names());
        return names.find_map(python::wanted).map(|wanted| wanted.minor);
    };
    let mut numbers = mise.version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_below_the_root_is_named_in_the_workflow() {
        let place = |below: &str, python| Place {
            below: below.into(),
            folder: PathBuf::new(),
            request: Request::new(Path::new("")),
            python,
        };
        let written = workflow(&[place("services/bot", Some((3, 11)))]);
        assert!(
            written.contains("path: \"services/bot\"\n") && written.contains("python-version: \"3.11\"\n"),
            "{written}"
        );
        let written = workflow(&[place("api", Some((3, 11))), place("bot", None)]);
        let matrix = "        include:\n          - path: \"api\"\n            python: \"3.11\"\n          - path: \"bot\"\n    steps:\n";
        assert!(written.contains(matrix) && written.contains("        if: matrix.python\n"), "{written}");
    }
}
