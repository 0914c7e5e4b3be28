//! `shakedown init`: what a project needs to be checked at every push.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};

use super::args::Planning;
use super::config;
use super::exit::{Exit, UsageError};
use super::output::{argument, hint, print, tell_written, warn};
use super::services::NO_START;
use super::version;
use crate::check::Facts;
use crate::finding::Edit;
use crate::fix::Patch;
use crate::fs::read_text;
use crate::plan::Plan;
use crate::project::{MAX_FILE, Repository};
use crate::rehearse::{Request, Service, services};
use crate::sandbox::{python, quoted};
use crate::scenario::schema_address;

const HOOKS: &str = ".pre-commit-config.yaml";
const WORKFLOWS: &str = ".github/workflows";
const WORKFLOW: &str = ".github/workflows/shakedown.yml";
const GITLAB: &str = ".gitlab-ci.yml";
/// Files that projects keep for what has to be set, with values that harm nobody.
const EXAMPLES: &[&str] = &[".env.rehearsal", ".env.example", ".env.sample", ".env.template", "example.env"];
/// What a file that names the tool has somewhere.
const NAME: &str = "shakedown";

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
    match hooks(&root, &belows)? {
        Hooks::Written(text) => write(HOOKS.into(), text),
        Hooks::ThereAlready => hint("there already:", &format!("a hook in {HOOKS}")),
        Hooks::ByHand => {
            let hook = hook(&belows, "  ");
            warn("note:", &format!("{HOOKS} does not end with its list of repos: add this there by hand\n{hook}"));
        }
    }
    if root.join(GITLAB).exists() {
        warn("note:", &format!("{GITLAB} is left alone; add this there by hand\n{}", gitlab_job(&belows)));
    } else if has_workflow(&root) {
        hint("there already:", &format!("a workflow in {WORKFLOWS}"));
    } else {
        write(WORKFLOW.into(), workflow(&places));
    }
    let mut patch = Patch::new(&root)?;
    patch.add(&edits).map_err(|refused| UsageError(refused.to_string()))?;
    if patch.is_empty() {
        hint("nothing to do:", "what it would write is there");
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

/// The folder itself, or the services below it where it is none: what no builder would build must fail at every push.
fn places(request: Request, folder: PathBuf, below: &Path) -> Result<Vec<Place>> {
    let planned = request.plan(&request.project()?)?;
    let problem = match planned.buildable() {
        Ok(Ok(buildable)) => {
            let python = named(&buildable.plan);
            return Ok(vec![Place { below: below.to_owned(), folder, request, python }]);
        }
        Ok(Err(refused)) => refused.lines.iter().find(|line| !line.trim().is_empty()).cloned().unwrap_or_default(),
        Err(error) => error.to_string(),
    };
    let is_python = |service: &Service| service.providers.iter().any(|provider| provider == "python");
    let found = services(&request)?.into_iter().filter(is_python);
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
        return Ok(vec![Place { below: below.to_owned(), folder, request, python: None }]);
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

/// Whether a workflow mentions the tool already.
fn has_workflow(root: &Path) -> bool {
    let found = root.join(WORKFLOWS).read_dir().into_iter().flatten().flatten();
    found.map(|entry| entry.path()).any(|file| read_text(&file, MAX_FILE).is_ok_and(|text| text.contains(NAME)))
}

#[derive(Debug, PartialEq, Eq)]
enum Hooks {
    Written(String),
    ThereAlready,
    ByHand,
}

/// The hooks with ours at the end of the list, comments and order as they are.
fn hooks(root: &Path, belows: &[&Path]) -> Result<Hooks> {
    let path = root.join(HOOKS);
    if !path.exists() {
        return Ok(Hooks::Written(format!("repos:\n{}", hook(belows, "  "))));
    }
    let text = read_text(&path, MAX_FILE).map_err(|error| UsageError(format!("{HOOKS}: {error}")))?;
    if text.contains(NAME) {
        return Ok(Hooks::ThereAlready);
    }
    Ok(appended(&text, belows).map_or(Hooks::ByHand, Hooks::Written))
}

/// Only where the list is the last thing in the file and each of its items a block.
fn appended(text: &str, belows: &[&Path]) -> Option<String> {
    let is_plain = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let lines: Vec<&str> = text.lines().filter(is_plain).collect();
    let last_key = lines.iter().rev().find(|line| !line.starts_with([' ', '-']))?;
    let item = lines.iter().skip_while(|line| !line.starts_with("repos:")).nth(1)?;
    let indent = &item[..item.len() - item.trim_start().len()];
    let is_list = last_key.trim_end() == "repos:" && item.trim_start().starts_with("- ");
    let written = format!("{}\n{}", text.trim_end_matches('\n'), hook(belows, indent));
    // Whatever else it was, it must still be what pre-commit reads.
    let read: serde_json::Value = serde_yaml_ng::from_str(&written).ok().filter(|_| is_list)?;
    let repos = read["repos"].as_array()?;
    (repos.last()?["hooks"][0]["id"] == "shakedown-check").then_some(written)
}

fn hook(belows: &[&Path], indent: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let of = |below: &&Path| {
        let text = |text: String| serde_json::Value::String(text);
        [
            "    - id: shakedown-check".to_owned(),
            format!(
                "      name: {}",
                if below.as_os_str().is_empty() {
                    "shakedown check".to_owned()
                } else {
                    text(format!("shakedown check {}", below.display())).to_string()
                }
            ),
            format!("      entry: {}", text(command("check", below))),
            "      language: python".to_owned(),
            format!("      additional_dependencies: [shakedown-cli=={version}]"),
            "      pass_filenames: false".to_owned(),
            "      always_run: true".to_owned(),
        ]
    };
    let head = ["- repo: local", "  hooks:"].map(str::to_owned);
    head.into_iter().chain(belows.iter().flat_map(of)).map(|line| format!("{indent}{line}\n")).collect()
}

/// The command for the project below the root.
fn command(name: &str, below: &Path) -> String {
    match below.as_os_str().is_empty() {
        true => format!("shakedown {name}"),
        false => format!("shakedown {name} {}", quoted(below)),
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

/// One job, or one for each of several services.
fn workflow(places: &[Place]) -> String {
    let quote = |below: &Path| {
        let path = if below.as_os_str().is_empty() { Path::new(".") } else { below };
        serde_json::Value::String(path.to_string_lossy().into_owned()).to_string()
    };
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
    let action = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    let version = env!("CARGO_PKG_VERSION");
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
{python}      - uses: {action}@v{version}
        with:
          path: {path}
"#
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
    fn the_hook_goes_to_the_end_of_the_list_and_comments_stay() {
        for indent in ["", "  ", "    "] {
            let text = format!(
                "# ours\nrepos:\n{indent}- repo: https://example.com/x\n{indent}  rev: v1 # pinned\n{indent}  hooks: [{{id: x}}]\n"
            );
            let written = appended(&text, &[Path::new("")]).unwrap();
            assert!(written.starts_with(&text), "{written}");
            assert!(written.contains(&format!("\n{indent}- repo: local\n")), "{written}");
        }
    }

    #[test]
    fn a_file_of_another_shape_is_left_to_its_owner() {
        for text in [
            "repos: []\n",
            "repos:\n  - repo: x\n    hooks: []\nfail_fast: true\n",
            "fail_fast: true\n",
            "repos: [{repo: local}]\n",
        ] {
            assert_eq!(appended(text, &[Path::new("")]), None, "{text}");
        }
    }

    #[test]
    fn a_project_below_the_root_is_named_in_hook_and_workflow() {
        assert!(hook(&[Path::new("services/my bot")], "").contains("entry: \"shakedown check 'services/my bot'\"\n"));
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
