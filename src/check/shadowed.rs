//! Files that stand in the way of a module of the same name.

use std::path::Path;

use super::facts::Facts;
use super::facts::reach::{Module, imports, is_certain};
use super::finding::{Check, Findings, warning};
use crate::catalog::modules;
use crate::finding::Severity;

pub(crate) const SHADOWED: Check = warning(
    "module-shadowed",
    "A file of the project has the name of a module of the standard library, or of a package that is installed. Python looks in the folder \
     of the start first, so that everybody who imports the module gets the file, the packages too.",
);

pub(super) const CHECKS: &[Check] = &[SHADOWED];

/// Modules of the standard library that nearly every package comes to, and that Python has not loaded before it looks at a path.
const COMMON: &[&str] = &[
    "argparse",
    "ast",
    "asyncio",
    "base64",
    "bisect",
    "calendar",
    "collections",
    "concurrent",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "email",
    "enum",
    "fractions",
    "functools",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "importlib",
    "inspect",
    "ipaddress",
    "json",
    "keyword",
    "locale",
    "logging",
    "mimetypes",
    "multiprocessing",
    "numbers",
    "operator",
    "pathlib",
    "pickle",
    "platform",
    "queue",
    "random",
    "re",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "tempfile",
    "textwrap",
    "threading",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "unittest",
    "urllib",
    "uuid",
    "warnings",
    "weakref",
    "xml",
    "zipfile",
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let reached = facts.reached();
    let mut bases: Vec<&Path> = reached.iter().filter(|module| module.importer.is_none()).map(Module::base).collect();
    bases.sort_unstable();
    bases.dedup();
    for base in bases {
        for name in COMMON {
            let Some(file) = facts.app.module_at(base.join(name)) else { continue };
            let finding = SHADOWED
                .found(format!("{} takes the place of the standard library's {name}", file.display()))
                .about(file.display().to_string())
                .at(facts.app.file(&file), "");
            findings.push(finding.likely().help(format!("rename {}, and what imports it", file.display())));
        }
    }
    let mut seen = Vec::new();
    for module in reached {
        for statement in &module.code.statements {
            for import in imports(&statement.text) {
                let top = import.module.split('.').next().unwrap_or_default();
                let Some(package) = modules::distribution(top) else { continue };
                let Some(file) = facts.app.module_at(module.base().join(top)).filter(|_| !seen.contains(&top)) else {
                    continue;
                };
                let is_installed = facts.provided().is_some_and(|provided| provided.may_bring(top));
                if !is_installed || modules::is_standard(top) {
                    continue;
                }
                seen.push(top);
                // What the file itself takes from the package is not in the file.
                let is_itself = file == module.path && module.is_certain && is_certain(&module.code, statement);
                let finding = SHADOWED
                    .found(format!("{} takes the place of the package {package}", file.display()))
                    .about(file.display().to_string())
                    .at(facts.app.file(&file), "")
                    .at(facts.app.line(&module.path, Some(statement.line)), &statement.text);
                let finding = if is_itself { finding.severity(Severity::Error) } else { finding.likely() };
                findings.push(finding.help(format!("rename {}, and what imports it", file.display())));
            }
        }
    }
}
