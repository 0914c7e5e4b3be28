//! Whether what is started is there.

use super::facts::Facts;
use super::facts::code::{Code, Statement};
use super::facts::command::{Invocation, invocations, is_python};
use super::facts::server_config::is_configured;
use super::facts::start::Start;
use super::facts::started::home;
use super::facts::target::{TARGET, apps, script, target};
use super::finding::{Check, Finding, Findings, error};
use crate::catalog::servers::takes_target;
use crate::catalog::suggest;
use crate::finding::Severity;
use crate::project::requirements::normalize;
use crate::project::{Project, Source};
use std::path::{Path, PathBuf};

pub(crate) const FILE: Check = error(
    "start-file-missing",
    "The start command names a file that is not there: another name or folder, not committed, or the wrong root directory. \
     Paths are relative to the root folder, and upper and lower case differ.",
);
pub(crate) const MODULE: Check = error(
    "wrong-start-module",
    "The part before the colon of `module:attribute` is no module in the folder in which the server starts.",
);
pub(crate) const ATTRIBUTE: Check = error(
    "wrong-app-attribute",
    "The part after the colon of `module:attribute` is not what the module calls its application.",
);

pub(super) const CHECKS: &[Check] = &[FILE, MODULE, ATTRIBUTE];

/// Ways to choose a folder, or where modules are looked for, that are not followed here.
const UNFOLLOWED: &[&str] = &["`", "$(", " (", "PYTHONPATH", "pushd", "sh -c", "sh -lc"];

/// More files than this are not looked through for a likelier name.
const MOST_FILES: usize = 64;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    for start in &Start::all(facts) {
        command(facts, start, findings);
    }
}

/// Whether the folders of a command, and where it looks for modules, can be told from it.
pub(super) fn is_followed(start: &Start<'_>) -> bool {
    !start.command.starts_with('(') && !UNFOLLOWED.iter().any(|way| start.command.contains(way))
}

fn command(facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    if !is_followed(start) {
        return;
    }
    for invocation in invocations(start.command) {
        let folder = invocation.folder;
        // A folder that cannot be followed says nothing about what is in it.
        if folder.starts_with(['/', '$', '~', '.']) || folder.contains("..") {
            return;
        }
        if !folder.is_empty() && !facts.app.has_folder(folder) {
            // Only `&&` makes what comes next depend on it.
            if start.command.contains(&format!("cd {folder} &&")) && !made_by_build(facts, folder) {
                let finding = FILE.found(format!("the folder {folder} is not in the project")).about(folder);
                findings.push(finding.at(start.source.clone(), start.command));
            }
            return;
        }
        let look = match () {
            () if takes_target(invocation.program) => server,
            () if invocation.is_module => module,
            () => file,
        };
        let is_optional = invocation.is_optional(start.command);
        findings.of_optional(is_optional, |findings| look(facts, start, &invocation, findings));
    }
}

fn file(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let folder = Path::new(invocation.folder);
    let own = invocation.path.strip_prefix("/app/").unwrap_or(invocation.path);
    let direct = invocation.path.starts_with("./") || own.contains('/') && facts.app.has_file(folder.join(own));
    let direct = direct || own != invocation.path && facts.app.has_file(folder.join(own));
    let named = match invocation.program {
        program if is_python(program) => script(&invocation.arguments),
        "bash" | "sh" => invocation.positional().filter(|word| word.ends_with(".sh")),
        "streamlit" => invocation.arguments.get(1).copied().filter(|word| word.ends_with(".py")),
        _ if direct => Some(invocation.path),
        _ => None,
    };
    let Some(named) = named.filter(|named| !named.contains(['$', '*', '~'])) else { return };
    let inside = named.strip_prefix("/app/").unwrap_or(named);
    if inside.starts_with('/') || inside.contains("..") || made_by_build(facts, inside) {
        return;
    }
    let path = Path::new(invocation.folder).join(inside.trim_start_matches("./"));
    if !facts.app.has_file(&path) {
        // The start asks for it by itself: `[ -f seed.py ] && python seed.py`.
        if ["-f", "-e", "-s", "-x"].iter().any(|test| start.command.contains(&format!("{test} {named}"))) {
            return;
        }
        let finding = FILE.found(format!("{} is not in the project", path.display())).about(path.display().to_string());
        let finding = finding.at(start.source.clone(), start.command);
        return findings.push(match alike(&facts.app, &path) {
            Some(other) => {
                let better = start.command.replacen(named, &other, 1);
                finding.fix(format!("start {other}"), start.replaced_with(facts, &better))
            }
            None => finding,
        });
    }
    if direct && named == invocation.path {
        super::committed::executable(facts, start, named, &path, findings);
    }
}

/// Whether a command of the build may write the file.
fn made_by_build(facts: &Facts<'_>, name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    facts.commands().iter().any(|command| command.contains(last) || command.contains("git clone"))
}

/// The Python files directly in a folder, sorted.
fn python_files(app: &Project, folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(app.root().join(folder)).into_iter().flatten().flatten().take(1000);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| name.ends_with(".py") || name.ends_with(".sh"));
    names.sort();
    names.truncate(MOST_FILES);
    names
}

/// The one file that was probably meant.
fn alike(app: &Project, path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let wanted = path.file_name()?.to_str()?;
    let names = python_files(app, folder);
    let close = |name: &&String| suggest::distance(name, wanted) <= 2;
    let same_kind = |name: &&String| name.rsplit('.').next() == wanted.rsplit('.').next();
    let chosen = names.iter().find(close).or_else(|| match names.iter().filter(same_kind).collect::<Vec<_>>()[..] {
        [only] => Some(only),
        _ => None,
    })?;
    Some(folder.join(chosen).display().to_string())
}

fn module(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let name = invocation.program;
    let in_pyproject = matches!(start.source, Source::File { path, .. } if path.ends_with("pyproject.toml"));
    let bad = name.contains('-');
    if !bad && !in_pyproject {
        return;
    }
    let folder = Path::new(invocation.folder);
    let path = name.replace('.', "/");
    let runs = |base: &Path| {
        facts.app.has_file(base.join(format!("{path}.py"))) || facts.app.has_file(base.join(&path).join("__main__.py"))
    };
    let plain = name.replace('-', "_");
    let installed = facts.app.has_file(Path::new("src").join(&plain).join("__main__.py"));
    if !bad && (runs(folder) || installed) {
        return;
    }
    let finding = match bad {
        true => MODULE.found(format!("{name} is no name that Python can import: a module's name has no dash")),
        false => MODULE.found(format!("python -m {name} finds no {name}.py and no {name}/__main__.py")).likely(),
    };
    let finding = finding.about(name).at(start.source.clone(), facts.line(start.source));
    let command = [&plain, &path].into_iter().find_map(|name| {
        let runs = facts.app.has_file(format!("{name}.py")) || facts.app.has_file(Path::new(name).join("__main__.py"));
        runs.then(|| format!("python -m {name}"))
    });
    let in_src = || installed.then(|| format!("env PYTHONPATH=src python -m {plain}"));
    let command = command.or_else(in_src).or_else(|| only_package(&facts.app)).or_else(|| {
        let entry = ["app.py", "bot.py", "run.py", "server.py"].into_iter().find(|entry| facts.app.has_file(entry))?;
        Some(format!("python {entry}"))
    });
    findings.push(match command {
        Some(command) if in_pyproject => {
            let edit = facts.start_with(&command);
            finding.fix(format!("start it with `{command}`"), vec![edit])
        }
        _ => finding.help(format!("say how to start it in {}", facts.config_path().display())),
    });
}

/// The command of the only package that Python can run, where the project's name is another.
fn only_package(app: &Project) -> Option<String> {
    let packages = |base: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(app.root().join(base)).into_iter().flatten().flatten().take(1000);
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| app.has_file(base.join(name).join("__main__.py"))).collect()
    };
    match (&packages(Path::new(""))[..], &packages(Path::new("src"))[..]) {
        ([only], []) => Some(format!("python -m {only}")),
        ([], [only]) => Some(format!("env PYTHONPATH=src python -m {only}")),
        _ => None,
    }
}

fn server(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let Some(pattern) = TARGET.regex() else { return };
    if invocation.program == "gunicorn" && is_configured(facts, invocation) {
        return;
    }
    let Some(target) = target(invocation) else { return };
    let Some(found) = pattern.captures(target) else { return };
    let base = invocation.option(&["--chdir", "--app-dir", "--pythonpath"]).unwrap_or_default();
    if base.starts_with('/') || base.contains("..") {
        return;
    }
    let base = Path::new(invocation.folder).join(base);
    let name = &found[1];
    let attribute = found.get(2).map(|attribute| attribute.as_str());
    let place = base.join(name.replace('.', "/"));
    match facts.app.module_at(&place) {
        Some(file) => attribute_of(facts, start, target, name, attribute, &file, invocation, findings),
        None if facts.app.has_folder(&place) || is_elsewhere(facts, &base, name) => {}
        None => {
            let finding = MODULE
                .found(format!("the project has no module {name}"))
                .about(name)
                .at(start.source.clone(), start.command);
            // Whatever is built may write modules too.
            let finding = if facts.builds() { finding.severity(Severity::Warning) } else { finding };
            let home = home(&facts.app, name).filter(|_| base.as_os_str().is_empty());
            if let Some((folder, file)) = home {
                let folder = folder.display();
                let better = start.command.replacen(invocation.text, &invocation.looking_in(&folder.to_string()), 1);
                let finding = finding
                    .at(facts.app.file(&file), "")
                    .help(format!("the folder {folder} is not where Python looks: say so, or install the project"));
                findings.push(finding.fix(format!("look in {folder}"), start.replaced_with(facts, &better)));
                return;
            }
            let finding = match likely(&facts.app, &base)[..] {
                [(ref module, ref app)] => {
                    let better = start.command.replacen(target, &format!("{module}:{app}"), 1);
                    finding.fix(format!("start {module}:{app}"), start.replaced_with(facts, &better))
                }
                _ => finding,
            };
            findings.push(finding);
        }
    }
}

/// Whether the module may come from a package, or from a folder that installing puts on the path.
fn is_elsewhere(facts: &Facts<'_>, base: &Path, name: &str) -> bool {
    let top = name.split('.').next().unwrap_or(name);
    let local = facts.app.has_folder(base.join(top)) || facts.app.has_file(base.join(format!("{top}.py")));
    let requirements = facts.requirements();
    let named = requirements.of(&normalize(top)).next().is_some();
    let unknown =
        requirements.packages.iter().any(|entry| entry.requirement.editable || entry.requirement.name.is_none());
    let projects_own = facts.manager() != Some("requirements") && facts.app.has_folder("src");
    let path = facts.variable("PYTHONPATH").is_some();
    path || projects_own
        || !local && (named || unknown || !matches!(facts.manager(), Some("requirements" | "pipenv") | None))
}

#[expect(clippy::too_many_arguments, reason = "one target in all its parts")]
fn attribute_of(
    facts: &Facts<'_>,
    start: &Start<'_>,
    target: &str,
    module: &str,
    attribute: Option<&str>,
    file: &Path,
    invocation: &Invocation<'_>,
    findings: &mut Findings,
) {
    let wanted = match attribute {
        Some(attribute) => attribute,
        None if invocation.program == "gunicorn" => "application",
        None => return,
    };
    let Ok(text) = facts.app.read_text(file) else { return };
    let opaque = ["import *", "globals()", "__getattr__", "setattr(", "exec("].iter().any(|way| text.contains(way));
    if opaque {
        return;
    }
    if let Some((line, binding)) = only_when_run(&text, wanted) {
        let finding = ATTRIBUTE
            .found(format!(
                "{} makes {wanted} only under `if __name__ == \"__main__\"`, which a server does not come to",
                file.display()
            ))
            .about(format!("{module}:{wanted}"))
            .at(start.source.clone(), start.command)
            .at(facts.app.line(file, Some(line)), binding);
        return findings
            .push(finding.help(format!("move the line that makes {wanted} above the `if`, to the left margin")));
    }
    if has_word(&text, wanted) {
        return;
    }
    // Python takes the package where there is a module of the same name beside it.
    let hidden = file.parent().filter(|_| file.ends_with("__init__.py")).map(|package| package.with_extension("py"));
    let hidden = hidden.filter(|hidden| facts.app.read_text(hidden).is_ok_and(|text| has_word(&text, wanted)));
    if let Some(hidden) = hidden {
        let folder = file.parent().unwrap_or(Path::new("")).display();
        let finding = ATTRIBUTE
            .found(format!(
                "Python takes the folder {folder} for {module}, and not {}, which has {wanted}",
                hidden.display()
            ))
            .about(format!("{module}:{wanted}"))
            .at(start.source.clone(), start.command)
            .at(facts.app.file(&hidden), "");
        let help = format!("give {} or the folder another name, and start it by that", hidden.display());
        return findings.push(finding.help(help));
    }
    let finding = ATTRIBUTE
        .found(format!("{} has nothing of the name {wanted}", file.display()))
        .about(format!("{module}:{wanted}"));
    let finding = finding.at(start.source.clone(), start.command).at(facts.app.file(file), "");
    findings.push(match apps(&text)[..] {
        [ref app] => {
            let better = start.command.replacen(target, &format!("{module}:{app}"), 1);
            finding.fix(format!("start {module}:{app}"), start.replaced_with(facts, &better))
        }
        _ => submodule(finding, facts, start, target, module, file),
    });
}

/// The only binding of a name, where it stands under the guard of a script: its line and text.
fn only_when_run(text: &str, name: &str) -> Option<(usize, String)> {
    let code = Code::read(text);
    let binds = |text: &str| {
        let bound = text
            .strip_prefix("def ")
            .or_else(|| text.strip_prefix("async def "))
            .or_else(|| text.strip_prefix("class "));
        let head = bound.unwrap_or(text);
        let rest = head.strip_prefix(name).map(str::trim_start);
        let assigned = rest.is_some_and(|rest| {
            rest.starts_with(['=', ':', '(', ','])
                && (bound.is_some() || !rest.starts_with('(') && !rest.starts_with("=="))
        });
        assigned
            || (text.contains("import ")
                || text.starts_with("global ")
                || text.starts_with("for ")
                || text.starts_with("with "))
                && has_word(text, name)
    };
    // A function's own is none of the module's.
    let is_own = |head: &str| head.starts_with("def ") || head.starts_with("async def ");
    let is_outside = |of: &Statement| of.text.starts_with("global ") || !code.heads_around(of).any(is_own);
    let mut all = code.statements.iter().filter(|one| binds(&one.text) && is_outside(one));
    let only = all.next().filter(|_| all.next().is_none())?;
    let is_guard = |head: &str| head.starts_with("if ") && head.contains("__name__") && head.contains("__main__");
    code.heads_around(only).any(is_guard).then(|| (only.line, only.text.clone()))
}

/// For a package whose app lives in a file of it.
fn submodule(
    finding: Finding,
    facts: &Facts<'_>,
    start: &Start<'_>,
    target: &str,
    module: &str,
    file: &Path,
) -> Finding {
    if !file.ends_with("__init__.py") {
        return finding;
    }
    match likely(&facts.app, file.parent().unwrap_or(Path::new("")))[..] {
        [(ref inner, ref app)] => {
            let better = start.command.replacen(target, &format!("{module}.{inner}:{app}"), 1);
            finding.fix(format!("start {module}.{inner}:{app}"), start.replaced_with(facts, &better))
        }
        _ => finding,
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_part)
            && !text[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

/// Modules of a folder that make a web app.
fn likely(app: &Project, folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in python_files(app, folder) {
        let path: PathBuf = folder.join(&name);
        let small = std::fs::metadata(app.root().join(&path)).is_ok_and(|found| found.len() < 1 << 18);
        let Some(module) = name.strip_suffix(".py").filter(|_| small) else { continue };
        let text = app.read_text(&path).unwrap_or_default();
        found.extend(apps(&text).into_iter().map(|app| (module.to_owned(), app)));
    }
    found
}
