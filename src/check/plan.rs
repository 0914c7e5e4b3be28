//! Projects that a builder has no plan for, or no way to start.

use std::path::{Path, PathBuf};

use super::facts::Facts;
use super::facts::imports::foreign;
use super::facts::keyed::Keyed;
use super::facts::reach::from_started;
use super::facts::started::Started;
use super::facts::target::made_by;
use super::finding::{Check, Finding, Findings, append_line, error, set_key};
use super::misspelt;
use crate::builder::BuilderKind;
use crate::catalog::modules::{self, Role};
use crate::finding::Edit;
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
        return entry_alone(facts, entry);
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

/// A file that starts the app, and none that makes it a project.
fn entry_alone(facts: &Facts<'_>, entry: &str) -> Finding {
    let (project, builder) = (facts.project, facts.builder());
    let finding = NO_PLAN.found(format!("{entry} alone does not make a Python project for {builder}"));
    let finding = finding.about(entry).at(project.file(entry), "");
    let entry_itself = Started { base: PathBuf::new(), path: entry.into(), is_script: true };
    let reached = from_started(project, [entry_itself]);
    let imports = foreign(project, &reached);
    let mut known: Vec<&str> = Vec::new();
    let mut unknown: Vec<&str> = Vec::new();
    for import in imports.iter().filter(|import| !import.is_caught) {
        let list = match modules::distribution(&import.name) {
            Some(_) => &mut known,
            None => &mut unknown,
        };
        let top = import.name.split('.').next().unwrap_or_default();
        let name = modules::distribution(&import.name).unwrap_or(top);
        if !list.contains(&name) {
            list.push(name);
        }
    }
    let code = project.read_text(entry).unwrap_or_default();
    let served = SERVED.iter().find(|(made, ..)| !made_by(&code, made).is_empty());
    known.extend(
        served.map(|(_, server, _)| *server).filter(|server| !code.contains(".run(") && !known.contains(server)),
    );
    // How another framework's app is started is known once there is a plan.
    let is_plain = served.is_some() || !imports.iter().any(|import| modules::role(&import.name) == Some(Role::Web));
    let command = start_of(project, entry, &known.join(" "));
    let list = match (&known[..], &unknown[..]) {
        ([], []) => {
            "a requirements.txt (it imports nothing that is to be installed, so an empty one is enough)".to_owned()
        }
        ([line], []) => format!("a requirements.txt with the line {line}"),
        (known, []) => format!("a requirements.txt with the lines {}", known.join(", ")),
        ([], unknown) => format!("a requirements.txt with what brings {}", unknown.join(", ")),
        (known, unknown) => {
            format!("a requirements.txt with the lines {}, and what brings {}", known.join(", "), unknown.join(", "))
        }
    };
    let start = if is_plain { format!("a Procfile with `web: {command}`") } else { "a start command".to_owned() };
    let finding = finding.help(format!("add {list}, and {start}"));
    if !unknown.is_empty() || !is_plain {
        return finding;
    }
    let mut edits = vec![append_line(project.place("Procfile"), format!("web: {command}"))];
    match known.is_empty() {
        true => {
            edits.push(Edit::WriteFile { path: project.place(SIGNS[0]), text: "# Nothing to install\n".to_owned() });
        }
        false => edits.extend(known.iter().map(|line| append_line(project.place(SIGNS[0]), *line))),
    }
    finding.fix(format!("write its requirements down and start it with `{command}`"), edits)
}

fn no_start(facts: &Facts<'_>) -> Finding {
    let finding = NO_START.found("nothing says how the app starts");
    if let Some(file) = misspelt::procfile(facts) {
        let edits = misspelt::renamed(&facts.app, &file, "Procfile");
        return finding.about(&file).at(facts.app.file(&file), "").fix(format!("rename {file} to Procfile"), edits);
    }
    if let Some((source, command)) = of_nixpacks(facts) {
        let (builder, start) = (facts.builder(), command.replace(BuilderKind::Nixpacks.venv(), facts.builder().venv()));
        let edit = set_key(&facts.app.place(builder.config_file()), builder.start_key(), start.clone());
        let finding = finding.about(source.to_string()).at(source.clone(), facts.line(&source));
        return finding.fix(format!("start `{start}`, as {source} says to Nixpacks"), vec![edit]);
    }
    let Some((entry, command)) = django(facts).or_else(|| at_root(facts)).or_else(|| in_a_folder(facts)) else {
        return finding.at(Source::file(folder(&facts.app)), "").help(format!(
            "add a Procfile with `web: <command>`, or a start command to {}",
            facts.config_path().display()
        ));
    };
    let edit = append_line(facts.app.place("Procfile"), format!("web: {command}"));
    let about = entry.display().to_string();
    finding.about(about).at(facts.app.file(&entry), "").fix(format!("start it with `{command}`"), vec![edit])
}

/// The start command of Nixpacks' configuration, where Railpack builds and does not read it.
fn of_nixpacks(facts: &Facts<'_>) -> Option<(Source, String)> {
    match facts.builder() {
        BuilderKind::Nixpacks => return None,
        BuilderKind::Railpack => {}
    }
    let name = BuilderKind::Nixpacks.config_files().iter().find(|name| facts.app.has_file(name))?;
    let (config, key) = (Keyed::read(&facts.app, Path::new(name))?, BuilderKind::Nixpacks.start_key());
    let command = config.str(key).map(str::to_owned).filter(|command| !command.trim().is_empty())?;
    Some((config.source(key), command))
}

/// A Django project that the builder did not take for one: Nixpacks looks for the word in the root's own requirements.txt, and not in
/// the lists that it includes.
fn django(facts: &Facts<'_>) -> Option<(PathBuf, String)> {
    let is_served = facts.app.has_file("manage.py") && installs(facts, "gunicorn");
    let folders = facts.app.folders_below(|folder| is_served && facts.app.has_file(folder.join("wsgi.py")));
    let [folder] = &folders[..] else { return None };
    let module = folder.join("wsgi").display().to_string().replace('/', ".");
    Some((folder.join("wsgi.py"), format!("gunicorn {module}")))
}

/// The file of the root that people name so.
fn at_root(facts: &Facts<'_>) -> Option<(PathBuf, String)> {
    let entry = ENTRIES.into_iter().find(|name| facts.app.has_file(name))?;
    let installed: Vec<&str> =
        SERVED.iter().map(|(_, server, _)| *server).filter(|server| installs(facts, server)).collect();
    Some((PathBuf::from(entry), start_of(&facts.app, entry, &installed.join(" "))))
}

/// The only web app in a folder of the root.
fn in_a_folder(facts: &Facts<'_>) -> Option<(PathBuf, String)> {
    let files = facts
        .app
        .folders()
        .into_iter()
        .flat_map(|folder| ["main.py", "app.py", "wsgi.py"].map(|name| folder.join(name)));
    let found = files.filter(|file| facts.app.has_file(file)).filter_map(|file| {
        let code = facts.app.read_text(&file).ok()?;
        let (made, server, command) = SERVED.iter().find(|(made, ..)| !made_by(&code, made).is_empty())?;
        let app = made_by(&code, made).into_iter().next().filter(|_| installs(facts, server))?;
        let module = file.with_extension("").display().to_string().replace('/', ".");
        Some((file, command.replace("{app}", &format!("{module}:{app}"))))
    });
    match &found.collect::<Vec<_>>()[..] {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// Whether requirements.txt, or a list that it includes, names a distribution.
fn installs(facts: &Facts<'_>, name: &str) -> bool {
    facts.requirements().of(name).next().is_some()
}

/// What makes an app, the server that it is written for, and how that is started.
const SERVED: &[(&str, &str, &str)] =
    &[("FastAPI", "uvicorn", "uvicorn {app} --host 0.0.0.0 --port $PORT"), ("Flask", "gunicorn", "gunicorn {app}")];

/// The command that starts a file, with the server it is written for where that is installed.
fn start_of(app: &Project, entry: &str, installed: &str) -> String {
    let code = app.read_text(entry).unwrap_or_default();
    let module = entry.trim_end_matches(".py");
    for (made, server, command) in SERVED {
        if let Some(name) = made_by(&code, made).first()
            && installed.contains(server)
        {
            return command.replace("{app}", &format!("{module}:{name}"));
        }
    }
    format!("python {entry}")
}
