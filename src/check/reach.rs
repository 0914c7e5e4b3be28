//! The files of the project that the start reaches: what is started, the modules that it imports, the files that it opens.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::command::{Invocation, invocations, is_python};
use super::start::Start;
use super::subject::Subject;
use crate::project::Project;

/// Modules that are followed.
const MOST: usize = 64;
/// A larger module that is imported is data rather than code.
const LARGEST: u64 = 1 << 18;

/// A module of the project that the start imports, or starts.
pub(super) struct Module {
    /// Relative to the folder that is planned.
    pub(super) path: PathBuf,
    /// With empty lines in the place of texts that go over several.
    pub(super) text: String,
    /// The module whose line imports it, and that line, from 1; none for what is started.
    pub(super) importer: Option<(PathBuf, usize)>,
    /// Whether Python runs it as a file.
    pub(super) is_script: bool,
}

static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*)|from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+\(?([\w, \t]*))",
    )
    .ok()
});
static OPENED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\bopen\(\s*["']([\w][\w./-]*)["']\s*(?:\)|,\s*(?:encoding|(?:mode\s*=\s*)?["']r[bt]?["']))"#).ok()
});

/// A module's text without the lines that touch a text of several lines, docstrings above all: what they say is not done.
fn code(text: &str) -> String {
    let mut quoted = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let marks = line.matches("\"\"\"").count() + line.matches("'''").count();
        if !quoted && marks == 0 {
            kept.push_str(line);
        }
        quoted ^= marks % 2 == 1;
        kept.push('\n');
    }
    kept
}

/// What is started first, then what it imports, nearest first. Imports that stand in a block may be optional and are
/// not followed.
pub(super) fn modules(subject: &Subject<'_>) -> Vec<Module> {
    let Some(start) = Start::of(subject).filter(|_| subject.is_python()) else { return Vec::new() };
    let mut found: Vec<Module> = Vec::new();
    let mut seen = HashSet::new();
    for invocation in invocations(start.command) {
        let Some((base, path)) = started(&subject.app, &invocation) else { continue };
        let mut next = found.len();
        add(&subject.app, path, None, &mut seen, &mut found);
        if let Some(module) = found.get_mut(next) {
            module.is_script = is_script(&invocation);
        }
        while next < found.len() {
            let by = found[next].path.clone();
            for (line, path) in imported(&subject.app, &base, &found[next]) {
                add(&subject.app, path, Some((by.clone(), line)), &mut seen, &mut found);
            }
            next += 1;
        }
    }
    found
}

fn add(
    app: &Project,
    path: PathBuf,
    importer: Option<(PathBuf, usize)>,
    seen: &mut HashSet<PathBuf>,
    found: &mut Vec<Module>,
) {
    let small = || std::fs::metadata(app.root().join(&path)).is_ok_and(|file| file.len() <= LARGEST);
    if (importer.is_none() || small()) && found.len() < MOST && seen.insert(path.clone()) {
        let text = code(&app.read_text(&path).unwrap_or_default());
        found.push(Module { path, text, importer, is_script: false });
    }
}

fn is_script(invocation: &Invocation<'_>) -> bool {
    is_python(invocation.program) && !invocation.is_module
}

/// The file that an invocation starts, and the folder in which its imports are looked for.
fn started(app: &Project, invocation: &Invocation<'_>) -> Option<(PathBuf, PathBuf)> {
    let folder = Path::new(invocation.folder);
    let (base, path) = if is_script(invocation) {
        let path = folder.join(super::entry::script(&invocation.arguments)?.trim_start_matches("./"));
        (path.parent()?.to_owned(), path)
    } else {
        let name = match invocation.is_module {
            true => invocation.program,
            false => super::entry::target(invocation)?.split(':').next()?,
        };
        let option = invocation.option(&["--chdir", "--app-dir", "--pythonpath"]).unwrap_or_default();
        let base = folder.join(option);
        let stem = base.join(name.replace('.', "/"));
        let files = [stem.with_extension("py"), stem.join("__main__.py"), stem.join("__init__.py")];
        (base, files.into_iter().find(|file| app.has_file(file))?)
    };
    let inside = path.is_relative() && !path.components().any(|part| part.as_os_str() == "..");
    (inside && app.has_file(&path)).then_some((base, path))
}

/// The project's modules that a module imports at its left margin, and the lines of the imports.
fn imported(app: &Project, base: &Path, module: &Module) -> Vec<(usize, PathBuf)> {
    let Some(pattern) = IMPORT.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for (index, line) in module.text.lines().enumerate() {
        let Some(names) = pattern.captures(line) else { continue };
        let text = |group: usize| names.get(group).map_or("", |found| found.as_str());
        let mut add = |base: &Path, name: &str| found.extend(files(app, base, name).map(|file| (index + 1, file)));
        for name in text(1).split(',').map(str::trim).filter(|name| !name.is_empty()) {
            add(base, name);
        }
        let from = text(2);
        if from.is_empty() {
            continue;
        }
        let name = from.trim_start_matches('.');
        let up = from.len() - name.len();
        let Some(base) = (if up == 0 { Some(base) } else { module.path.ancestors().nth(up) }) else { continue };
        add(base, name);
        let package = base.join(name.replace('.', "/"));
        for part in text(3).split(',').filter_map(|part| part.split_whitespace().next()) {
            add(&package, part);
        }
    }
    found
}

/// The files that a dotted name stands for: the packages on the way, and the module.
fn files<'a>(app: &'a Project, base: &Path, name: &str) -> impl Iterator<Item = PathBuf> + use<'a> {
    let mut place = base.to_owned();
    let parts: Vec<PathBuf> = name
        .split('.')
        .filter(|part| !part.is_empty())
        .flat_map(|part| {
            place.push(part);
            [place.with_extension("py"), place.join("__init__.py")]
        })
        .collect();
    parts.into_iter().filter(|file| app.has_file(file))
}

/// The files of the project that a module opens to read, by their literal names, and the lines that do: those at its left
/// margin, since any other may never be reached, and of files that it does nothing else with, such as writing them first.
pub(super) fn opened<'m>(app: &'m Project, module: &'m Module) -> impl Iterator<Item = (usize, &'m str)> {
    let moves = module.text.contains("chdir(");
    let lines = module.text.lines().enumerate();
    let lines = lines.filter(move |(_, line)| !moves && !line.starts_with([' ', '\t']));
    let names = lines.filter_map(|(index, line)| Some((index + 1, OPENED.as_ref()?.captures(line)?.get(1)?.as_str())));
    names.filter(|(_, name)| app.has_file(name) && module.text.matches(name).count() == 1)
}
