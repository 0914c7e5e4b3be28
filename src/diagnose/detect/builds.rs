//! Packages that fail to build, and which package it is.

use super::found::find;
use super::imports::is_building;
use crate::diagnose::table::Finding;
use crate::diagnose::table::compile::BUILD_BACKEND_CONFIG;
use crate::diagnose::table::install::NO_WHEEL_FOR_PYTHON;
use crate::diagnose::table::{HINT, Rule};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;

const FAILED: &[&str] = &[
    "did not run successfully",
    "metadata-generation-failed",
    "Failed building wheel",
    "subprocess-exited-with-error",
    "Failed to build",
    "build backend returned an error",
];

static COMPILE_ERROR: Pattern = Pattern::new(r"\.(?:c|cc|cpp|cxx|pyx|h|hpp):\d+(?::\d+)?: (?:fatal )?error: ");

/// A package's own setup that breaks, where no line says why in words we know.
pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    let failed = view.lines.iter().any(|line| FAILED.iter().any(|word| line.text.contains(word)));
    if !failed {
        return;
    }
    for raised in view.raised.iter().filter(|raised| raised.traced && is_building(raised)) {
        if matches!(
            raised.short(),
            "CalledProcessError" | "SystemExit" | "CompileError" | "BuildError" | "DistutilsError"
        ) {
            continue;
        }
        let own = view.back_from(raised.at, 400, |text| {
            text.trim_start().starts_with("Collecting ")
                || text.trim_start().starts_with("Processing /")
                || text.contains("Obtaining file:")
        });
        let own_project = own.is_some_and(|line| !view.text(line).trim_start().starts_with("Collecting "));
        let rule: &Rule = if own_project { &BUILD_BACKEND_CONFIG } else { &NO_WHEEL_FOR_PYTHON };
        find(found, rule, raised.at, HINT);
    }
    let error = view.lines.iter().position(|line| COMPILE_ERROR.is_match(&line.text));
    if let Some(at) = error {
        find(found, &NO_WHEEL_FOR_PYTHON, at, HINT);
    }
}
