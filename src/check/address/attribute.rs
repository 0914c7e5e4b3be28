//! A host that a call takes from an object of settings.

use std::path::PathBuf;

use crate::check::facts::Facts;
use crate::log::pattern::Pattern;

static DOTTED: Pattern = Pattern::ascii(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\.([A-Za-z_]\w*)$");
static BOUND: Pattern = Pattern::new(r#"^\s*([A-Za-z_]\w*)\s*(?::\s*str\s*)?=\s*["']([^"']*)["']\s*(?:#.*)?$"#);

/// A line that gives an attribute its value.
pub(super) struct Bound {
    /// Relative to the folder that is planned.
    pub(super) path: PathBuf,
    /// From 1.
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) value: String,
}

/// Where the only text is given to the attribute that `settings.host` names, unless its variable has another value.
pub(super) fn bound(facts: &Facts<'_>, argument: &str) -> Option<Bound> {
    let name = DOTTED.captures(argument)?[1].to_owned();
    if facts.variable(&name.to_uppercase()).is_some() {
        return None;
    }
    let mut found = facts.reached().iter().flat_map(|module| {
        let lines = module.text.lines().enumerate();
        let own = lines.filter_map(|(index, text)| {
            let bound = BOUND.captures(text).filter(|bound| bound[1] == name)?;
            let value = bound[2].to_owned();
            Some(Bound { path: module.path.clone(), line: index + 1, text: text.to_owned(), value })
        });
        own.collect::<Vec<_>>()
    });
    let only = found.next()?;
    found.next().is_none().then_some(only)
}
