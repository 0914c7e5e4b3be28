//! Files of the project in the place of a module of the same name.

use super::found::find;
use super::imports::{is_building, is_tool};
use crate::catalog::modules;
use crate::diagnose::table::modules::MODULE_SHADOWED;
use crate::diagnose::table::{DECISIVE, Finding};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::{Home, Raised};

static NAME: Pattern = Pattern::new(r"cannot import name '?\w+'? from (?:partially initialized module )?'([\w.]+)'");
static ATTRIBUTE: Pattern =
    Pattern::new(r"(?:partially initialized )?module '([\w.]+)'(?: from '[^']*')? has no attribute");
static PACKAGE: Pattern = Pattern::new(r"No module named '(\w+)\.[\w.]+'; '\w+' is not a package");
/// Modules of the standard library that a later release made packages of: `re` in 3.11, `zipfile` in 3.12, `pathlib` in 3.13, `string` in
/// 3.14 (Lib/ of CPython's releases).
const GREW: [&str; 4] = ["re", "zipfile", "pathlib", "string"];
static PATH: Pattern = Pattern::new(r"(?:\(|from ')(/[^()']*\.py)[)']");

/// A module of somebody else's whose file is the project's.
pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for raised in view.raised.iter().filter(|raised| !is_building(raised) && !is_tool(raised)) {
        let named = [&NAME, &ATTRIBUTE, &PACKAGE].into_iter().find_map(|pattern| pattern.captures(&raised.message));
        let Some(module) = named.and_then(|named| named.get(1)).map(|module| module.as_str()) else { continue };
        let is_known = modules::is_standard(module) || modules::distribution(module).is_some();
        if module.contains('.') || module.starts_with('_') || !is_known || modules::sounds_own(module) {
            continue;
        }
        let by_path = PATH.captures(&raised.message).map(|found| found[1].to_owned());
        let file = match by_path {
            Some(path) => is_own(&path, module).then_some(path),
            None => by_frames(raised, module),
        };
        // A module that a later release made a package of is none here without any file of the project.
        let is_certain = PACKAGE.is_match(&raised.message) && modules::is_standard(module) && !GREW.contains(&module);
        let Some(file) = file.or_else(|| is_certain.then(|| format!("{module}.py"))) else { continue };
        found.retain(|known| known.at != raised.at);
        let finding = find(found, &MODULE_SHADOWED, raised.at, DECISIVE);
        let what = if modules::is_standard(module) { "the standard library's" } else { "the package's" };
        finding.message = Some(format!("`{file}` takes the place of {what} `{module}`"));
        finding.subject = Some(file);
    }
}

/// Whether a file of the project has the module's name: at the root of what is started.
fn is_own(path: &str, module: &str) -> bool {
    let path = path.replace('\\', "/");
    let is_named = path.ends_with(&format!("/{module}.py")) || path.ends_with(&format!("/{module}/__init__.py"));
    is_named
        && !["site-packages/", "dist-packages/", "/lib/python", "/nix/store/"].iter().any(|part| path.contains(part))
}

fn by_frames(raised: &Raised, module: &str) -> Option<String> {
    let own = raised.frames.iter().rev().filter(|frame| frame.home() == Home::Project);
    own.map(|frame| frame.file.replace('\\', "/")).find(|file| is_own(file, module))
}
