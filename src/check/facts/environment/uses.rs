//! Whether code can do with None.

use crate::check::facts::code::has_word;
use crate::check::facts::reach::Module;
use crate::log::pattern::Pattern;

static CALLEE: Pattern = Pattern::new(r"([\w.]+)\(\s*(?:(?:token|bot_token|api_token|api_key|url|dsn)\s*=\s*)?$");

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

/// Whether a text ends in a call that fails on None.
pub(super) fn needs(before: &str) -> bool {
    let Some(call) = CALLEE.captures(before) else { return false };
    NEEDS.contains(&call[1].rsplit('.').next().unwrap_or_default())
}

/// Whether a name that may hold None is used, in its own module or another, as if it did not, and nobody asks before.
pub(super) fn is_needed(name: &str, own: &Module, modules: &[Module]) -> bool {
    const MOST: usize = 200;
    let mut needed = false;
    for module in modules {
        let imported =
            module.code.statements.iter().any(|found| found.text.contains("import") && has_word(&found.text, name));
        let stem = own.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let qualified = format!("{stem}.{name}");
        let is_own = module.path == own.path;
        if !is_own && !imported && !module.text.contains(&qualified) {
            continue;
        }
        let code = &module.code;
        let uses = code.statements.iter().enumerate().filter(|(_, found)| has_word(&found.text, name));
        for (index, statement) in uses.take(MOST) {
            let text = &statement.text;
            let head = ["if ", "elif "].iter().any(|word| text.starts_with(word));
            if head {
                let ends = code.inside(index).iter().any(|inner| {
                    inner.text.starts_with("raise") || inner.text.contains("exit(") || inner.text.starts_with("exit")
                });
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
                needed |= needs(before) || method || after.starts_with('[');
            }
        }
    }
    needed
}
