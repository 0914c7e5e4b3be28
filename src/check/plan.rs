//! Projects that a builder has no plan for, or no way to start.

use std::path::{Path, PathBuf};

use super::facts::Facts;
use super::finding::{Check, Finding, Findings, append_line, error};
use crate::builder::BuilderKind;
use crate::project::{Project, Source};

pub(crate) const NO_PLAN: Check = error(
    "no-build-plan",
    "A builder detects Python by main.py, requirements.txt, pyproject.toml or Pipfile at the root. None is there: the root \
     directory is wrong, or the project sits in a sub-folder.",
);
pub(crate) const NO_START: Check = error(
    "no-start-command",
    "Nothing says how the app starts, and the build then ends. Nixpacks looks for main.py, a Procfile, a [start] section, a Django project or a \
     project name in pyproject.toml; Railpack for one of six main files, a Procfile, a web framework, a Django project or deploy.startCommand.",
);

pub(super) const CHECKS: &[Check] = &[NO_PLAN, NO_START];

/// The files any one of which makes a Python project.
pub(super) const SIGNS: [&str; 4] = ["requirements.txt", "pyproject.toml", "Pipfile", "main.py"];
/// Names that people give to the file that starts their app.
const ENTRIES: [&str; 10] = [
    "app.py",
    "bot.py",
    "server.py",
    "run.py",
    "start.py",
    "api.py",
    "index.py",
    "application.py",
    "hello.py",
    "__main__.py",
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.plans_nothing() {
        findings.push(no_plan(facts));
    } else if facts.lacks_start() {
        findings.push(no_start(facts));
    }
}

/// A project's folder as it is shown.
pub(super) fn folder(project: &Project) -> PathBuf {
    let place: PathBuf = project.place("").components().collect();
    if place.as_os_str().is_empty() { PathBuf::from(".") } else { place }
}

fn no_plan(facts: &Facts<'_>) -> Finding {
    let (project, builder) = (facts.project, facts.builder());
    let folders = project.folders();
    let homes = project.folders_below(|folder| SIGNS.iter().any(|sign| project.has_file(folder.join(sign))));
    let homes: Vec<&Path> = homes.iter().map(PathBuf::as_path).collect();
    let entry = ENTRIES.into_iter().find(|name| project.has_file(name));
    let root = Source::file(folder(project));
    if let Some(entry) = entry {
        let finding = NO_PLAN.found(format!("{entry} alone does not make a Python project for {builder}"));
        let config = project.place("nixpacks.toml");
        let edits = vec![
            append_line(&config, r#"providers = ["python"]"#),
            append_line(&config, "[start]"),
            append_line(&config, format!("cmd = \"python {entry}\"")),
        ];
        let edits = match builder {
            BuilderKind::Nixpacks if !project.has_file("nixpacks.toml") => edits,
            BuilderKind::Nixpacks | BuilderKind::Railpack => Vec::new(),
        };
        return finding
            .about(entry)
            .at(project.file(entry), "")
            .help("add a requirements.txt (an empty one is enough) and a start command")
            .fix(format!("name the provider and start {entry}"), edits);
    }
    match homes[..] {
        [] => NO_PLAN.found(format!("nothing in this folder tells {builder} what to build")).at(root, ""),
        [home] if home.components().count() > 1 => NO_PLAN
            .found(format!("the project is in {}, and {builder} looks no further than the root", home.display()))
            .at(project.file(home), "")
            .help(format!("set the service's root directory to {}", home.display())),
        [home] => {
            let beside: Vec<_> =
                folders.iter().filter(|folder| *folder != home).map(|f| f.display().to_string()).collect();
            let message = format!(
                "the project is in {}, and {} beside it keeps Nixpacks from looking there",
                home.display(),
                beside.join(", ")
            );
            let message = if beside.is_empty() { format!("the project is in {}", home.display()) } else { message };
            NO_PLAN
                .found(message)
                .at(project.file(home), "")
                .help(format!("set the service's root directory to {}", home.display()))
        }
        _ => {
            let names = homes.iter().map(|home| home.display().to_string()).collect::<Vec<_>>().join(", ");
            let finding = NO_PLAN.found(format!("several folders hold a project, the root holds none: {names}"));
            let finding = homes.iter().fold(finding, |finding, home| finding.at(project.file(home), ""));
            finding.help("make a service of each, with its root directory set")
        }
    }
}

fn no_start(facts: &Facts<'_>) -> Finding {
    let finding = NO_START.found("nothing says how the app starts");
    let Some(entry) = ENTRIES.into_iter().find(|name| facts.app.has_file(name)) else {
        return finding.at(Source::file(folder(&facts.app)), "").help(format!(
            "add a Procfile with `web: <command>`, or a start command to {}",
            facts.config_path().display()
        ));
    };
    let command = start_of(&facts.app, entry);
    let edit = append_line(facts.app.place("Procfile"), format!("web: {command}"));
    finding.about(entry).at(facts.app.file(entry), "").fix(format!("start it with `{command}`"), vec![edit])
}

/// The command that starts a file, with the server it is written for where that is installed.
fn start_of(app: &Project, entry: &str) -> String {
    let code = app.read_text(entry).unwrap_or_default();
    let installed = app.read_text("requirements.txt").unwrap_or_default().to_lowercase();
    let module = entry.trim_end_matches(".py");
    for (made, server, command) in [
        ("= FastAPI(", "uvicorn", "uvicorn {app} --host 0.0.0.0 --port $PORT"),
        ("= Flask(", "gunicorn", "gunicorn {app}"),
    ] {
        let name = code.lines().find_map(|line| Some(line.split_once(made)?.0.trim()));
        if let Some(name) = name.filter(|name| !name.is_empty() && !name.contains([' ', '#', '.']))
            && installed.contains(server)
        {
            return command.replace("{app}", &format!("{module}:{name}"));
        }
    }
    format!("python {entry}")
}
