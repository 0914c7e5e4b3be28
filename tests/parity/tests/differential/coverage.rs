//! Which branches a case went through, told from the reasons we give.

use std::path::Path;

use shakedown::plan::PlanError;
use shakedown::project::Source;

use crate::case::Case;
use crate::ours::Ours;

/// Every branch that the generators must reach.
pub(crate) const EXPECTED: &[&str] = &[];

pub(crate) fn labels(case: &Case, folder: &Path, ours: &Ours, reached: &mut dyn FnMut(&str)) {
    match ours {
        Err(PlanError::OtherProvider { names, .. }) => reached(&format!("other provider {}", names.join("+"))),
        Err(PlanError::Panics { .. }) => reached("panic"),
        Err(PlanError::Input { error, messages }) => {
            reached(&format!("unreadable {}", error.path.file_name().unwrap().to_string_lossy()));
            reached(&format!("input: {}", messages[0].split('`').next().unwrap()));
        }
        Err(PlanError::Refused { messages, .. }) => reached(&format!("refused: {}", words(&messages[0], 3))),
        Ok(derived) => {
            reached(&format!("providers [{}]", derived.providers.join(" ")));
            for choice in &derived.choices {
                let interesting = ["python", "package manager", "phases.setup.nixPkgs", "phases.setup.nixLibs"];
                let source = source(&choice.because);
                if interesting.contains(&choice.what.as_str()) {
                    reached(&format!("{} = {}", choice.what, words(&choice.value, 2)));
                }
                reached(&format!("{} by {source}", choice.what.split('.').next_back().unwrap()));
            }
            let empty = derived.is_empty();
            reached(if empty { "empty plan" } else { "plan" });
            if !empty && derived.no_start_command() {
                reached("no start command");
            }
            if derived.root != folder.canonicalize().unwrap() {
                reached("planned in the only folder");
            }
            if derived.plan.phases_in_order().is_err() {
                reached("circular phases");
            }
            for warning in &derived.warnings {
                reached(&format!("warning: {}", words(&warning.message, 3)));
            }
        }
    }
    if case.json_plan.is_some() {
        reached("--json-plan");
    }
}

fn words(text: &str, count: usize) -> String {
    text.split_whitespace().take(count).collect::<Vec<_>>().join(" ")
}

fn source(source: &Source) -> String {
    match source {
        Source::File { path, .. } => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        Source::Variable(_) => "variable".to_owned(),
        other => other.to_string(),
    }
}
