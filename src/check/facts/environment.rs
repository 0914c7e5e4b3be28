//! Variables of the environment that code cannot do without.

mod uses;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use super::code::{Code, Statement, has_word};
use super::reach::Module;
use uses::{closing, is_keyword, is_needed, needs};

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

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($text).ok());
    };
}

pattern!(SUBSCRIPT, r#"\benviron\[\s*f?["'](\w+)["']\s*\]"#);
pattern!(GET, r#"(?:\bos\.getenv|\bgetenv|\benviron\.get)\(\s*["'](\w+)["']\s*(?:,\s*None\s*)?\)"#);
pattern!(SETS, r#"environ(?:\.setdefault\(\s*|\[\s*)["'](\w+)["']\s*(?:\]\s*=[^=]|,)"#);
pattern!(ASSIGNED, r"^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*$");
pattern!(CALLEE, r"([\w.]+)\(\s*(?:(?:token|bot_token|api_token|api_key|url|dsn)\s*=\s*)?$");
pattern!(READER, r"^(?:async )?def (\w+)\(\s*(\w+)");
pattern!(FIELD, r"^([A-Za-z]\w*)\s*:\s*([^=]+?)(?:\s*=\s*(.+))?$");
pattern!(CLASS, r"^class (\w+)\(([^)]*)\)\s*:$");
pattern!(PREFIX, r#"env_prefix\s*=\s*["'](\w*)["']"#);
pattern!(ALIAS, r#"(?:validation_alias|alias|env)\s*=\s*["'](\w+)["']"#);
pattern!(ENV_OBJECT, r"^(\w+)\s*(?::[^=]+)?=\s*(?:environs\.|environ\.)?(?:Env|FileAwareEnv)\((.*)\)$");
pattern!(STARLETTE, r"^(\w+)\s*(?::[^=]+)?=\s*Config\(");
pattern!(SCHEME, r"(\w+)\s*=\s*\(");

/// Calls that fail on None.
const NEEDS: &[&str] = &[
    "int",
    "float",
    "len",
    "loads",
    "create_engine",
    "create_async_engine",
    "from_url",
    "run",
    "Bot",
    "TeleBot",
    "AsyncTeleBot",
    "token",
    "connect",
    "Path",
    "Fernet",
    "b64decode",
    "urlparse",
    "join",
    "literal_eval",
    "start_polling",
    "run_until_complete",
    "login",
    "Updater",
    "make_url",
];
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

/// What the reached modules read.
pub(in crate::check) fn environment(modules: &[Module]) -> Environment {
    let mut found = Environment::default();
    let objects = objects(modules);
    let settings = settings_classes(modules);
    let readers = readers(modules);
    for module in modules {
        let at = Place { module, found: &mut found };
        at.read(modules, &objects, &readers, &settings);
    }
    let set = found.set.clone();
    let mut seen = HashSet::new();
    found.reads.sort_by_key(|read| !read.at_start);
    found.reads.retain(|read| !set.contains(&read.name) && !is_given(&read.name) && seen.insert(read.name.clone()));
    found
}

/// Variables that every container has, or every platform sets.
fn is_given(name: &str) -> bool {
    matches!(
        name,
        "PORT" | "PATH" | "HOME" | "PWD" | "HOSTNAME" | "SHLVL" | "LANG" | "TMPDIR" | "DISPLAY" | "VIRTUAL_ENV"
    ) || ["RAILWAY_", "NIXPACKS_", "PYTHON", "PIP_"].iter().any(|prefix| name.starts_with(prefix))
}

/// An object that reads variables when it is called: its name, and the variables that it has defaults for.
#[derive(Default)]
struct Objects {
    names: HashSet<String>,
    defaults: HashSet<String>,
}

fn objects(modules: &[Module]) -> Objects {
    let mut found = Objects::default();
    for module in modules {
        for statement in &module.code.statements {
            let text = &statement.text;
            if let Some(made) = ENV_OBJECT.as_ref().and_then(|pattern| pattern.captures(text)) {
                found.names.insert(made[1].to_owned());
                let scheme = SCHEME.iter().flat_map(|pattern| pattern.captures_iter(&made[2]));
                found.defaults.extend(scheme.map(|found| found[1].to_owned()).collect::<Vec<_>>());
            }
            if let Some(made) = STARLETTE.as_ref().and_then(|pattern| pattern.captures(text))
                && module.text.contains("starlette.config")
            {
                found.names.insert(made[1].to_owned());
            }
            if let Some(names) = text.strip_prefix("from decouple import ") {
                let config = names.split(',').find_map(|name| name.trim().strip_prefix("config"));
                found.names.extend(config.map(|rest| match rest.trim().strip_prefix("as ") {
                    Some(alias) => alias.trim().to_owned(),
                    None => "config".to_owned(),
                }));
            }
        }
    }
    found
}

/// Functions that read the variable which they are given the name of.
fn readers(modules: &[Module]) -> HashSet<String> {
    let mut found = HashSet::new();
    for module in modules.iter().filter(|module| module.text.contains("environ") || module.text.contains("getenv")) {
        let code = &module.code;
        for (index, statement) in code.statements.iter().enumerate() {
            let Some(head) = READER.as_ref().and_then(|pattern| pattern.captures(&statement.text)) else { continue };
            if statement.text.contains("default") {
                continue;
            }
            let (name, parameter) = (&head[1], &head[2]);
            let inside = code.inside(index);
            let has = |text: String| inside.iter().any(|inner| inner.text.contains(&text));
            let raises = inside.iter().any(|inner| inner.text.starts_with("raise") || inner.text.contains("exit("));
            let subscript = has(format!("environ[{parameter}]"));
            let get = has(format!("getenv({parameter})")) || has(format!("environ.get({parameter})"));
            if subscript || get && raises {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// Classes of pydantic's settings, those that are derived in turn among them.
fn settings_classes(modules: &[Module]) -> HashSet<String> {
    let mut found: HashSet<String> = HashSet::from(["BaseSettings".to_owned()]);
    let used = modules.iter().any(|module| has_word(&module.text, "BaseSettings"));
    for _ in 0..if used { 4 } else { 0 } {
        let before = found.len();
        for statement in modules.iter().flat_map(|module| &module.code.statements) {
            let Some(class) = CLASS.as_ref().and_then(|pattern| pattern.captures(&statement.text)) else { continue };
            let mut bases = class[2].split(',').map(|base| base.trim().rsplit('.').next().unwrap_or_default());
            if bases.any(|base| found.contains(base)) {
                found.insert(class[1].to_owned());
            }
        }
        if found.len() == before {
            break;
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
            text: statement.text.chars().take(200).collect(),
            at_start,
        });
    }

    fn read(mut self, modules: &[Module], objects: &Objects, readers: &HashSet<String>, settings: &HashSet<String>) {
        let code = &self.module.code;
        for (index, statement) in code.statements.iter().enumerate() {
            let text = &statement.text;
            if ["load_dotenv", "read_env", "env_file", "dotenv_values", "decouple"]
                .iter()
                .any(|word| text.contains(word))
            {
                self.found.reads_file = true;
            }
            if text.contains("environ") {
                for set in SETS.iter().flat_map(|pattern| pattern.captures_iter(text)) {
                    self.found.set.insert(set[1].to_owned());
                }
                self.subscripts(statement);
            }
            if text.contains("getenv") || text.contains("environ.get") {
                self.gets(statement, modules);
            }
            if text.contains('(') {
                self.calls(statement, objects, readers);
            }
            if settings.len() > 1 && text.starts_with("class ") {
                self.settings(index, settings);
            }
        }
    }

    /// Whether something else is done where the variable is not set.
    fn is_handled(&self, statement: &Statement, name: &str) -> bool {
        let quoted = |text: &str| text.contains(&format!("\"{name}\"")) || text.contains(&format!("'{name}'"));
        let code = self.code();
        code.is_caught(statement, KEY_ERRORS)
            || code.is_typing(statement)
            || [format!("\"{name}\" in "), format!("'{name}' in ")].iter().any(|ask| statement.text.contains(ask))
            || code.is_asked(statement, &format!("\"{name}\""))
            || code.is_asked(statement, &format!("'{name}'"))
            || !quoted(&statement.text)
    }

    fn subscripts(&mut self, statement: &Statement) {
        for read in SUBSCRIPT.iter().flat_map(|pattern| pattern.captures_iter(&statement.text)) {
            let Some(whole) = read.get(0) else { continue };
            let after = statement.text[whole.end()..].trim_start();
            let assigns = after.starts_with('=') && !after.starts_with("==");
            if !assigns && !statement.text.starts_with("del ") && !self.is_handled(statement, &read[1]) {
                self.add(&read[1], statement);
            }
        }
    }

    /// `os.getenv` where None is of no use.
    fn gets(&mut self, statement: &Statement, modules: &[Module]) {
        for read in GET.iter().flat_map(|pattern| pattern.captures_iter(&statement.text)) {
            let Some(whole) = read.get(0) else { continue };
            let (before, after) = (&statement.text[..whole.start()], statement.text[whole.end()..].trim_start());
            if after.starts_with("or ")
                || after.starts_with("if ")
                || after.starts_with("is ")
                || before.ends_with("if ")
            {
                continue;
            }
            let asked = ["if ", "elif ", "while "].iter().any(|word| statement.text.starts_with(word));
            let used = needs(before) || after.starts_with('.') || after.starts_with('[');
            let named = ASSIGNED.as_ref().and_then(|pattern| pattern.captures(before)).filter(|_| after.is_empty());
            let needed = match named {
                Some(named) => is_needed(&named[1], self.module, modules),
                None => used && !asked,
            };
            if needed && !self.is_handled(statement, &read[1]) {
                self.add(&read[1], statement);
            }
        }
    }

    /// What decouple, environs and django-environ are asked for, functions of the project that do the same, and clients
    /// that look for their own key.
    fn calls(&mut self, statement: &Statement, objects: &Objects, readers: &HashSet<String>) {
        let text = &statement.text;
        if text.starts_with("def ") || text.starts_with("class ") {
            return;
        }
        for (at, _) in text.match_indices('(').take(64) {
            let callee = &text[..at];
            let start = callee.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).map_or(0, |end| end + 1);
            let callee = &callee[start..];
            let (object, method) = callee.split_once('.').unwrap_or((callee, ""));
            let inside = &text[at + 1..];
            let by_object = objects.names.contains(object) && method != "read_env" && method != "prefixed";
            let by_reader = readers.contains(callee.rsplit('.').next().unwrap_or(callee));
            if let Some((_, key)) = CLIENTS.iter().find(|(name, _)| *name == callee)
                && !inside.contains("key")
                && !inside.contains("base_url")
            {
                self.add(key, statement);
            }
            if !by_object && !by_reader {
                continue;
            }
            if by_object && inside.starts_with(')') {
                let implied = match method {
                    "db" | "db_url" => "DATABASE_URL",
                    "cache" | "cache_url" => "CACHE_URL",
                    "email" | "email_url" => "EMAIL_URL",
                    _ => continue,
                };
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
            let has_default = rest.contains("default") || by_object && positional || objects.defaults.contains(name);
            if word && !has_default && !self.is_handled(statement, name) {
                self.add(name, statement);
            }
        }
    }

    /// Fields of a settings class without a default.
    fn settings(&mut self, index: usize, settings: &HashSet<String>) {
        let code = &self.module.code;
        let statement = &code.statements[index];
        let is_settings = CLASS
            .as_ref()
            .and_then(|pattern| pattern.captures(&statement.text))
            .is_some_and(|class| settings.contains(&class[1]));
        if !is_settings {
            return;
        }
        let prefix =
            code.inside(index).iter().find_map(|inner| Some(PREFIX.as_ref()?.captures(&inner.text)?[1].to_owned()));
        let fields: BTreeMap<usize, (String, &Statement)> = code
            .directly_inside(index)
            .enumerate()
            .filter_map(|(at, inner)| {
                let field = FIELD.as_ref()?.captures(&inner.text)?;
                let (name, kind) = (&field[1], &field[2]);
                let value = field.get(3).map_or("", |value| value.as_str()).trim();
                let by_field = value.starts_with("Field(") || value.starts_with("pydantic.Field(");
                let arguments = value.split_once('(').map_or("", |(_, rest)| rest).trim_start();
                let required = value.is_empty()
                    || value == "..."
                    || by_field
                        && !arguments.contains("default")
                        && (arguments.starts_with("...") || arguments.starts_with(')') || is_keyword(arguments));
                if !required || kind.contains("ClassVar") || name == "model_config" || inner.text.starts_with("class ")
                {
                    return None;
                }
                let alias = ALIAS.as_ref()?.captures(value).map(|found| found[1].to_owned());
                let name =
                    alias.unwrap_or_else(|| format!("{}{name}", prefix.as_deref().unwrap_or_default()).to_uppercase());
                Some((at, (name, inner)))
            })
            .collect();
        for (name, inner) in fields.into_values() {
            self.add(&name, inner);
        }
    }
}
