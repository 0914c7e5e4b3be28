//! The modules of neither the project nor the standard library that the code wants.

use std::borrow::Cow;

use super::reach::{Module, imports, is_certain, is_guarded};
use crate::catalog::modules;
use crate::catalog::needs::Need;
use crate::project::{Project, Source};

/// A module that is neither the project's own nor the standard library's.
pub(in crate::check) struct Foreign<'m> {
    /// Where it is wanted, and what stands there.
    pub(in crate::check) source: Source,
    pub(in crate::check) text: Cow<'m, str>,
    /// Dotted, with the name that is taken from it where that may be a module, too.
    pub(in crate::check) name: String,
    /// What wants it: `stripe is imported`.
    pub(in crate::check) wanted: String,
    /// What the table says of it, where no import names it.
    pub(in crate::check) need: Option<Need>,
    /// Whether the start surely comes to it.
    pub(in crate::check) is_certain: bool,
    /// Whether the code does without it.
    pub(in crate::check) is_caught: bool,
    /// Whether it is an import.
    pub(in crate::check) is_import: bool,
}

/// The foreign imports of some modules.
pub(in crate::check) fn foreign<'m>(app: &Project, reached: &'m [Module]) -> Vec<Foreign<'m>> {
    let mut found = Vec::new();
    for module in reached {
        let code = &module.code;
        for statement in code.statements.iter().filter(|statement| !code.is_typing(statement)) {
            for import in imports(&statement.text) {
                let top = import.module.split('.').next().unwrap_or_default();
                if top.is_empty() || modules::is_standard(top) || module.is_own(app, top) {
                    continue;
                }
                let namespace = matches!(import.module, "google" | "google.cloud" | "azure");
                let name = match import.names.first().filter(|_| namespace) {
                    Some(name) => format!("{}.{name}", import.module),
                    None => import.module.to_owned(),
                };
                found.push(Foreign {
                    source: app.line(&module.path, Some(statement.line)),
                    text: Cow::Borrowed(&statement.text),
                    wanted: format!("{top} is imported"),
                    name,
                    need: None,
                    is_certain: module.is_certain && is_certain(code, statement),
                    is_caught: is_guarded(code, statement),
                    is_import: true,
                });
            }
        }
    }
    found
}
