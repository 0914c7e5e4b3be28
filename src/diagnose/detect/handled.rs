//! Imports that failed and were tried in another way.

use crate::catalog::modules;
use crate::log::pattern::Pattern;
use crate::log::traceback::Raised;

static MODULE: Pattern = Pattern::new(r"No module named '?([\w.]+)'?");

/// Whether a failed import was handled by another one, which is what the app was ended by: the `next` in the log.
pub(super) fn is_handled(raised: &Raised, next: Option<&Raised>) -> bool {
    next.is_some_and(|next| {
        next.handling_previous
            && (next.short().contains("Import") || next.short().contains("ModuleNotFound"))
            && !next.message.starts_with("Couldn't import")
            && !asks_for(&next.message, &raised.message)
    })
}

/// Whether a package says of the module that could not be imported that it is to be installed: uvicorn 0.54 of yaml.
fn asks_for(said: &str, missed: &str) -> bool {
    let Some(found) = MODULE.captures(missed) else { return false };
    let said = said.to_lowercase();
    let names = [found[1].split('.').next().unwrap_or_default().to_owned(), modules::to_install(&found[1])];
    let is_named = |name: &String| {
        let name = name.to_lowercase();
        said.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).any(|word| word == name)
    };
    said.contains("install") && names.iter().any(is_named)
}
