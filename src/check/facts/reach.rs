//! The files of the project that the start reaches: what is started, the modules that it imports, the files that it opens.

use super::code::{Code, Statement};
use super::started::{Started, files as started};
use crate::check::facts::command::invocations;
use crate::check::facts::inputs::Inputs;
use crate::check::facts::start::Start;
use crate::log::pattern::Pattern;
use crate::project::Project;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Modules that are followed.
const MOST: usize = 256;
/// A larger module that is imported is data rather than code.
const LARGEST: u64 = 1 << 18;
/// What is started is read up to here.
const LARGEST_STARTED: u64 = 1 << 22;

/// A module of the project that the start imports, or starts.
pub(in crate::check) struct Module {
    /// Relative to the folder that is planned.
    pub(in crate::check) path: PathBuf,
    /// With empty lines in the place of texts that go over several.
    pub(in crate::check) text: String,
    pub(in crate::check) code: Code,
    /// The module whose line imports it, and that line, from 1; none for what is started.
    pub(in crate::check) importer: Option<(PathBuf, usize)>,
    /// Whether Python runs it as a file.
    pub(in crate::check) is_script: bool,
    /// Whether the start surely loads it: no function, condition or handler stands around an import on the way.
    pub(in crate::check) is_certain: bool,
    /// Why its text is not known.
    pub(in crate::check) unread: Option<Unread>,
    /// The folder in which its imports are looked for.
    base: PathBuf,
}

/// Why a module could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Unread {
    /// Python cannot read it either: what it is in, and the line from which on.
    Encoding { what: &'static str, line: usize },
    /// It was not looked at: it is too large, or the system refuses it.
    Here(String),
}

/// An import of something that is not the module's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Import<'c> {
    /// Dotted; relative ones begin with dots.
    pub(in crate::check) module: &'c str,
    /// What is taken from it.
    pub(in crate::check) names: Vec<&'c str>,
}

static DYNAMIC: Pattern = Pattern::ascii(r#"(?:import_module|__import__|load_extension|include)\(\s*["']([\w.]+)["']"#);
/// A module that is imported by a call, and named there as it is.
static CALLED: Pattern = Pattern::ascii(r#"\b(?:import_module|__import__)\(\s*["']([A-Za-z_][\w.]*)["']\s*[,)]"#);
/// A module of which a text says the folder alone: `load_extension(f"cogs.{name}")`, `import_module("plugins." + name)`.
static OF_FOLDER: Pattern = Pattern::ascii(
    r#"\b(?:import_module|__import__|load_extensions?)\(\s*f?["']([A-Za-z_][\w.]*)\.(?:\{|["']\s*\+|["']\s*%|%s)"#,
);
static DOTTED: Pattern = Pattern::ascii(r#"["']([A-Za-z_]\w*(?:\.\w+)*)["']"#);

/// A module's text without the lines that touch a text of several lines, docstrings above all: what they say is not done.
fn plain(text: &str) -> String {
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

/// What is started first, then what it surely imports, nearest first, then what it may import.
pub(in crate::check) fn modules(inputs: &Inputs<'_>) -> Vec<Module> {
    if !inputs.is_python() {
        return Vec::new();
    }
    let mut walk = Walk { app: &inputs.app, found: Vec::new(), seen: HashSet::new() };
    for invocation in Start::all(inputs).iter().flat_map(|start| invocations(start.command)) {
        started(inputs, &invocation).into_iter().for_each(|started| walk.start(started));
    }
    walk.follow(0, false);
    walk.found
}

/// What some files and all that they would import come to, whether or not the plan starts them: what is started first, then what
/// it surely imports.
pub(in crate::check) fn from_started(app: &Project, started: impl IntoIterator<Item = Started>) -> Vec<Module> {
    let mut walk = Walk { app, found: Vec::new(), seen: HashSet::new() };
    started.into_iter().for_each(|started| walk.start(started));
    walk.follow(0, false);
    walk.found
}

/// The text of a Python file, as Python decodes it: UTF-8, unless its first two lines name another encoding.
fn source(file: &Path, most: u64) -> Result<String, Unread> {
    let bytes = crate::fs::read(file, most).map_err(|error| Unread::Here(error.to_string()))?;
    let text = match String::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => {
            let line = text.split('\0').next().unwrap_or_default().matches('\n').count() + 1;
            return Err(Unread::Encoding { what: "holds null bytes", line });
        }
        Ok(text) => text,
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let head: Vec<&[u8]> = bytes.splitn(3, |byte| *byte == b'\n').take(2).collect();
            let names = |line: &&[u8]| {
                String::from_utf8_lossy(line).trim_start().starts_with('#')
                    && memchr::memmem::find(line, b"coding").is_some()
            };
            if !head.iter().any(names) {
                let is_wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
                let what = if is_wide { "is UTF-16" } else { "is not UTF-8" };
                return Err(Unread::Encoding { what, line: memchr::memchr_iter(b'\n', &bytes[..valid]).count() + 1 });
            }
            // Names of modules and variables are the same in all of them.
            bytes.iter().map(|byte| char::from(*byte)).collect()
        }
    };
    Ok(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

struct Walk<'a> {
    app: &'a Project,
    found: Vec<Module>,
    seen: HashSet<PathBuf>,
}

impl Walk<'_> {
    /// Adds a file that is started and all that it surely imports.
    fn start(&mut self, Started { base, path, is_script }: Started) {
        let next = self.found.len();
        self.add(path, base, None, true, is_script);
        self.follow(next, true);
    }

    fn add(
        &mut self,
        path: PathBuf,
        base: PathBuf,
        importer: Option<(PathBuf, usize)>,
        is_certain: bool,
        is_script: bool,
    ) {
        if self.found.len() < MOST && self.seen.insert(path.clone()) {
            let most = if importer.is_none() { LARGEST_STARTED } else { LARGEST };
            let (text, unread) = match source(&self.app.root().join(&path), most) {
                Ok(text) => (text, None),
                Err(unread) => (String::new(), Some(unread)),
            };
            let (text, code) = (plain(&text), Code::read(&text));
            self.found.push(Module { path, text, code, importer, is_script, is_certain, unread, base });
        }
    }

    /// Adds what the modules from `next` on import: only what is surely loaded, or all of it.
    fn follow(&mut self, mut next: usize, is_certain: bool) {
        while next < self.found.len() {
            let module = &self.found[next];
            let (by, base) = (module.path.clone(), module.base.clone());
            for (line, path) in imported(self.app, module, is_certain) {
                self.add(path, base.clone(), Some((by.clone(), line)), is_certain, false);
            }
            next += 1;
        }
    }
}

/// A dotted name that is longer is no module's: the packages on its way alone would fill the memory.
const LONGEST_NAME: usize = 1000;

/// What a statement imports.
pub(in crate::check) fn imports(text: &str) -> Vec<Import<'_>> {
    if let Some(list) = text.strip_prefix("import ") {
        return list
            .split(',')
            .filter_map(|part| part.split_whitespace().next())
            .filter(|module| module.len() <= LONGEST_NAME)
            .map(|module| Import { module, names: Vec::new() })
            .collect();
    }
    let Some(rest) = text.strip_prefix("from ") else {
        return if text.contains("import") { called(text) } else { Vec::new() };
    };
    let found = rest.split_once(" import").filter(|(module, _)| module.len() <= LONGEST_NAME);
    let Some((module, list)) = found else { return Vec::new() };
    let names =
        list.trim_matches([' ', '(', ')']).split(',').filter_map(|part| part.split_whitespace().next()).collect();
    vec![Import { module: module.trim(), names }]
}

/// The modules that calls of a statement import, as far as they are named there.
fn called(text: &str) -> Vec<Import<'_>> {
    let found = CALLED.regex().into_iter().flat_map(|pattern| pattern.captures_iter(text));
    let named = found.filter_map(|found| found.get(1)).map(|name| name.as_str());
    named.filter(|module| module.len() <= LONGEST_NAME).map(|module| Import { module, names: Vec::new() }).collect()
}

/// Whether an import is surely done when its module is loaded.
pub(in crate::check) fn is_certain(code: &Code, statement: &Statement) -> bool {
    !code.is_lazy(statement) && !code.is_conditional(statement) && !is_guarded(code, statement)
}

/// Whether the code does without an import that fails: a handler stands around it, or a look whether the module is there.
pub(in crate::check) fn is_guarded(code: &Code, statement: &Statement) -> bool {
    code.is_caught(statement, IMPORT_ERRORS) || code.heads_around(statement).any(|head| head.contains("find_spec("))
}

/// What a missing module raises.
pub(in crate::check) const IMPORT_ERRORS: &[&str] = &["ImportError", "ModuleNotFoundError"];

/// The project's modules that a module imports, and the lines of the imports.
fn imported(app: &Project, module: &Module, only_certain: bool) -> Vec<(usize, PathBuf)> {
    let mut found = Vec::new();
    let code = &module.code;
    // Django names its apps and pages by texts.
    let django = module.text.contains("INSTALLED_APPS") || module.path.ends_with("urls.py");
    let by_text = !only_certain && names_by_text(module);
    // Flask and Celery import their settings by a text, which may come as a default from further up.
    let by_object = !only_certain && module.text.contains("from_object(");
    for statement in &code.statements {
        let mut add = |base: &Path, name: &str| found.extend(files(app, base, name).map(|file| (statement.line, file)));
        if django && !only_certain {
            let named = DOTTED.regex().into_iter().flat_map(|pattern| pattern.captures_iter(&statement.text));
            for name in named.filter_map(|found| found.get(1)).take(200) {
                let parts: Vec<&str> = name.as_str().split('.').collect();
                let stem = if parts.len() > 1 { parts[..parts.len() - 1].join(".") } else { String::new() };
                add(&module.base, name.as_str());
                add(&module.base, &stem);
                for inner in ["apps", "models", "admin"] {
                    add(&module.base, &format!("{}.{inner}", parts[0]));
                }
            }
        }
        if by_text {
            for name in DOTTED.captures_iter(&statement.text).filter_map(|found| found.get(1)).take(200) {
                add(&module.base, name.as_str());
                if statement.text.contains("autodiscover_tasks(") {
                    add(&module.base, &format!("{}.tasks", name.as_str()));
                }
            }
        }
        if by_object {
            let is_call = statement.text.contains("from_object(");
            let named = DOTTED.captures_iter(&statement.text).filter_map(|found| found.get(1)).take(200);
            named
                .filter(|name| is_call || name.as_str().contains('.'))
                .for_each(|name| add(&module.base, name.as_str()));
        }
        if !statement.text.contains("import") && !statement.text.contains("load_extension") {
            continue;
        }
        if code.is_typing(statement) || only_certain && !is_certain(code, statement) {
            continue;
        }
        let dynamic = DYNAMIC.regex().filter(|_| !only_certain);
        for named in dynamic.iter().flat_map(|pattern| pattern.captures_iter(&statement.text)) {
            add(&module.base, named.get(1).map_or("", |name| name.as_str()));
        }
        if let Some(folder) = OF_FOLDER.captures(&statement.text).filter(|_| !only_certain) {
            for name in modules_in(app, &module.base.join(folder[1].replace('.', "/"))) {
                add(&module.base, &format!("{}.{name}", &folder[1]));
            }
        }
        for import in imports(&statement.text) {
            let name = import.module.trim_start_matches('.');
            let up = import.module.len() - name.len();
            let Some(base) = (if up == 0 { Some(&*module.base) } else { module.path.ancestors().nth(up) }) else {
                continue;
            };
            add(base, name);
            let package = base.join(name.replace('.', "/"));
            for part in import.names {
                add(&package, part);
            }
        }
    }
    found
}

/// Whether a module names others by texts that a framework imports: extensions of discord.py, tasks of Celery.
fn names_by_text(module: &Module) -> bool {
    let has = |text: &str| module.text.contains(text);
    has("load_extension") || has("elery") && ["include=", "imports", "autodiscover_tasks("].into_iter().any(has)
}

/// The names of the modules and packages directly in a folder, sorted.
fn modules_in(app: &Project, folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(app.root().join(folder)).into_iter().flatten().flatten().take(MOST);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<String> = names.map(|name| name.strip_suffix(".py").unwrap_or(&name).to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

/// The files that a dotted name stands for: the packages on the way, and the module.
fn files<'a>(app: &'a Project, base: &Path, name: &str) -> impl Iterator<Item = PathBuf> + use<'a> {
    let mut place = base.to_owned();
    let parts: Vec<PathBuf> = name
        .split('.')
        .filter(|part| !part.is_empty() && name.len() <= LONGEST_NAME)
        .flat_map(|part| {
            place.push(part);
            [place.with_extension("py"), place.join("__init__.py")]
        })
        .collect();
    parts.into_iter().filter(|file| app.has_file(file))
}

impl Module {
    /// The folder in which its imports are looked for, relative to the folder that is planned.
    pub(in crate::check) fn base(&self) -> &Path {
        &self.base
    }

    /// Whether a name is one of the project's own modules, or of a folder of it.
    pub(in crate::check) fn is_own(&self, app: &Project, top: &str) -> bool {
        let beside = self.path.parent().unwrap_or(Path::new(""));
        [&*self.base, Path::new(""), Path::new("src"), beside]
            .into_iter()
            .any(|base| app.has_file(base.join(top).with_extension("py")) || app.has_folder(base.join(top)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_module_can_have_is_no_import() {
        let long = "a.".repeat(LONGEST_NAME);
        assert!(imports(&format!("import {long}")).is_empty() && imports(&format!("from {long} import b")).is_empty());
        assert_eq!(imports("import a.b, c").len(), 2);
    }

    #[test]
    fn a_call_imports_what_it_names() {
        let of = |text| imports(text).iter().map(|import| import.module).collect::<Vec<_>>().join(" ");
        assert_eq!(of("a = importlib.import_module('b.c'), __import__(\"d\", level=0)"), "b.c d");
        assert_eq!(
            of("import_module(name), my_import_module('a'), import_module('.a', 'b'), import_module('a' + b)"),
            ""
        );
    }
}
