//! Which branches a case went through, told from the reasons we give.

use std::path::Path;

use shakedown::builder::nixpacks::PlanError;
use shakedown::project::Source;

use crate::case::Case;
use crate::ours::Ours;

/// Every branch that the generators must reach.
pub(crate) const EXPECTED: &[&str] = &[
    "plan",
    "empty plan",
    "no start command",
    "planned in the only folder",
    "circular phases",
    "panic",
    "--json-plan",
    "providers []",
    "providers [python]",
    "providers [python python]",
    "other provider crystal",
    "other provider c#",
    "other provider dart",
    "other provider elixir",
    "other provider deno",
    "other provider f#",
    "other provider clojure",
    "other provider gleam",
    "other provider go",
    "other provider haskell",
    "other provider scheme",
    "other provider java",
    "other provider lunatic",
    "other provider scala",
    "other provider php",
    "other provider ruby",
    "other provider node",
    "other provider rust",
    "other provider swift",
    "other provider staticfile",
    "other provider zig",
    "other provider cobol",
    "other provider python+node",
    "provider by main.py",
    "provider by requirements.txt",
    "provider by pyproject.toml",
    "provider by Pipfile",
    "provider by nixpacks.toml",
    "provider by nixpacks.json",
    "provider by --json-plan",
    "python = 2.7",
    "python = 3.7",
    "python = 3.8",
    "python = 3.9",
    "python = 3.10",
    "python = 3.11",
    "python = 3.12",
    "python = 3.13",
    "python by variable",
    "python by nixpacks.toml",
    "python by .python-version",
    "python by runtime.txt",
    "python by Pipfile",
    "python by .tool-versions",
    "python by the default version",
    "package manager = requirements",
    "package manager = setuptools",
    "package manager = poetry",
    "package manager = pdm",
    "package manager = uv",
    "package manager = pipenv",
    "package manager = none",
    "package manager by requirements.txt",
    "package manager by pyproject.toml",
    "package manager by poetry.lock",
    "package manager by pdm.lock",
    "package manager by uv.lock",
    "package manager by Pipfile",
    "package manager by variable",
    "package manager by no file names dependencies",
    "phases.setup.nixPkgs = python3",
    "phases.setup.nixPkgs = gcc",
    "phases.setup.nixPkgs = pipenv",
    "phases.setup.nixPkgs = postgresql_16.dev",
    "phases.setup.nixPkgs = libmysqlclient.dev",
    "phases.setup.nixPkgs = ffmpeg-headless",
    "phases.setup.nixPkgs = poppler_utils",
    "phases.setup.nixPkgs = cowsay",
    "phases.setup.nixPkgs = []",
    "phases.setup.nixLibs = cairo",
    "phases.setup.nixLibs = zlib",
    "phases.setup.nixLibs = openssl",
    "nixPkgs by --pkgs",
    "nixPkgs by --json-plan",
    "nixPkgs by nixpacks.toml",
    "nixPkgs by nixpacks.json",
    "nixPkgs by variable",
    "nixLibs by --libs",
    "nixLibs by variable",
    "aptPkgs by --apt",
    "aptPkgs by variable",
    "aptPkgs by nixpacks.toml",
    "nixOverlays by --pkgs",
    "nixpkgsArchive by nixpacks.toml",
    "nixpkgsArchive by the default nixpkgs",
    "cmds by --install-cmd",
    "cmds by --build-cmd",
    "cmds by --json-plan",
    "cmds by variable",
    "cmds by nixpacks.toml",
    "cmds by Procfile",
    "cmds by nixpacks.json",
    "dependsOn by the usual order of phases",
    "dependsOn by release runs last",
    "cacheDirectories by variable",
    "cacheDirectories by nixpacks.toml",
    "paths by nixpacks.toml",
    "onlyIncludeFiles by pyproject.toml",
    "onlyIncludeFiles by nixpacks.toml",
    "cmd by main.py",
    "cmd by settings.py",
    "cmd by pyproject.toml",
    "cmd by Procfile",
    "cmd by variable",
    "cmd by nixpacks.toml",
    "cmd by --start-cmd",
    "cmd by --json-plan",
    "start = python manage.py",
    "start = python main.py",
    "start = python -m my-app",
    "start = python -m pkg",
    "start = python -m mod",
    "start = gunicorn app:app",
    "start = python worker.py",
    "start = python clock.py",
    "buildImage by the default build image",
    "buildImage by variable",
    "buildImage by nixpacks.toml",
    "runImage by nixpacks.toml",
    "user by nixpacks.toml",
    "txt by nixpacks.toml",
    "NIXPACKS_POETRY_VERSION by poetry.lock",
    "NIXPACKS_POETRY_VERSION by .tool-versions",
    "NIXPACKS_POETRY_VERSION by variable",
    "NIXPACKS_PDM_VERSION by pdm.lock",
    "NIXPACKS_UV_VERSION by uv.lock",
    "NIXPACKS_UV_VERSION by .tool-versions",
    "UV_PROJECT_ENVIRONMENT by uv.lock",
    "CARGO_PKG_NAME by variable",
    "A by nixpacks.toml",
    "A by variable",
    "unreadable nixpacks.toml",
    "unreadable nixpacks.json",
    "unreadable Procfile",
    "unreadable .python-version",
    "unreadable .tool-versions",
    "unreadable Pipfile",
    "unreadable settings.py",
    "unreadable main.py",
    "input: Failed to parse Nixpacks config file",
    "input: Failed to read Nixpacks config file",
    "input: Reading Procfile",
    "refused: Config file missing.toml",
    "refused: Unknown file type:",
    "refused: Provider nope not",
    "refused: Failed to find",
    "warning: Could not find",
    "warning: Warning: Unknown package",
    "warning: nixpacks does not",
];

pub(crate) fn labels(case: &Case, folder: &Path, ours: &Ours, reached: &mut dyn FnMut(&str)) {
    match ours {
        Err(PlanError::OtherProvider { names, .. }) => reached(&format!("other provider {}", names.join("+"))),
        Err(PlanError::Panics { .. }) => reached("panic"),
        Err(PlanError::Input { error, messages }) => {
            reached(&format!("unreadable {}", error.path.file_name().unwrap().to_string_lossy()));
            reached(&format!("input: {}", messages[0].split('`').next().unwrap().trim_end()));
        }
        Err(PlanError::Refused { messages, .. }) => reached(&format!("refused: {}", words(&messages[0], 3))),
        Ok(derived) => {
            reached(&format!("providers [{}]", derived.providers.join(" ")));
            for choice in &derived.choices {
                let interesting = ["python", "package manager", "phases.setup.nixPkgs", "phases.setup.nixLibs"];
                let source = source(&choice.because);
                if interesting.contains(&choice.what.as_str()) {
                    reached(&format!("{} = {}", choice.what, words(&choice.value, 2)));
                }
                if choice.what == "start.cmd" {
                    reached(&format!("start = {}", words(&choice.value, 2)));
                    reached(&format!("start = {}", words(&choice.value, 3)));
                }
                reached(&format!("{} by {source}", choice.what.split('.').next_back().unwrap()));
            }
            let empty = derived.is_empty();
            reached(if empty { "empty plan" } else { "plan" });
            if !empty && derived.no_start_command() {
                reached("no start command");
            }
            if derived.root != folder.canonicalize().unwrap() {
                reached("planned in the only folder");
            }
            if derived.plan.phases_in_order().is_err() {
                reached("circular phases");
            }
            for warning in &derived.warnings {
                reached(&format!("warning: {}", words(&warning.message, 3)));
            }
        }
    }
    if case.json_plan.is_some() {
        reached("--json-plan");
    }
}

fn words(text: &str, count: usize) -> String {
    text.split_whitespace().take(count).collect::<Vec<_>>().join(" ")
}

fn source(source: &Source) -> String {
    match source {
        Source::File { path, .. } => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        Source::Variable(_) => "variable".to_owned(),
        other => other.to_string(),
    }
}
