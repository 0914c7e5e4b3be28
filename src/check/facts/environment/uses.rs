//! Whether code can do with None.

use std::collections::HashMap;

use crate::check::facts::code::Statement;
use crate::check::facts::reach::Module;
use crate::log::pattern::Pattern;

static CALLEE: Pattern = Pattern::ascii(r"([\w.]+)\(\s*(?:(?:token|bot_token|api_token|api_key|url|dsn)\s*=\s*)?$");

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
    "fromhex",
    "unhexlify",
    "b64decode",
    "urlparse",
    "join",
    "literal_eval",
    "start_polling",
    "run_until_complete",
    "start",
    "open",
    "create_client",
    "login",
    "Updater",
    "make_url",
];

pub(super) fn is_keyword(arguments: &str) -> bool {
    arguments
        .split_once('=')
        .is_some_and(|(name, _)| name.trim().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// Where the parenthesis closes that was open before the text.
pub(super) fn closing(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 0 => return at,
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// Calls that fail on None in the place of any of their arguments.
const NEEDS_ALL: &[&str] = &["create_client", "create_async_client", "acreate_client", "path.join"];

/// Whether a text ends in a call that fails on None.
pub(super) fn needs(before: &str) -> bool {
    let first =
        || CALLEE.captures(before).is_some_and(|call| NEEDS.contains(&call[1].rsplit('.').next().unwrap_or_default()));
    let any = || {
        let open = opened(before)?;
        let callee = before[..open].trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let callee = &before[callee.len()..open];
        Some(NEEDS_ALL.iter().any(|name| callee == *name || callee.ends_with(&format!(".{name}"))))
    };
    first() || before.trim_end().ends_with([',', '=', '(']) && any().unwrap_or_default()
}

/// Where the innermost parenthesis stands that a text leaves open.
fn opened(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().rev().find_map(|(at, c)| {
        match c {
            ')' | ']' => depth += 1,
            '(' | '[' if depth > 0 => depth -= 1,
            '(' => return Some(at),
            _ => {}
        }
        None
    })
}

/// The name that a value is given, of `name = …` or of as many names as values: what stands before the value says which.
pub(super) fn assigned(before: &str, is_last: bool) -> Option<&str> {
    let (names, values) = before.split_once('=')?;
    let names: Vec<&str> = names.split(',').map(|name| name.split(':').next().unwrap_or_default().trim()).collect();
    let mut depth = 0_usize;
    let mut at = 0;
    for c in values.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => at += 1,
            _ => {}
        }
    }
    let is_whole = depth == 0 && (values.trim().is_empty() || values.trim_end().ends_with(','));
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let fits = is_whole && (names.len() > 1 || at == 0) && is_last == (at + 1 == names.len());
    names.get(at).copied().filter(|name| fits && is_name(name))
}

/// Which statements of each module a name stands in: many names are looked for, and each in all of them.
pub(super) struct Words<'m> {
    modules: &'m [Module],
    places: Vec<HashMap<&'m str, Vec<usize>>>,
}

impl<'m> Words<'m> {
    pub(super) fn of(modules: &'m [Module]) -> Self {
        let places = modules.iter().map(|module| {
            let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
            for (index, statement) in module.code.statements.iter().enumerate() {
                let words = statement.text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                for word in words.filter(|word| !word.is_empty()) {
                    let found = places.entry(word).or_default();
                    if found.last() != Some(&index) {
                        found.push(index);
                    }
                }
            }
            places
        });
        Self { modules, places: places.collect() }
    }
}

/// Whether a name that may hold None is used, in its own module or another, as if it did not, and nobody asks before.
pub(super) fn is_needed(name: &str, own: &Module, words: &Words<'_>) -> bool {
    const MOST: usize = 200;
    let mut needed = false;
    for (module, places) in words.modules.iter().zip(&words.places) {
        let Some(uses) = places.get(name) else { continue };
        let code = &module.code;
        let stem = own.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let qualified = format!("{stem}.{name}");
        let is_own = module.path == own.path;
        let mut texts = uses.iter().map(|index| &code.statements[*index].text);
        if !is_own && !texts.any(|text| text.contains("import") || text.contains(&qualified)) {
            continue;
        }
        for index in uses.iter().copied().take(MOST) {
            let text = &code.statements[index].text;
            let head = ["if ", "elif "].iter().any(|word| text.starts_with(word));
            if head {
                let ends = code.inside(index).iter().any(Statement::is_end);
                let negative =
                    text.contains("not ") || text.contains("None") || text.contains("\"\"") || text.contains("''");
                if ends && negative {
                    return true;
                }
                return false;
            }
            if text.starts_with("assert ") {
                return true;
            }
            if [" or ", " else ", " if "].iter().any(|word| text.contains(word)) {
                return false;
            }
            for (at, _) in text.match_indices(name) {
                let after = text[at + name.len()..].trim_start();
                let before = text[..at].strip_suffix(&format!("{stem}.")).unwrap_or(&text[..at]);
                let method = after.starts_with('.') && !before.ends_with('.');
                let is_added = after.starts_with('+') || before.trim_end().ends_with('+');
                let is_walked = text.starts_with("for ") && before.ends_with(" in ");
                needed |= needs(before) || method || after.starts_with('[') || is_added || is_walked;
            }
        }
    }
    needed
}
