//! Settings that validators of dynaconf demand.

use crate::log::pattern::Pattern;
use crate::project::Project;

use super::uses::closing;
use crate::check::facts::code::Statement;
use crate::check::facts::ignored::hiding;
use crate::check::facts::reach::Module;

static PREFIX: Pattern = Pattern::ascii(r#"\benvvar_prefix\s*=\s*(?:["'](\w*)["']|(False|None))"#);
static NAME: Pattern = Pattern::ascii(r#"["'](\w+(?:\.\w+)*)["']"#);
static FILE: Pattern = Pattern::ascii(r#"["']([\w./-]+\.(?:toml|ya?ml|json|ini|py))["']"#);
static DEMANDS: Pattern = Pattern::ascii(r"\b(?:must_exist|required)\s*=\s*True");

/// What dynaconf puts before a variable's name where it is told nothing.
const OWN_PREFIX: &str = "DYNACONF";

/// The variables that validators want where no settings file gives the value: name, and the module and statement that wants it.
/// A setting is read from the variable of its name behind the prefix and `_`, and one within another behind `__`.
/// Source: <https://www.dynaconf.com/envvars/>, <https://www.dynaconf.com/validation/>.
pub(super) fn required<'m>(app: &Project, modules: &'m [Module]) -> Vec<(String, &'m Module, &'m Statement)> {
    let modules: Vec<&Module> = modules.iter().filter(|module| module.text.contains("ynaconf")).collect();
    let statements =
        || modules.iter().flat_map(|module| module.code.statements.iter().map(move |found| (*module, found)));
    let prefix = statements().find_map(|(_, statement)| {
        let found = PREFIX.captures(&statement.text)?;
        Some(found.get(1).map_or_else(String::new, |name| name.as_str().to_uppercase()))
    });
    let prefix = prefix.unwrap_or_else(|| OWN_PREFIX.to_owned());
    let files: Vec<String> = statements()
        .filter(|(_, statement)| statement.text.contains("ettings_file"))
        .flat_map(|(_, statement)| {
            FILE.captures_iter(&statement.text).map(|found| found[1].to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let deployed = files.iter().filter(|file| app.has_file(file) && hiding(app, file).is_none());
    let given: String = deployed.filter_map(|file| app.read_text(file).ok()).collect::<String>().to_uppercase();
    let mut found = Vec::new();
    for (module, statement) in statements() {
        for (at, call) in statement.text.match_indices("Validator(").take(64) {
            let arguments = &statement.text[at + call.len()..];
            let arguments = &arguments[..closing(arguments)];
            if !DEMANDS.is_match(arguments) || arguments.contains("default") || arguments.contains("when=") {
                continue;
            }
            let names = arguments.split('=').next().unwrap_or_default();
            for name in NAME.captures_iter(names) {
                let setting = name[1].to_uppercase();
                let last = setting.rsplit('.').next().unwrap_or_default();
                if given.contains(last) {
                    continue;
                }
                let variable = setting.replace('.', "__");
                let variable = if prefix.is_empty() { variable } else { format!("{prefix}_{variable}") };
                found.push((variable, module, statement));
            }
        }
    }
    found
}
