//! Objects that read variables when they are called: those of decouple, environs, django-environ and starlette.

use std::collections::HashSet;

use crate::log::pattern::Pattern;

use crate::check::facts::code::{Code, Statement};
use crate::check::facts::reach::Module;

static ENV_OBJECT: Pattern =
    Pattern::ascii(r"^(\w+)\s*(?::(?u:[^=]+))?=\s*(?:\w+\.)?(?:Env|FileAwareEnv)\(((?u:.*))\)$");
static CONFIG: Pattern = Pattern::ascii(r"^(\w+)\s*(?::(?u:[^=]+))?=\s*(?:decouple\.)?(?:Auto)?Config\(");
static SCHEME: Pattern = Pattern::ascii(r"(\w+)\s*=\s*\(");
static PREFIXED: Pattern = Pattern::ascii(r#"\.prefixed\(\s*["'](\w+)["']"#);

/// Methods that read nothing.
const OTHERS: &[&str] =
    &["read_env", "read_envfile", "prefixed", "parser_for", "add_parser", "seal", "dump", "smart_cast", "Env"];

/// The objects' names, and the variables that they have defaults for.
#[derive(Default)]
pub(super) struct Objects {
    names: HashSet<String>,
    pub(super) defaults: HashSet<String>,
}

impl Objects {
    pub(super) fn of(modules: &[Module]) -> Self {
        let mut found = Self::default();
        for module in modules {
            let configures = module.text.contains("starlette.config") || module.text.contains("decouple");
            let has_env = module.text.contains("environ");
            for statement in &module.code.statements {
                let text = &statement.text;
                if let Some(made) = ENV_OBJECT.captures(text).filter(|_| has_env) {
                    found.names.insert(made[1].to_owned());
                    let scheme = SCHEME.captures_iter(&made[2]);
                    found.defaults.extend(scheme.map(|found| found[1].to_owned()).collect::<Vec<_>>());
                }
                if let Some(made) = CONFIG.captures(text).filter(|_| configures) {
                    found.names.insert(made[1].to_owned());
                }
                found.names.extend(taken(text, "decouple", "config"));
                found.names.extend(taken(text, "environs", "env"));
                if text == "import decouple" {
                    found.names.insert("decouple".to_owned());
                }
            }
        }
        found
    }

    /// Whether a call by this name reads a variable.
    pub(super) fn read(&self, object: &str, method: &str) -> bool {
        let of_module = object == "decouple" && method != "config";
        self.names.contains(object) && !OTHERS.contains(&method) && !of_module
    }
}

/// The name under which a module's name is imported.
fn taken(text: &str, module: &str, name: &str) -> Option<String> {
    let names = text.strip_prefix("from ")?.strip_prefix(module)?.strip_prefix(" import ")?;
    names.trim_matches(['(', ')', ' ']).split(',').map(str::trim).find_map(|taken| {
        let rest = taken.strip_prefix(name)?;
        match rest.trim().strip_prefix("as ") {
            Some(alias) => Some(alias.trim().to_owned()),
            None => rest.is_empty().then(|| name.to_owned()),
        }
    })
}

/// What `with env.prefixed(…)` blocks put before the names that are read inside.
pub(super) fn prefix(code: &Code, statement: &Statement) -> String {
    let mut parts: Vec<String> =
        code.heads_around(statement).filter_map(|head| Some(PREFIXED.captures(head)?[1].to_owned())).collect();
    parts.reverse();
    parts.concat()
}

/// The variable that a call without a name reads.
pub(super) fn implied(method: &str) -> Option<&'static str> {
    Some(match method {
        "db" | "db_url" => "DATABASE_URL",
        "cache" | "cache_url" => "CACHE_URL",
        "email" | "email_url" => "EMAIL_URL",
        "search_url" => "SEARCH_URL",
        "channels" | "channels_url" => "CHANNELS_URL",
        _ => return None,
    })
}
