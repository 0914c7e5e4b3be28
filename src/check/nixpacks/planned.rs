//! What the planner itself says: no plan, another language, no way to start.

use std::path::PathBuf;

use crate::builder::nixpacks::PlanError;
use crate::check::facts::Facts;
use crate::check::finding::{Check, Finding, Findings, append_line, error, note, replace_line, set_key, warning};
use crate::check::plan;
use crate::finding::{Edit, Severity};
use crate::project::{InputError, Source};

pub(crate) const INVALID_CONFIG: Check = error(
    "invalid-nixpacks-config",
    "nixpacks.toml or nixpacks.json does not parse, or a key has a value of the wrong type, and Nixpacks stops before it \
     plans anything. `cmds`, `nixPkgs` and their like are lists, even with one entry.",
);
const INVALID_RAILWAY: Check = error(
    "invalid-railway-config",
    "Railway refuses a deploy whose railway.toml or railway.json does not parse. A value of the wrong type is refused as well.",
);
pub(crate) const INVALID_PROCFILE: Check = error(
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
pub(in crate::check) const OTHER_PROVIDER: Check = error(
    "other-provider",
    "A builder uses the first language whose files it finds, and Python comes late in the order. For Nixpacks a package.json beside \
     requirements.txt makes a Node build without any Python, for Railpack a go.mod a Go build.",
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
    OTHER_PROVIDER,
    SUB_FOLDER,
    UNKNOWN_MANAGER,
    UNREADABLE,
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let derived = match facts.nixpacks() {
        Some(Ok(derived)) => derived,
        Some(Err(error)) => return findings.push(refused(facts, error)),
        None => return,
    };
    for warning in derived.warnings.iter().filter(|warning| warning.message.contains("package manager")) {
        let named = facts.variable("NIXPACKS_PYTHON_PACKAGE_MANAGER").unwrap_or_default();
        let found = UNKNOWN_MANAGER
            .found(format!("NIXPACKS_PYTHON_PACKAGE_MANAGER is {named}, which is no package manager of Nixpacks"))
            .help("auto, requirements, setuptools, poetry, pdm, uv, pipenv and skip are known");
        findings.push(found.at(warning.source.clone(), facts.line(&warning.source)));
    }
    if derived.is_empty() {
        return;
    }
    if derived.root != facts.project.root() {
        let place = plan::folder(&facts.app);
        let message = format!("the folder that is planned is {}, the only one here", place.display());
        findings.push(SUB_FOLDER.found(message).at(Source::file(place), ""));
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
    let finding = match (advised, written_tightly(facts)) {
        (true, Some((path, number, line))) => {
            let better = line.replacen("WSGI_APPLICATION", "", 1);
            let better = format!("WSGI_APPLICATION = {}", better.trim_start_matches([' ', '\t', '=']));
            let edits = vec![replace_line(&path, number, &line, better)];
            let finding = finding.at(Source::line(&path, number), &line);
            finding
                .help("Nixpacks wants a blank on both sides of the equals sign")
                .fix("write it as Nixpacks looks for it", edits)
        }
        (true, None) => finding.help(wsgi_help(facts)),
        (false, _) => finding,
    };
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

/// A setting that Django reads and Nixpacks' pattern misses: `WSGI_APPLICATION="…"`.
fn written_tightly(facts: &Facts<'_>) -> Option<(PathBuf, usize, String)> {
    let folders = facts.app.folders().into_iter().take(50);
    let mut files = folders.map(|folder| folder.join("settings.py")).filter(|path| facts.app.has_file(path));
    let path = files.find(|path| facts.app.read_text(path).is_ok_and(|text| text.contains("WSGI_APPLICATION")))?;
    let text = facts.app.read_text(&path).ok()?;
    let line = text.lines().position(|line| line.starts_with("WSGI_APPLICATION") && line.contains(".application"))?;
    let written = text.lines().nth(line)?;
    (!written.starts_with("WSGI_APPLICATION = ")).then(|| (facts.app.place(&path), line + 1, written.to_owned()))
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
    let finding = finding.fix("write lists in brackets", edits);
    // The start command alone is a text.
    let words = file.get(&["start", "cmd"]).and_then(|command| command.as_array());
    let words = words.and_then(|words| words.iter().map(|word| word.as_str()).collect::<Option<Vec<_>>>());
    let Some(words) = words.filter(|words| !words.is_empty()) else { return finding };
    finding.fix("write the start command as one text", vec![set_key(&file.path, &["start", "cmd"], words.join(" "))])
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
    let signs: Vec<&str> = plan::SIGNS.into_iter().filter(|name| facts.app.has_file(name)).collect();
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
