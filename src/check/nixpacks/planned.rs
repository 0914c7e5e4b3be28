//! What the planner itself says: no plan, another language, no way to start.

use std::path::{Path, PathBuf};

use crate::builder::nixpacks::PlanError;
use crate::check::facts::Facts;
use crate::check::finding::{Check, Finding, Findings, append_line, error, note, set_key, warning};
use crate::finding::{Edit, Severity};
use crate::project::{InputError, Project, Source};

pub(crate) const INVALID_CONFIG: Check = error(
    "invalid-nixpacks-config",
    "nixpacks.toml or nixpacks.json does not parse, or a key has a value of the wrong type, and Nixpacks stops before it \
     plans anything. `cmds`, `nixPkgs` and their like are lists, even with one entry.",
);
const INVALID_RAILWAY: Check = error(
    "invalid-railway-config",
    "Railway refuses a deploy whose railway.toml or railway.json does not parse. A value of the wrong type is refused as well.",
);
const INVALID_PROCFILE: Check = error(
    "invalid-procfile",
    "Nixpacks reads a Procfile as YAML, so a colon followed by a blank inside a command, a tab, or a quote that is never closed \
     ends the build. Quote the whole command.",
);
const SOURCE_ENCODING: Check = error(
    "source-encoding",
    "Nixpacks searches every Python file of the project and gives up at the first that is not UTF-8. Save the file as UTF-8, or keep \
     it out of version control.",
);
pub(crate) const WSGI: Check = error(
    "django-wsgi-not-found",
    "With manage.py and the word django in a dependency file (a comment is enough) Nixpacks demands a WSGI_APPLICATION setting, \
     searching only files that .gitignore does not ignore. Without one there is no plan at all.",
);
const TOOL_VERSIONS: Check = error(
    "nixpacks-crashes",
    "Some inputs make Nixpacks itself crash instead of planning, for instance `python latest` or `python 3` in .tool-versions. The \
     build then ends with a Rust panic that does not name the file.",
);
const UNKNOWN_PROVIDER: Check = error(
    "unknown-provider",
    "`providers` names a language that Nixpacks does not have. The build ends before it has begun.",
);
pub(crate) const NO_PLAN: Check = error(
    "no-build-plan",
    "A builder detects Python by main.py, requirements.txt, pyproject.toml or Pipfile at the root. None is there: the root \
     directory is wrong, or the project sits in a sub-folder.",
);
const OTHER_PROVIDER: Check = error(
    "other-provider",
    "Nixpacks uses the first language whose files it finds, and Python comes late in its order. A package.json beside \
     requirements.txt makes a Node build without any Python.",
);
pub(crate) const NO_START: Check = error(
    "no-start-command",
    "Nothing says how the app starts, and Nixpacks then ends the build. It looks for main.py, a Procfile, a [start] \
     section, a Django project or a project name in pyproject.toml.",
);
const SUB_FOLDER: Check = note(
    "planned-sub-folder",
    "The root has nothing to plan and holds one folder only, so Nixpacks plans that folder. A second folder beside it, even .git, \
     ends this.",
);
const UNKNOWN_MANAGER: Check = warning(
    "unknown-package-manager",
    "NIXPACKS_PYTHON_PACKAGE_MANAGER knows auto, requirements, setuptools, poetry, pdm, uv, pipenv and skip. Anything else is \
     passed over with a warning that few people see.",
);
const UNREADABLE: Check =
    error("unreadable-file", "A file that decides the plan cannot be read. Nixpacks ends the build there.");

pub(super) const CHECKS: &[Check] = &[
    INVALID_CONFIG,
    INVALID_RAILWAY,
    INVALID_PROCFILE,
    SOURCE_ENCODING,
    WSGI,
    TOOL_VERSIONS,
    UNKNOWN_PROVIDER,
    NO_PLAN,
    OTHER_PROVIDER,
    NO_START,
    SUB_FOLDER,
    UNKNOWN_MANAGER,
    UNREADABLE,
];

/// The files any one of which makes a Python project.
const SIGNS: [&str; 4] = ["requirements.txt", "pyproject.toml", "Pipfile", "main.py"];
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

pub(super) fn look(facts: &Facts<'_>, findings: &mut Findings) {
    let derived = match facts.planned {
        Ok(derived) => derived,
        Err(error) => return findings.push(refused(facts, error)),
    };
    for warning in derived.warnings.iter().filter(|warning| warning.message.contains("package manager")) {
        let named = facts.variable("NIXPACKS_PYTHON_PACKAGE_MANAGER").unwrap_or_default();
        let found = UNKNOWN_MANAGER
            .found(format!("NIXPACKS_PYTHON_PACKAGE_MANAGER is {named}, which is no package manager of Nixpacks"))
            .help("auto, requirements, setuptools, poetry, pdm, uv, pipenv and skip are known");
        findings.push(found.at(warning.source.clone(), facts.line(&warning.source)));
    }
    if derived.is_empty() {
        return findings.push(no_plan(facts.project));
    }
    if derived.root != facts.project.root() {
        let place = folder(&facts.app);
        let message = format!("the folder that is planned is {}, the only one here", place.display());
        findings.push(SUB_FOLDER.found(message).at(Source::file(place), ""));
    }
    if derived.no_start_command() {
        findings.push(no_start(facts));
    }
}

fn refused(facts: &Facts<'_>, refusal: &PlanError) -> Finding {
    let because = refusal.because();
    let line = facts.line(&because);
    let finding = match refusal {
        PlanError::Input { error, .. } => return unreadable(facts, error, &line),
        PlanError::OtherProvider { names, because } => return other_provider(facts, names, because),
        PlanError::Panics { .. } if is_tool_versions(&because) => TOOL_VERSIONS
            .found(format!(
                "`{line}` in .tool-versions crashes Nixpacks: it expects at least a minor version, like 3.12"
            ))
            .help("write a version with major and minor number"),
        PlanError::Panics { message, .. } => {
            TOOL_VERSIONS.found(format!("Nixpacks crashes on this project: {message}"))
        }
        PlanError::Refused { messages, .. } => {
            let words = messages.join(": ");
            let check = if words.contains("WSGI_APPLICATION") {
                &WSGI
            } else if words.starts_with("Provider ") {
                &UNKNOWN_PROVIDER
            } else {
                &INVALID_CONFIG
            };
            check.found(format!("Nixpacks refuses to plan: {words}"))
        }
    };
    let finding = if is_tool_versions(&because) { pin_tool(finding, &because, &line) } else { finding };
    let advised = matches!(refusal, PlanError::Refused { messages, .. } if messages.iter().any(|m| m.contains("WSGI")));
    let finding = if advised { finding.help(wsgi_help(facts)) } else { finding };
    finding.at(because, line)
}

fn is_tool_versions(source: &Source) -> bool {
    matches!(source, Source::File { path, .. } if path.ends_with(".tool-versions"))
}

/// Only `python 3` says enough to be completed without guessing.
fn pin_tool(finding: Finding, because: &Source, line: &str) -> Finding {
    let Source::File { path, line: Some(number) } = because else { return finding };
    let edit =
        Edit::ReplaceLine { path: path.clone(), line: *number, was: line.to_owned(), text: "python 3.12".to_owned() };
    finding.fix("name a minor version", vec![edit])
}

fn wsgi_help(facts: &Facts<'_>) -> &'static str {
    let settings = |folder: &PathBuf| facts.app.has_file(folder.join("settings.py"));
    if facts.app.folders().iter().any(settings) {
        return "a settings.py is there: see that .gitignore does not ignore it, and that it says WSGI_APPLICATION = \"<project>.wsgi.application\"";
    }
    "give the settings a WSGI_APPLICATION, or, where this is no Django project, remove manage.py or the word django from the dependency files"
}

fn unreadable(facts: &Facts<'_>, error: &InputError, line: &str) -> Finding {
    let name = error.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let check = match name {
        "Procfile" => &INVALID_PROCFILE,
        "railway.toml" | "railway.json" => &INVALID_RAILWAY,
        _ if name.ends_with(".py") => &SOURCE_ENCODING,
        _ if name.ends_with(".toml") || name.ends_with(".json") => &INVALID_CONFIG,
        _ => &UNREADABLE,
    };
    let source = Source::File { path: error.path.clone(), line: error.line };
    let finding = check.found(format!("{name} cannot be used: {}", error.what.lines().next().unwrap_or_default()));
    let finding = finding.about(name).at(source, line);
    match error.line {
        Some(number) if *check == INVALID_PROCFILE => quote_command(finding, error, number, line),
        _ if *check == INVALID_CONFIG => make_lists(facts, finding),
        _ => finding,
    }
}

/// Single strings where Nixpacks wants lists.
fn make_lists(facts: &Facts<'_>, finding: Finding) -> Finding {
    let Some(file) = facts.config() else { return finding };
    let mut edits = Vec::new();
    for (phase, table) in file.members(&["phases"]) {
        for (name, value) in table.as_object().into_iter().flatten() {
            if let (true, Some(text)) = (super::keys::is_list(name), value.as_str()) {
                edits.push(set_key(&file.path, &["phases", phase, name], serde_json::json!([text])));
            }
        }
    }
    finding.fix("write lists in brackets", edits)
}

/// A line of a Procfile as it was meant: `name: command`, in quotes where YAML would read something into the command.
fn quote_command(finding: Finding, error: &InputError, number: usize, line: &str) -> Finding {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let command = rest.strip_prefix(':').unwrap_or(rest).trim();
    if name.is_empty() || command.is_empty() || rest.starts_with(": ") && is_quoted(command) {
        return finding;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./=$,+".contains(c);
    let command = match command.chars().all(|c| plain(c) || c == ':') && !command.contains(": ") {
        true => command.to_owned(),
        false => format!("'{}'", command.replace('\'', "''")),
    };
    let summary = match rest.strip_prefix(':') {
        Some(rest) if !rest.starts_with([' ', '\t']) => "put a blank behind the colon",
        Some(_) => "quote the command",
        None => "put a colon behind the name",
    };
    let text = format!("{name}: {command}");
    finding.fix(summary, vec![Edit::ReplaceLine { path: error.path.clone(), line: number, was: line.to_owned(), text }])
}

fn is_quoted(text: &str) -> bool {
    ['"', '\''].iter().any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote))
}

fn other_provider(facts: &Facts<'_>, names: &[String], because: &Source) -> Finding {
    let others: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != "python").collect();
    let others = others.join(" and ");
    let asked = facts.keyed(because).is_some() || matches!(because, Source::Variable(_) | Source::Flag(_));
    let finding = OTHER_PROVIDER.found(format!("{because} makes this a {others} build")).about(others);
    let finding = finding.at(because.clone(), "");
    if asked {
        let help = "plan it with --planner nixpacks: shakedown's own planner knows Python only";
        return finding.severity(Severity::Note).help(help);
    }
    let signs: Vec<&str> = SIGNS.into_iter().filter(|name| facts.app.has_file(name)).collect();
    if signs.is_empty() {
        return finding.severity(Severity::Note).help("nothing here says Python");
    }
    let finding = signs.iter().fold(finding, |finding, name| finding.at(facts.app.file(name), ""));
    let edit = match facts.config() {
        Some(config) => set_key(&config.path, &["providers"], serde_json::json!(["python"])),
        None => append_line(facts.app.place("nixpacks.toml"), r#"providers = ["python"]"#),
    };
    finding.fix("say that this is a Python project", vec![edit])
}

/// A project's folder as it is shown.
fn folder(project: &Project) -> PathBuf {
    let place: PathBuf = project.place("").components().collect();
    if place.as_os_str().is_empty() { PathBuf::from(".") } else { place }
}

fn no_plan(project: &Project) -> Finding {
    let folders = project.folders();
    let homes = project.folders_below(|folder| SIGNS.iter().any(|sign| project.has_file(folder.join(sign))));
    let homes: Vec<&Path> = homes.iter().map(PathBuf::as_path).collect();
    let entry = ENTRIES.into_iter().find(|name| project.has_file(name));
    let root = Source::file(folder(project));
    if let Some(entry) = entry {
        let finding = NO_PLAN.found(format!("{entry} alone does not make a Python project for Nixpacks"));
        let config = project.place("nixpacks.toml");
        let edits = vec![
            append_line(&config, r#"providers = ["python"]"#),
            append_line(&config, "[start]"),
            append_line(&config, format!("cmd = \"python {entry}\"")),
        ];
        let edits = if project.has_file("nixpacks.toml") { Vec::new() } else { edits };
        return finding
            .about(entry)
            .at(project.file(entry), "")
            .help("add a requirements.txt (an empty one is enough) and a start command")
            .fix(format!("name the provider and start {entry}"), edits);
    }
    match homes[..] {
        [] => NO_PLAN.found("nothing in this folder tells Nixpacks what to build").at(root, ""),
        [home] if home.components().count() > 1 => NO_PLAN
            .found(format!("the project is in {}, and Nixpacks looks no further than the root", home.display()))
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
        return finding
            .at(Source::file(folder(&facts.app)), "")
            .help("add a Procfile with `web: <command>`, or [start] with cmd to nixpacks.toml");
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
