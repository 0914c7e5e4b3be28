//! What the files come to that a command names, whoever planned it.

use std::collections::BTreeSet;
use std::path::Path;

use super::command::{Invocation, invocations};
use super::reach::{from_started, imports};
use super::started::{Started, module, script};
use crate::project::Project;

/// What some files and all that they import come to.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// What is imported, dotted. `from a import b` may import the module `a.b`, so both forms are here.
    pub(crate) modules: BTreeSet<String>,
    /// All statements, one line each.
    pub(crate) statements: Vec<String>,
}

/// What the scripts and modules of the project come to that commands name at any place, functions included.
pub(crate) fn reached<'a>(app: &Project, commands: impl Iterator<Item = &'a str>) -> Reached {
    let started: Vec<Started> = commands.flat_map(invocations).flat_map(|invocation| named(app, &invocation)).collect();
    let mut reached = Reached::default();
    for module in from_started(app, started) {
        let code = &module.code;
        for import in code.statements.iter().filter(|one| !code.is_typing(one)).flat_map(|one| imports(&one.text)) {
            reached.modules.extend(import.names.iter().map(|name| format!("{}.{name}", import.module)));
            reached.modules.insert(import.module.to_owned());
        }
        reached.statements.extend(module.code.statements.into_iter().map(|statement| statement.text));
    }
    reached
}

/// The program itself, or what an unknown one is told to run.
fn named(app: &Project, invocation: &Invocation<'_>) -> Vec<Started> {
    let folder = Path::new(invocation.folder);
    let words = std::iter::once(invocation.path).chain(invocation.arguments.iter().copied());
    let scripts = words.filter(|word| word.ends_with(".py")).filter_map(|name| script(folder, name, true));
    let behind_option = invocation.arguments.windows(2).filter(|pair| pair[0] == "-m").map(|pair| pair[1]);
    let names = behind_option.chain(invocation.is_module.then_some(invocation.program));
    let modules = names.filter_map(|name| module(app, folder, name));
    scripts.chain(modules).filter(|started| started.is_in(app)).collect()
}
