//! Fields of pydantic's settings classes that have no default.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::log::pattern::Pattern;

use super::uses::{closing, is_keyword};
use crate::check::facts::code::{Statement, has_word};
use crate::check::facts::reach::Module;

static CLASS: Pattern = Pattern::new(r"^class (\w+)\((.*)\)\s*:$");
static RENAMED: Pattern = Pattern::new(r"\bBaseSettings as (\w+)");
static PREFIX: Pattern = Pattern::new(r#"\benv_prefix\s*=\s*["'](\w*)["']"#);
static DELIMITER: Pattern = Pattern::new(r#"\benv_nested_delimiter\s*=\s*["'](\W+|_+)["']"#);
static SENSITIVE: Pattern = Pattern::new(r"\bcase_sensitive\s*=\s*(True)");
static ALIAS: Pattern =
    Pattern::new(r#"\b(?:validation_alias|alias|env)\s*=\s*(?:AliasChoices\()?[\[\(]?\s*["'](\w+)["']"#);
static MAPPED: Pattern = Pattern::new(r#"["'](\w+)["']\s*:\s*\{\s*["']env["']\s*:\s*["'](\w+)["']"#);

/// No app has more classes of settings.
const MOST: usize = 200;
/// Classes are derived from one another no deeper.
const DEEPEST: usize = 6;

/// A class and where its head stands.
struct Class<'m> {
    module: &'m Module,
    index: usize,
    head: String,
    bases: Vec<String>,
}

/// A field as it is written.
#[derive(Clone, Copy)]
struct Field<'m> {
    module: &'m Module,
    statement: &'m Statement,
    name: &'m str,
    kind: &'m str,
    value: &'m str,
}

struct Classes<'m> {
    modules: &'m [Module],
    named: HashMap<String, Class<'m>>,
    roots: HashSet<String>,
}

/// The variables that settings objects want when they are made: name, and the module and field that want it.
pub(super) fn required(modules: &[Module]) -> Vec<(String, &Module, &Statement)> {
    if !modules.iter().any(|module| has_word(&module.text, "BaseSettings")) {
        return Vec::new();
    }
    let classes = Classes::of(modules);
    let mut names: Vec<&String> = classes.named.keys().filter(|name| classes.is_settings(name, DEEPEST)).collect();
    names.sort();
    names.truncate(MOST);
    let mut found = Vec::new();
    for name in names {
        let Some(given) = classes.made_with(name) else { continue };
        let own = classes.fields(name, DEEPEST);
        let wanted = own.values().filter(|field| is_required(field) && !given.contains(field.name));
        let mut wanted: Vec<&Field<'_>> = wanted.collect();
        wanted.sort_by_key(|field| field.statement.line);
        for field in wanted {
            found.extend(classes.variables(name, field).into_iter().map(|name| (name, field.module, field.statement)));
        }
    }
    found
}

impl<'m> Classes<'m> {
    fn of(modules: &'m [Module]) -> Self {
        let mut named = HashMap::new();
        let mut roots = HashSet::from(["BaseSettings".to_owned()]);
        for module in modules {
            for (index, statement) in module.code.statements.iter().enumerate() {
                let renamed = RENAMED.captures(&statement.text);
                roots.extend(renamed.map(|found| found[1].to_owned()));
                let Some(class) = CLASS.captures(&statement.text) else {
                    continue;
                };
                let plain = class[2].split(',').map(str::trim).filter(|base| !base.contains('='));
                let bases = plain.map(|base| base.rsplit('.').next().unwrap_or_default().to_owned()).collect();
                named.insert(class[1].to_owned(), Class { module, index, head: class[2].to_owned(), bases });
            }
        }
        Self { modules, named, roots }
    }

    fn is_settings(&self, name: &str, depth: usize) -> bool {
        let Some(class) = self.named.get(name).filter(|_| depth > 0) else { return false };
        class.bases.iter().any(|base| self.roots.contains(base) || self.is_settings(base, depth - 1))
    }

    /// The fields that every place which makes an object of the class gives by name; none where no reached code makes one.
    fn made_with(&self, name: &str) -> Option<HashSet<&'m str>> {
        let call = format!("{name}(");
        let mut given: Option<HashSet<&str>> = None;
        for statement in self.modules.iter().flat_map(|module| &module.code.statements) {
            let text = &statement.text;
            if text.starts_with("class ") || !has_word(text, name) {
                continue;
            }
            let handed =
                [format!("default_factory={name}"), format!("default_factory = {name}"), format!("Depends({name})")];
            if handed.iter().any(|handed| text.contains(handed)) {
                given = Some(HashSet::new());
            }
            for (at, _) in text.match_indices(&call) {
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                if text[..at].chars().next_back().is_some_and(is_part) {
                    continue;
                }
                let arguments = &text[at + call.len()..];
                let arguments = &arguments[..closing(arguments)];
                let names: HashSet<&str> =
                    arguments.split(',').filter_map(|argument| Some(argument.split_once('=')?.0.trim())).collect();
                // What a dictionary gives is not known.
                if arguments.contains("**") {
                    continue;
                }
                given = Some(given.map_or(names.clone(), |given| given.intersection(&names).copied().collect()));
            }
        }
        given
    }

    /// The fields of a class and of those that it is derived from, its own before theirs.
    fn fields(&self, name: &str, depth: usize) -> BTreeMap<&'m str, Field<'m>> {
        let Some(class) = self.named.get(name).filter(|_| depth > 0) else { return BTreeMap::new() };
        let mut found = BTreeMap::new();
        for base in class.bases.iter().rev() {
            found.extend(self.fields(base, depth - 1));
        }
        let inside = class.module.code.directly_inside(class.index);
        found.extend(inside.filter_map(|statement| field(class.module, statement)).map(|field| (field.name, field)));
        found
    }

    /// What the configuration of a class says, or of the nearest that it is derived from.
    fn configured(&self, name: &str, pattern: &Pattern, depth: usize) -> Option<String> {
        let class = self.named.get(name).filter(|_| depth > 0)?;
        let inside = class.module.code.inside(class.index).iter().map(|statement| statement.text.as_str());
        let mut texts = std::iter::once(class.head.as_str()).chain(inside);
        let own = texts.find_map(|text| Some(pattern.captures(text)?[1].to_owned()));
        own.or_else(|| class.bases.iter().find_map(|base| self.configured(base, pattern, depth - 1)))
    }

    /// The variables that a field is read from: one, or those of the fields of a model.
    fn variables(&self, class: &str, field: &Field<'_>) -> Vec<String> {
        let alias = ALIAS.captures(field.value).or_else(|| ALIAS.captures(field.kind));
        let alias = alias.map(|found| found[1].to_owned());
        if let Some(alias) = alias.or_else(|| self.mapped(class, field.name)) {
            return vec![alias];
        }
        let prefix = self.configured(class, &PREFIX, DEEPEST).unwrap_or_default();
        let cased = |name: String| match self.configured(class, &SENSITIVE, DEEPEST) {
            Some(_) => name,
            None => name.to_uppercase(),
        };
        let whole = format!("{prefix}{}", field.name);
        let model = self.named.contains_key(field.kind).then_some(field.kind);
        let inner = model.zip(self.configured(class, &DELIMITER, DEEPEST)).map(|(model, delimiter)| {
            let fields = self.fields(model, DEEPEST);
            let wanted = fields.values().filter(|inner| is_required(inner));
            wanted.map(|inner| cased(format!("{whole}{delimiter}{}", inner.name))).collect::<Vec<_>>()
        });
        inner.filter(|names| !names.is_empty()).unwrap_or_else(|| vec![cased(whole)])
    }

    /// The name that pydantic 1's `Config.fields` gives to a field.
    fn mapped(&self, class: &str, field: &str) -> Option<String> {
        let class = self.named.get(class)?;
        let texts = class.module.code.inside(class.index).iter().map(|inner| &inner.text);
        let mut mapped = texts.filter(|text| text.starts_with("fields")).flat_map(|text| {
            MAPPED.captures_iter(text).map(|found| (found[1].to_owned(), found[2].to_owned())).collect::<Vec<_>>()
        });
        mapped.find(|(name, _)| name == field).map(|(_, variable)| variable)
    }
}

/// An annotated name of a class's body.
fn field<'m>(module: &'m Module, statement: &'m Statement) -> Option<Field<'m>> {
    let (name, rest) = statement.text.split_once(':')?;
    let name = name.trim();
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || name.is_empty() || name.starts_with('_') || name == "model_config" {
        return None;
    }
    let rest = rest.trim();
    let (kind, value) = match assigned(rest) {
        Some(at) => (rest[..at].trim(), rest[at + 1..].trim()),
        None => (rest, ""),
    };
    (!kind.is_empty()).then_some(Field { module, statement, name, kind: kind.trim_matches(['"', '\'']), value })
}

/// Where a value is assigned, brackets aside.
fn assigned(text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '=' if depth == 0 => return Some(at),
            _ => {}
        }
        None
    })
}

fn is_required(field: &Field<'_>) -> bool {
    if field.kind.contains("ClassVar") {
        return false;
    }
    // Pydantic 1 has the settings in itself, and takes None for what may be None.
    let is_first = has_word(&field.module.text, "BaseSettings") && !field.module.text.contains("pydantic_settings");
    let may_be_none = field.kind.starts_with("Optional[") || field.kind.contains("| None");
    if field.value.is_empty() {
        let annotated = field.kind.split_once("Field(").map(|(_, arguments)| arguments);
        let has_default = annotated.is_some_and(|arguments| !demands(&arguments[..closing(arguments)]));
        return !(has_default || is_first && may_be_none);
    }
    let by_field = field.value.starts_with("Field(") || field.value.starts_with("pydantic.Field(");
    let arguments = field.value.split_once('(').map_or("", |(_, rest)| rest);
    field.value == "..." || by_field && demands(&arguments[..closing(arguments)])
}

/// Whether the arguments of a `Field` leave it without a default.
fn demands(arguments: &str) -> bool {
    let arguments = arguments.trim();
    let default = arguments.split_once("default=").or_else(|| arguments.split_once("default ="));
    // An ellipsis says that there is none.
    if default.is_some_and(|(_, value)| value.trim_start().starts_with("...")) {
        return true;
    }
    let named = default.is_some() || arguments.contains("default_factory");
    !named && (arguments.is_empty() || arguments.starts_with("...") || is_keyword(arguments))
}
