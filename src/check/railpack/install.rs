//! What Railpack installs, and from which files.

use std::path::Path;

use crate::builder::RailpackAnswer;
use crate::builder::railpack::{CONFIG_FILE, Command, Step};
use crate::check::Check;
use crate::check::facts::pdm;
use crate::check::finding::{Finding, Findings, error, set_key};
use crate::check::nixpacks::lock::of_broken_pdm;
use crate::finding::Edit;
use crate::project::pyproject::Pyproject;
use crate::project::requirements::{Origin, Requirements};
use crate::project::{Project, Source};

pub(crate) const NOTHING: Check = error(
    "railpack-nothing-installed",
    "Railpack installs from requirements.txt, from a Pipfile, or from pyproject.toml with uv.lock, poetry.lock or pdm.lock. A pyproject.toml \
     alone makes it install nothing, where Nixpacks runs `pip install .`.",
);
pub(crate) const NOT_COPIED: Check = error(
    "railpack-requirement-not-copied",
    "Before it installs, Railpack copies the manifests of the root and no other file, unless requirements.txt names something by file://. \
     A file or folder that requirements.txt leads to is not there yet.",
);

pub(super) const CHECKS: &[Check] = &[NOTHING, NOT_COPIED];

const REQUIREMENTS: &str = "requirements.txt";

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    let Some(plan) = &answer.planned.plan else { return };
    let Some(install) = plan.steps.iter().find(|step| step.name == "install") else { return };
    let commands = || plan.steps.iter().flat_map(|step| &step.commands).filter_map(line);
    let installs = |line: &str| line.contains("install ") || line.contains("sync");
    if !commands().any(|line| installs(line) && !line.starts_with("playwright")) {
        findings.extend(nothing(project));
    }
    if install.commands.iter().filter_map(line).any(|line| line.contains("pip install -r requirements.txt")) {
        not_copied(project, install, findings);
    }
    let pdm = answer.planned.packages.iter().find(|package| package.name == "pipx:pdm");
    if let Some(package) = pdm.filter(|package| pdm::is_broken(&package.version)) {
        findings.push(
            of_broken_pdm(&package.version, project)
                .help("commit a requirements.txt (`pdm export --prod -o requirements.txt`), which Railpack installs instead of the lock"),
        );
    }
}

fn line(command: &Command) -> Option<&str> {
    match command {
        Command::Exec { cmd, name } if !cmd.starts_with("apt-get") && cmd != "mise install" => {
            (!name.starts_with("install apt packages")).then_some(cmd)
        }
        _ => None,
    }
}

/// What pyproject.toml asks for, where nobody installs it. What cannot be read is told by who reads it.
fn nothing(project: &Project) -> Option<Finding> {
    let file = Pyproject::read(project).ok()??;
    let listed = file.dependencies.first().map(|first| first.line);
    let by_poetry = file.poetry.as_ref().and_then(|poetry| poetry.dependencies.first()).map(|first| first.line);
    let line = listed.or(by_poetry)?;
    let source = project.line("pyproject.toml", Some(line));
    let text = project.read_text("pyproject.toml").ok()?;
    let finding = NOTHING
        .found("nothing of pyproject.toml is installed, for want of a lock file")
        .at(source, text.lines().nth(line.saturating_sub(1)).unwrap_or_default())
        .help("commit the lock of its manager (`uv lock`, `poetry lock`, `pdm lock`), or a requirements.txt");
    // What an install step of the author's own would need is theirs to say.
    Some(match !project.has_file(CONFIG_FILE) {
        true => finding.fix("install the project with pip, as Nixpacks does", vec![by_pip()]),
        false => finding,
    })
}

/// railpack.json with an install step that has pip install the project itself.
pub(crate) fn by_pip() -> Edit {
    let commands = serde_json::json!([
        { "src": ".", "dest": "." },
        "python -m venv /app/.venv",
        { "path": "/app/.venv/bin" },
        "pip install ."
    ]);
    set_key(Path::new(CONFIG_FILE), &["steps", "install", "commands"], commands)
}

/// A file or folder that pip is led to.
struct Target {
    named: String,
    /// Relative to the project.
    path: String,
    source: Source,
}

fn targets(project: &Project) -> Vec<Target> {
    let found = Requirements::read(project, Path::new(REQUIREMENTS));
    let included = found.includes.iter().map(|include| Target {
        named: include.named.clone(),
        path: include.path.to_string_lossy().into_owned(),
        source: include.source.clone(),
    });
    let local = found.packages.iter().filter_map(|entry| match &entry.requirement.origin {
        Origin::Path(place) if !place.starts_with("file:") => {
            // `.[extra]` and `./x # egg` lead to the folder before them.
            let path = place.split(['[', '#']).next().unwrap_or(place).trim();
            let path = path.trim_start_matches("./").trim_end_matches('/');
            let path = if path.is_empty() { "." } else { path };
            Some(Target { named: place.clone(), path: path.to_owned(), source: entry.source() })
        }
        _ => None,
    });
    included.chain(local).collect()
}

/// Whether a step has the path when its commands run.
fn has(step: &Step, path: &str) -> bool {
    let covers = |taken: &str| {
        let taken = taken.trim_start_matches("./").trim_end_matches('/');
        taken == "." || taken.is_empty() || Path::new(path).starts_with(taken)
    };
    let by_input = step.inputs.iter().filter(|input| input.local).flat_map(|input| &input.include);
    let by_copy = step.commands.iter().filter_map(|command| match command {
        Command::Copy { image, src, .. } if image.is_empty() => Some(src),
        _ => None,
    });
    by_input.chain(by_copy).any(|taken| covers(taken))
}

fn not_copied(project: &Project, install: &Step, findings: &mut Findings) {
    let root = project.file(REQUIREMENTS);
    let names_root = |source: &Source| matches!((source, &root), (Source::File { path, .. }, Source::File { path: root, .. }) if path == root);
    // What a file leads to that is not there itself is the next step of the same fault.
    for target in targets(project).into_iter().filter(|target| names_root(&target.source)) {
        // What lies outside of the deployed folder is a fault of its own, and no copy brings it.
        if has(install, &target.path) || target.path.starts_with("..") {
            continue;
        }
        let line = match &target.source {
            Source::File { line: Some(line), .. } => *line,
            _ => 0,
        };
        let text = project.read_text(REQUIREMENTS).unwrap_or_default();
        let is_there = target.path == "." || project.has_file(&target.path) || project.has_folder(&target.path);
        let finding = NOT_COPIED
            .found(format!("{} is not there yet when Railpack installs", target.named))
            .about(target.named.clone())
            .at(target.source.clone(), text.lines().nth(line.saturating_sub(1)).unwrap_or_default())
            .likely()
            .help(format!(
                "write what {} lists into requirements.txt itself, or let railpack.json's steps.install copy it first",
                target.named
            ));
        let edits = if is_there { copied_first(project, install, &target) } else { Vec::new() };
        let summary = format!("copy {} before the installation", target.path);
        findings.push(finding.fix(summary, edits));
    }
}

/// Lets the install step begin with a file of the project and all that it leads to, where no configuration says how it goes.
fn copied_first(project: &Project, install: &Step, target: &Target) -> Vec<Edit> {
    if project.has_file(CONFIG_FILE) && project.read_text(CONFIG_FILE).is_ok_and(|text| text.contains("\"install\"")) {
        return Vec::new();
    }
    let found = Requirements::read(project, Path::new(&target.path));
    let further = found.includes.iter().map(|include| include.path.to_string_lossy().into_owned());
    let mut paths = vec![target.path.clone()];
    for path in further.filter(|path| !has(install, path) && !path.starts_with("..") && project.has_file(path)) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let copies = paths.iter().map(|path| serde_json::json!({ "src": path, "dest": path }));
    let commands: Vec<serde_json::Value> = copies.chain(["...".into()]).collect();
    vec![set_key(&project.place(CONFIG_FILE), &["steps", "install", "commands"], commands)]
}
