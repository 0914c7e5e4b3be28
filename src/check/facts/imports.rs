//! The imports of what neither the project nor the standard library has.

use super::reach::{IMPORT_ERRORS, Module, imports, is_certain};
use crate::catalog::modules;
use crate::project::Project;

/// An import of something that is neither the project's own nor the standard library's.
pub(in crate::check) struct Foreign<'m> {
    pub(in crate::check) module: &'m Module,
    pub(in crate::check) line: usize,
    pub(in crate::check) text: &'m str,
    /// Dotted, with the name that is taken from it where that may be a module, too.
    pub(in crate::check) name: String,
    /// Whether the start surely comes to it.
    pub(in crate::check) is_certain: bool,
    /// Whether the code does without it.
    pub(in crate::check) is_caught: bool,
}

/// The foreign imports of all that the start reaches.
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
                    module,
                    line: statement.line,
                    text: &statement.text,
                    name,
                    is_certain: module.is_certain && is_certain(code, statement),
                    is_caught: code.is_caught(statement, IMPORT_ERRORS),
                });
            }
        }
    }
    found
}
