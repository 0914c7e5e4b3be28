//! Values of variables that a reader takes for the names of others.

use super::facts::Facts;
use super::finding::{Check, Findings, warning};
use crate::log::pattern::Pattern;
use crate::project::Source;

const TAKEN: Check = warning(
    "value-taken-for-a-name",
    "django-environ takes a value that begins with `$` for the name of another variable (django-environ 0.14.0). Where that one is not set, the \
     default is returned in silence, or the error names a variable that nobody wrote.",
);

pub(super) const CHECKS: &[Check] = &[TAKEN];

/// A reading by django-environ; URLs of databases and caches are taken as they are.
static READS: Pattern = Pattern::ascii(
    r#"\benv(?:\.(?:str|bytes|int|bool|float|list|tuple|dict|json|path|url|get_value|unicode))?\(\s*["'](\w+)["']"#,
);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(reads) = READS.regex() else { return };
    let modules = facts.reached().iter().filter(|module| {
        let mut statements = module.code.statements.iter();
        statements.any(|statement| {
            statement.text.starts_with("import environ") || statement.text.starts_with("from environ ")
        })
    });
    for module in modules {
        for statement in &module.code.statements {
            for name in reads.captures_iter(&statement.text).filter_map(|found| found.get(1)) {
                let name = name.as_str();
                // `${{…}}` is the platform's own reference, and is resolved before the app starts.
                let is_name = |value: &&str| value.starts_with('$') && !value.starts_with("${{");
                if facts.variable(name).filter(is_name).is_none() || module.text.contains("escape_proxy") {
                    continue;
                }
                let source = facts.variable_source(name).unwrap_or_else(|| Source::Variable(name.to_owned()));
                let finding = TAKEN
                    .found(format!(
                        "{name} begins with `$`, which django-environ takes for the name of another variable"
                    ))
                    .about(name)
                    .at(facts.app.line(&module.path, Some(statement.line)), &statement.text)
                    .at(source, format!("{name}=$…"));
                findings.push(finding.help(format!(
                    "give {name} a value that does not begin with `$`, or write `\\$` and set `env.escape_proxy = True`"
                )));
            }
        }
    }
}
