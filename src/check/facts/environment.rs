//! Variables of the environment that code cannot do without.

mod aliases;
mod dynaconf;
mod guards;
mod lists;
mod objects;
mod settings;
mod uses;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::builder::BuilderKind;
use crate::log::pattern::Pattern;
use crate::project::Project;

use super::code::{Code, Statement};
use super::reach::Module;
use aliases::Aliases;
use objects::Objects;
use uses::{Words, assigned, closing, is_needed, needs};

/// A variable that code reads without anything in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Read {
    pub(in crate::check) name: String,
    /// Relative to the folder that is planned.
    pub(in crate::check) path: PathBuf,
    /// From 1.
    pub(in crate::check) line: usize,
    /// As it is written.
    pub(in crate::check) text: String,
    /// Whether it is read when the module is loaded, rather than by a function that something may call.
    pub(in crate::check) at_start: bool,
}

/// All that the reached code reads, and what it sets by itself.
#[derive(Debug, Default)]
pub(in crate::check) struct Environment {
    pub(in crate::check) reads: Vec<Read>,
    pub(in crate::check) set: HashSet<String>,
    /// Whether some module reads a `.env` file.
    pub(in crate::check) reads_file: bool,
}

static SUBSCRIPT: Pattern = Pattern::ascii(r#"\benviron(?:\[\s*f?["'](\w+)["']\s*\]|\.pop\(\s*["'](\w+)["']\s*\))"#);
static GET: Pattern =
    Pattern::ascii(r#"(?:\bos\.getenv|\bgetenv|\benviron\.get)\(\s*["'](\w+)["']\s*(?:,\s*None\s*)?\)"#);
static SETS: Pattern = Pattern::ascii(r#"environ(?:\.setdefault\(\s*|\[\s*)["'](\w+)["']\s*(?:\]\s*=(?u:[^=])|,)"#);
static READER: Pattern = Pattern::ascii(r"^(?:async )?def (\w+)\(\s*(\w+)");

/// Clients that look for their own key where none is given, and fail when they are made without one.
const CLIENTS: &[(&str, &str)] = &[
    ("OpenAI", "OPENAI_API_KEY"),
    ("AsyncOpenAI", "OPENAI_API_KEY"),
    ("ChatOpenAI", "OPENAI_API_KEY"),
    ("OpenAIEmbeddings", "OPENAI_API_KEY"),
    ("Groq", "GROQ_API_KEY"),
    ("AsyncGroq", "GROQ_API_KEY"),
    ("Mistral", "MISTRAL_API_KEY"),
];
const KEY_ERRORS: &[&str] = &["KeyError", "LookupError"];

/// What the reached modules of a project read.
pub(in crate::check) fn environment(app: &Project, modules: &[Module]) -> Environment {
    let mut found = Environment::default();
    let objects = Objects::of(modules);
    let words = Words::of(modules);
    let readers = readers(modules);
    for module in modules {
        let at = Place { module, found: &mut found };
        at.read(&words, &objects, &readers);
    }
    for (name, module, statement) in settings::required(modules).into_iter().chain(dynaconf::required(app, modules)) {
        Place { module, found: &mut found }.add(&name, statement);
    }
    let set = found.set.clone();
    let mut seen = HashSet::new();
    found.reads.sort_by_key(|read| !read.at_start);
    found.reads.retain(|read| !set.contains(&read.name) && !is_given(&read.name) && seen.insert(read.name.clone()));
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Variables that every container has, or every platform sets.
pub(in crate::check) fn is_given(name: &str) -> bool {
    matches!(
        name,
        "PORT" | "PATH" | "HOME" | "PWD" | "HOSTNAME" | "SHLVL" | "LANG" | "TMPDIR" | "DISPLAY" | "VIRTUAL_ENV"
    ) || BuilderKind::any_reads(name)
        || ["RAILWAY_", "PYTHON", "PIP_"].iter().any(|prefix| name.starts_with(prefix))
}

/// Functions that read the variable which they are given the name of, each with whether a second argument stands in for it.
fn readers(modules: &[Module]) -> HashMap<String, bool> {
    let mut found = HashMap::new();
    for module in modules.iter().filter(|module| module.text.contains("environ") || module.text.contains("getenv")) {
        let code = &module.code;
        for (index, statement) in code.statements.iter().enumerate() {
            let Some(head) = READER.captures(&statement.text) else { continue };
            let (name, parameter) = (&head[1], &head[2]);
            let has_default = statement.text.contains("default");
            if has_default && !statement.text.contains("None") {
                continue;
            }
            let inside = code.inside(index);
            let has = |text: String| inside.iter().any(|inner| inner.text.contains(&text));
            let raises = inside.iter().any(Statement::is_end);
            let subscript = has(format!("environ[{parameter}]"));
            let end = if has_default { ", default)" } else { ")" };
            let get = has(format!("getenv({parameter}{end}")) || has(format!("environ.get({parameter}{end}"));
            if subscript && !has_default || get && raises {
                found.insert(name.to_owned(), has_default);
            }
        }
    }
    found
}

struct Place<'m, 'f> {
    module: &'m Module,
    found: &'f mut Environment,
}

impl Place<'_, '_> {
    fn code(&self) -> &Code {
        &self.module.code
    }

    fn add(&mut self, name: &str, statement: &Statement) {
        let at_start = self.module.is_certain
            && !self.module.code.is_lazy(statement)
            && !self.module.code.is_conditional(statement);
        self.found.reads.push(Read {
            name: name.to_owned(),
            path: self.module.path.clone(),
            line: statement.line,
            text: self.module.code.written(statement).chars().take(200).collect(),
            at_start,
        });
    }

    fn read(mut self, words: &Words<'_>, objects: &Objects, readers: &HashMap<String, bool>) {
        let code = &self.module.code;
        let aliases = Aliases::of(code);
        for (index, statement) in code.statements.iter().enumerate() {
            let plain = aliases.plain(statement);
            let statement = plain.as_ref().unwrap_or(statement);
            let text = &statement.text;
            if ["load_dotenv", "read_env", "env_file", "dotenv_values", "decouple"]
                .iter()
                .any(|word| text.contains(word))
            {
                self.found.reads_file = true;
            }
            if text.contains("environ") {
                for set in SETS.captures_iter(text) {
                    self.found.set.insert(set[1].to_owned());
                }
                self.subscripts(statement);
            }
            if text.contains("getenv") || text.contains("environ.get") {
                self.gets(statement, words);
            }
            if text.contains('(') {
                self.calls(statement, objects, readers);
            }
            for name in lists::demanded(code, index) {
                if !self.is_asked_for(statement, &name) {
                    self.add(&name, statement);
                }
            }
            if !code.is_caught(statement, KEY_ERRORS) && !code.is_typing(statement) {
                for name in guards::demanded(code, index, statement) {
                    self.add(&name, statement);
                }
            }
        }
    }

    /// Whether something else is done where the variable is not set.
    fn is_handled(&self, statement: &Statement, name: &str) -> bool {
        let quoted = |text: &str| text.contains(&format!("\"{name}\"")) || text.contains(&format!("'{name}'"));
        self.is_asked_for(statement, name) || !quoted(&statement.text)
    }

    /// Whether code around it does without the variable, or asks for it first.
    fn is_asked_for(&self, statement: &Statement, name: &str) -> bool {
        let code = self.code();
        code.is_caught(statement, KEY_ERRORS)
            || code.is_typing(statement)
            || [format!("\"{name}\" in "), format!("'{name}' in ")].iter().any(|ask| statement.text.contains(ask))
            || code.is_asked(statement, &format!("\"{name}\""))
            || code.is_asked(statement, &format!("'{name}'"))
    }

    fn subscripts(&mut self, statement: &Statement) {
        for read in SUBSCRIPT.captures_iter(&statement.text) {
            let Some(whole) = read.get(0) else { continue };
            let after = statement.text[whole.end()..].trim_start();
            let assigns = after.starts_with('=') && !after.starts_with("==");
            let Some(name) = read.get(1).or_else(|| read.get(2)).map(|name| name.as_str()) else { continue };
            if !assigns && !statement.text.starts_with("del ") && !self.is_handled(statement, name) {
                self.add(name, statement);
            }
        }
    }

    /// `os.getenv` where None is of no use.
    fn gets(&mut self, statement: &Statement, words: &Words<'_>) {
        for read in GET.captures_iter(&statement.text) {
            let Some(whole) = read.get(0) else { continue };
            let before = &statement.text[..whole.start()];
            // The module that `environ` is taken from.
            let before = before.strip_suffix('.').map_or(before, |rest| rest.trim_end_matches(is_word));
            let after = statement.text[whole.end()..].trim_start();
            let ends = ["or sys.exit(", "or exit(", "or quit("].iter().any(|end| after.starts_with(end));
            if ends && !self.is_handled(statement, &read[1]) {
                self.add(&read[1], statement);
            }
            if after.starts_with("or ")
                || after.starts_with("if ")
                || after.starts_with("is ")
                || before.ends_with("if ")
            {
                continue;
            }
            let asked = ["if ", "elif ", "while "].iter().any(|word| statement.text.starts_with(word));
            let added = after.starts_with('+') || before.trim_end().ends_with('+');
            let demanded = statement.text.starts_with("assert ") && before.trim_end() == "assert";
            let used = needs(before) || after.starts_with('.') || after.starts_with('[') || added || demanded;
            let named = match () {
                () if after.is_empty() => assigned(before, true),
                () if after.starts_with(',') => assigned(before, false),
                () => None,
            };
            let needed = match named {
                Some(named) => is_needed(named, self.module, words),
                None => used && !asked,
            };
            if needed && !self.is_handled(statement, &read[1]) {
                self.add(&read[1], statement);
            }
        }
    }

    /// What decouple, environs and django-environ are asked for, functions of the project that do the same, and clients
    /// that look for their own key.
    fn calls(&mut self, statement: &Statement, objects: &Objects, readers: &HashMap<String, bool>) {
        let text = &statement.text;
        if text.starts_with("def ") || text.starts_with("class ") {
            return;
        }
        for (at, _) in text.match_indices('(').take(64) {
            let callee = &text[..at];
            let before = callee.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
            let callee = &callee[before.len()..];
            let (object, method) = callee.split_once('.').unwrap_or((callee, ""));
            let inside = text[at + 1..].trim_start();
            let by_object = objects.read(object, method);
            let reader = readers.get(callee.rsplit('.').next().unwrap_or(callee));
            let by_reader = reader.is_some();
            if let Some((_, key)) = CLIENTS.iter().find(|(name, _)| *name == callee)
                && !inside.contains("key")
                && !inside.contains("base_url")
            {
                self.add(key, statement);
            }
            if callee.ends_with("dj_database_url.config") && !inside.contains("default") && !inside.starts_with("env") {
                self.add("DATABASE_URL", statement);
            }
            if !by_object && !by_reader {
                continue;
            }
            if by_object && inside.starts_with(')') {
                let Some(implied) = objects::implied(method) else { continue };
                self.add(implied, statement);
                continue;
            }
            let Some(quote) = inside.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some((name, rest)) = inside[1..].split_once(quote) else { continue };
            let rest = rest.trim_start();
            let rest = &rest[..closing(rest)];
            // A second plain argument is a default, and so is one of that name.
            let second = rest.strip_prefix(',').map(str::trim_start).unwrap_or_default();
            let positional = !second.is_empty() && !second.split(',').next().unwrap_or_default().contains('=');
            let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let takes_default = by_object || reader == Some(&true);
            let has_default =
                rest.contains("default") || takes_default && positional || objects.defaults.contains(name);
            if word && !has_default && !self.is_handled(statement, name) {
                let prefix = if by_object { objects::prefix(self.code(), statement) } else { String::new() };
                self.add(&format!("{prefix}{name}"), statement);
            }
        }
    }
}
