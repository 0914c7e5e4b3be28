//! `shakedown init`: what a project needs to be checked at every push.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};

use super::args::Planning;
use super::config;
use super::exit::{Exit, UsageError};
use super::output::{hint, print, warn};
use crate::check::Facts;
use crate::finding::Edit;
use crate::fix::Patch;
use crate::fs::read_text;
use crate::plan::Plan;
use crate::project::{MAX_FILE, Project, Repository};
use crate::rehearse::Request;
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

pub(super) fn run(args: &Args) -> Result<Exit> {
    let request = args.planning.request(&args.planning.config()?)?;
    let project = Project::open(&request.path)?;
    let folder = args.planning.path.canonicalize()?;
    let (root, below) = match Repository::around(&folder) {
        Some(repository) => (repository.root.clone(), repository.way_to(&folder)),
        None => (folder.clone(), PathBuf::new()),
    };
    let mut edits: Vec<Edit> = Vec::new();
    let mut write = |path: PathBuf, text: String| edits.push(Edit::WriteFile { path, text });
    if folder.join(config::NAME).exists() {
        hint("there already:", &below.join(config::NAME).display().to_string());
    } else if let Some(text) = settings(&args.planning, &request, &project, &folder)? {
        write(below.join(config::NAME), text);
    }
    match hooks(&root, &below)? {
        Hooks::Written(text) => write(HOOKS.into(), text),
        Hooks::ThereAlready => hint("there already:", &format!("a hook in {HOOKS}")),
        Hooks::ByHand => {
            let hook = hook(&below, "  ");
            warn("note:", &format!("{HOOKS} does not end with its list of repos: add this there by hand\n{hook}"));
        }
    }
    if root.join(GITLAB).exists() {
        warn("note:", &format!("{GITLAB} is left alone; add this there by hand\n{}", gitlab_job(&below)));
    } else if has_workflow(&root) {
        hint("there already:", &format!("a workflow in {WORKFLOWS}"));
    } else {
        write(WORKFLOW.into(), workflow(&below, python_of(&request, &project)));
    }
    let mut patch = Patch::new(&root)?;
    patch.add(&edits).map_err(|refused| UsageError(refused.to_string()))?;
    if patch.is_empty() {
        hint("nothing to do:", "what it would write is there");
        return Ok(Exit::Works);
    }
    if !args.apply {
        print(&patch.diff())?;
        hint("next:", "shakedown init --apply writes it");
        return Ok(Exit::Works);
    }
    patch.apply()?;
    print(&patch.files().map(|file| format!("wrote {}\n", file.display())).collect::<String>())?;
    Ok(Exit::Works)
}

/// shakedown.toml, where the project needs one: what is not as it is by default, and nothing else.
fn settings(planning: &Planning, request: &Request, project: &Project, folder: &Path) -> Result<Option<String>> {
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
    let planned = request.plan(project)?;
    let is_short = || !Facts::new(project, &request.deploy, &planned).unset_variables().is_empty();
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
fn hooks(root: &Path, below: &Path) -> Result<Hooks> {
    let path = root.join(HOOKS);
    if !path.exists() {
        return Ok(Hooks::Written(format!("repos:\n{}", hook(below, "  "))));
    }
    let text = read_text(&path, MAX_FILE).map_err(|error| UsageError(format!("{HOOKS}: {error}")))?;
    if text.contains(NAME) {
        return Ok(Hooks::ThereAlready);
    }
    Ok(appended(&text, below).map_or(Hooks::ByHand, Hooks::Written))
}

/// Only where the list is the last thing in the file and each of its items a block.
fn appended(text: &str, below: &Path) -> Option<String> {
    let is_plain = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let lines: Vec<&str> = text.lines().filter(is_plain).collect();
    let last_key = lines.iter().rev().find(|line| !line.starts_with([' ', '-']))?;
    let item = lines.iter().skip_while(|line| !line.starts_with("repos:")).nth(1)?;
    let indent = &item[..item.len() - item.trim_start().len()];
    let is_list = last_key.trim_end() == "repos:" && item.trim_start().starts_with("- ");
    let written = format!("{}\n{}", text.trim_end_matches('\n'), hook(below, indent));
    // Whatever else it was, it must still be what pre-commit reads.
    let read: serde_json::Value = serde_yaml_ng::from_str(&written).ok().filter(|_| is_list)?;
    let repos = read["repos"].as_array()?;
    (repos.last()?["hooks"][0]["id"] == "shakedown-check").then_some(written)
}

fn hook(below: &Path, indent: &str) -> String {
    let entry = serde_json::Value::String(command("check", below));
    let version = env!("CARGO_PKG_VERSION");
    let lines = [
        "- repo: local".to_owned(),
        "  hooks:".to_owned(),
        "    - id: shakedown-check".to_owned(),
        "      name: shakedown check".to_owned(),
        format!("      entry: {entry}"),
        "      language: python".to_owned(),
        format!("      additional_dependencies: [shakedown-cli=={version}]"),
        "      pass_filenames: false".to_owned(),
        "      always_run: true".to_owned(),
    ];
    lines.map(|line| format!("{indent}{line}\n")).concat()
}

/// The command for the project below the root.
fn command(name: &str, below: &Path) -> String {
    match below.as_os_str().is_empty() {
        true => format!("shakedown {name}"),
        false => format!("shakedown {name} {}", quoted(below)),
    }
}

fn gitlab_job(below: &Path) -> String {
    let (version, line) = (env!("CARGO_PKG_VERSION"), serde_json::Value::String(command("check", below)));
    format!(
        "shakedown:\n  image: python:3\n  script:\n    - pip install shakedown-cli=={version}\n    - {line}\n\
         docs/ci.md of shakedown has one that rehearses the deploy\n"
    )
}

fn workflow(below: &Path, python: Option<(u32, u32)>) -> String {
    let path = if below.as_os_str().is_empty() { Path::new(".") } else { below };
    let path = serde_json::Value::String(path.to_string_lossy().into_owned());
    let action = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    let version = env!("CARGO_PKG_VERSION");
    let python = python.map(|(major, minor)| {
        format!("      - uses: actions/setup-python@v5\n        with:\n          python-version: \"{major}.{minor}\"\n")
    });
    let python = python.unwrap_or_default();
    format!(
        r#"name: deploy rehearsal
on: [push, pull_request]
permissions:
  contents: read
jobs:
  shakedown:
    runs-on: ubuntu-24.04
    steps:
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
fn python_of(request: &Request, project: &Project) -> Option<(u32, u32)> {
    let buildable = request.plan(project).ok()?.buildable().ok()?.ok()?;
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
            let written = appended(&text, Path::new("")).unwrap();
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
            assert_eq!(appended(text, Path::new("")), None, "{text}");
        }
    }

    #[test]
    fn a_project_below_the_root_is_named_in_hook_and_workflow() {
        assert!(hook(Path::new("services/my bot"), "").contains("entry: \"shakedown check 'services/my bot'\"\n"));
        let written = workflow(Path::new("services/bot"), Some((3, 11)));
        assert!(
            written.contains("path: \"services/bot\"\n") && written.contains("python-version: \"3.11\"\n"),
            "{written}"
        );
    }
}
