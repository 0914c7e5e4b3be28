//! Files that code reads, by a literal name or by a path made of its own place: `Path(__file__).parent / "data" / "words.json"` and the like.

use super::code::has_word;
use super::reach::Module;
use crate::log::pattern::Pattern;
use crate::project::Project;
use std::path::{Path, PathBuf};

/// A file that a module reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Opened {
    /// From 1.
    pub(in crate::check) line: usize,
    /// Relative to the folder that is planned.
    pub(in crate::check) file: String,
    /// Whether loading the module reads it, rather than some function of it.
    pub(in crate::check) is_certain: bool,
}

/// Calls that read a file.
const READS: &[&str] = &[
    "open(",
    ".read_text(",
    ".read_bytes(",
    "read_csv(",
    "read_json(",
    "read_excel(",
    "read_parquet(",
    "read_pickle(",
    ".load(",
    "load_model(",
    "load_workbook(",
    "truetype(",
    "from_file(",
    "imread(",
    "StaticFiles(",
    "Jinja2Templates(",
];

static OPENED: Pattern =
    Pattern::new(r#"\bopen\(\s*["']([\w][\w./-]*)["']\s*(?:\)|,\s*(?:encoding|(?:mode\s*=\s*)?["']r[bt]?["']))"#);
/// Texts joined by `/` or, in a call that joins paths, by commas.
static PARTS: Pattern =
    Pattern::new(r#"(?:["'][\w .@+-]+(?:/[\w .@+-]+)*["']\s*[/,]\s*)*["'][\w .@+-]+(?:/[\w .@+-]+)*["']"#);
static NAME: Pattern = Pattern::new(r"^([A-Za-z_]\w*)\s*(?::[^=]+)?=[^=]");

/// The files of the project that a module reads, by their literal names, and the lines that do. Of `open` only calls at the
/// left margin, since any other may never be reached, and files that it does nothing else with, such as writing them first.
pub(in crate::check) fn opened(app: &Project, module: &Module) -> Vec<Opened> {
    let moves = module.text.contains("chdir(");
    let lines = module.text.lines().enumerate();
    let lines = lines.filter(move |(_, line)| !moves && !line.starts_with([' ', '\t']));
    let names = lines.filter_map(|(index, line)| Some((index + 1, OPENED.captures(line)?.get(1)?.as_str())));
    let mut found: Vec<Opened> = names
        .filter(|(_, name)| app.has_file(name) && module.text.matches(name).count() == 1)
        .map(|(line, name)| Opened { line, file: name.to_owned(), is_certain: true })
        .collect();
    for more in read(app, module) {
        if found.iter().all(|known| known.file != more.file) {
            found.push(more);
        }
    }
    found
}

/// The files that a module reads, as far as they are there; none that it may write first, or asks for before.
fn read(app: &Project, module: &Module) -> Vec<Opened> {
    if module.text.contains("chdir(") {
        return Vec::new();
    }
    let code = &module.code;
    let mut found: Vec<Opened> = Vec::new();
    for statement in &code.statements {
        let text = &statement.text;
        if !text.contains(['"', '\'']) || writes(text) || text.contains("exists(") || text.contains("is_file(") {
            continue;
        }
        let assigned = NAME.captures(text).and_then(|found| found.get(1));
        let reader = match READS.iter().any(|call| text.contains(call)) {
            true => Some(statement),
            false => assigned.and_then(|name| {
                let uses = |text: &str| has_word(text, name.as_str());
                let mut later = code.statements.iter().filter(|later| later.line > statement.line && uses(&later.text));
                let asked = later.clone().any(|later| later.text.contains("exists(") || writes(&later.text));
                later.find(|later| !asked && READS.iter().any(|call| later.text.contains(call)))
            }),
        };
        let Some(reader) =
            reader.filter(|reader| !code.is_caught(reader, &["FileNotFoundError", "OSError", "IOError"]))
        else {
            continue;
        };
        for parts in PARTS.regex().into_iter().flat_map(|pattern| pattern.find_iter(text)).take(8) {
            let Some(file) = file(app, module, parts.as_str()) else { continue };
            let last = file.rsplit('/').next().unwrap_or(&file);
            let once = module.text.matches(last).count() == 1;
            if !once || found.iter().any(|known| known.file == file) {
                continue;
            }
            let is_certain = !code.is_lazy(reader) && !code.is_conditional(reader);
            if is_certain || !code.is_conditional(reader) {
                found.push(Opened { line: reader.line, file, is_certain });
            }
        }
    }
    found
}

fn writes(text: &str) -> bool {
    [
        "\"w\"",
        "'w'",
        "\"wb\"",
        "'wb'",
        "\"w+",
        "'w+",
        "\"a\"",
        "'a'",
        "\"x\"",
        "write_text(",
        "write_bytes(",
        ".dump(",
        "mkdir(",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// The file that joined texts stand for: seen from the root, from the module's folder or from one above it.
fn file(app: &Project, module: &Module, parts: &str) -> Option<String> {
    let texts = parts.split(['"', '\'']).skip(1).step_by(2);
    let joined: PathBuf = texts.collect();
    if !joined.is_relative() || joined.components().any(|part| part.as_os_str() == "..") {
        return None;
    }
    let folders = std::iter::once(Path::new("")).chain(module.path.ancestors().skip(1));
    let found = folders.map(|folder| folder.join(&joined)).find(|path| app.has_file(path))?;
    Some(found.display().to_string())
}
